import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

extension ExportRun {
    var lookup: IssueLookup {
        IssueLookup(
            caller: caller,
            facts: facts,
            project: project,
            integration: material.integration.id,
            pool: exports.pool,
            logger: logger
        )
    }

    /// Looks for the issues of lost creates, and carries out what the look says of each.
    func reconcile(_ lost: [LostCreate], _ ledger: inout ExportLedger) async throws {
        try await markUncertain(lost)
        // Before the look: what it proves, it proves for this moment.
        let now = try await OperationStore.now(on: exports.pool)
        // The index needs its time, and Jira may still be at it: before the deadline a search is for nothing.
        let isWorthSearching = lost.contains { now >= $0.operation.deadlineAt || isPersonsWord($0) }
        let sight = try await look(for: lost, depth: isWorthSearching ? .full : .walk, now: now)
        for lost in lost {
            try run.checkpoint()
            switch verdict(lost, sight, now: now) {
            case .adopt(let issue, let twins):
                ledger.record(try await adopt(issue, twins: twins, for: lost), for: lost.ticket.id)
            case .absent:
                try await commitAbsence(of: lost)
                ledger.release(lost.ticket.id)
            case .lookAgain(let wait):
                ledger.lose(lost.operation, lookAt: .now + wait)
            case .park(let doubt):
                try await park(lost, because: doubt)
                ledger.park(lost.operation)
            }
        }
    }

    /// Looks for one lost create over the project's keys: right after its answer was lost, or before a create that Jira has
    /// refused for its rate is sent again.
    /// - Returns: The issue, adopted; `nil` when it is not there by now.
    func probe(_ lost: LostCreate, depth: IssueLookup.Depth) async throws -> ExportedIssue? {
        let now = try await OperationStore.now(on: exports.pool)
        let sight = try await look(for: [lost], depth: depth, now: now)
        let proven = sight.evidence.proven(lost.marker)
        guard let oldest = proven.first else { return nil }
        return try await adopt(oldest, twins: Array(proven.dropFirst()), for: lost)
    }

    private func look(for lost: [LostCreate], depth: IssueLookup.Depth, now: Date) async throws -> IssueLookup.Sight {
        do {
            return try await lookup.look(for: lost, depth: depth, now: now, patience: settings.settle)
        } catch let error as JiraError {
            throw interruption(
                error,
                doing: "looking for \(name(lost[0].ticket)), whose answer was lost",
                lost[0].ticket
            )
        }
    }

    private func isPersonsWord(_ lost: LostCreate) -> Bool { ExportLedger.isPersonsWord(lost.operation, claim) }

    private func verdict(_ lost: LostCreate, _ sight: IssueLookup.Sight, now: Date) -> Verdict {
        let operation = lost.operation
        let times = Verdict.Times(
            sinceIntention: .seconds(now.timeIntervalSince(operation.intendedAt)),
            sinceDeadline: .seconds(now.timeIntervalSince(operation.deadlineAt)),
            deadline: sight.windows[lost.marker]?.deadline ?? .distantFuture,
            settle: settings.settle
        )
        return Verdict(
            lost,
            sight.evidence,
            blindness: sight.blindness,
            times: times,
            isPersonsWord: isPersonsWord(lost)
        )
    }

    // MARK: What is committed

    /// An intention without an end is a request with an unknown one: its worker died, or lost its lease.
    private func markUncertain(_ lost: [LostCreate]) async throws {
        let left = lost.filter { $0.operation.state == .intended }
        guard !left.isEmpty else { return }
        try await run.commit { connection in
            for lost in left {
                try await OperationStore.markUncertain(
                    lost.operation,
                    httpStatus: nil,
                    detail: "Whoever was to send it did not live to tell.",
                    on: connection
                )
            }
            return ((), nil)
        }
    }

    private func adopt(_ issue: JiraIssue, twins: [JiraIssue], for lost: LostCreate) async throws -> ExportedIssue {
        let site = caller.client.site
        guard let key = issue.key else { preconditionFailure("evidence is made of issues with keys") }
        let own = ExportedIssue(id: issue.id, key: key, url: site.browseURL(of: key))
        let others = twins.compactMap(\.key).map { IssueReference(key: $0, url: site.browseURL(of: $0)) }
        try await commit(own, of: lost.ticket, by: lost.operation, adopted: true, twins: others)
        for other in others {
            logger.error(
                "A twin was found",
                metadata: ["ticket.id": "\(lost.ticket.id)", "issue.key": "\(key)", "twin.key": "\(other.key)"]
            )
        }
        return own
    }

    private func commitAbsence(of lost: LostCreate) async throws {
        // What a person has decided stays parked: its next request says the rest.
        guard lost.operation.state != .parked else { return }
        try await run.commit { connection in
            try await OperationStore.settleRefused(
                lost.operation,
                httpStatus: nil,
                detail: "Not found once it could no longer come: no issue was made.",
                on: connection
            )
            return ((), nil)
        }
        logger.notice("A lost create has made nothing", metadata: ["operation.id": "\(lost.operation.id)"])
    }

    private func park(_ lost: LostCreate, because doubt: Verdict.Doubt) async throws {
        let site = caller.client.site
        let orphans: [IssueReference]
        let detail: String
        switch doubt {
        case .candidates(let issues):
            orphans = issues.compactMap(\.key).map { IssueReference(key: $0, url: site.browseURL(of: $0)) }
            detail = "Possibly \(orphans.map(\.key).joined(separator: ", ")), without a marker."
        case .noSight(let reason):
            orphans = []
            detail = "It could not be looked for. \(reason)"
        }
        let message = "It cannot be told whether this ticket is in Jira. \(detail)"
        try await run.commit { connection in
            try await OperationStore.park(lost.operation, detail: detail, on: connection)
            try await exports.markFailed(lost.ticket.id, because: message, on: connection)
            for orphan in orphans {
                let fix = FixTable.possibleOrphan(of: lost.ticket, key: nil, other: orphan)
                try await exports.recordFix(fix, session: session, on: connection)
            }
            return ((), try await storeProgress(on: connection))
        }
        logger.error(
            "A ticket cannot be decided on",
            metadata: [
                "ticket.id": "\(lost.ticket.id)", "operation.id": "\(lost.operation.id)",
                "issue.keys": "\(orphans.map(\.key).joined(separator: " "))",
            ]
        )
    }

    /// What a person is told of tickets that nobody can decide on.
    func undecided(_ parked: [(ticket: Ticket, operation: CreateOperation)]) -> Fault {
        FaultTable.ticketsUndecided(
            parked.map { ticket, operation in
                FaultTable.Undecided(name: name(ticket), label: ticket.marker.label, sentAt: operation.intendedAt)
            },
            project: project,
            ticketOrder: parked.map(\.ticket.exportOrder).min()
        )
    }
}
