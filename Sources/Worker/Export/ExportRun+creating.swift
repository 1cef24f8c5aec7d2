import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import Secrets
import TramlineModel

extension ExportRun {
    /// What became of a ticket.
    enum Creation {
        case exported(ExportedIssue)
        /// The answer was lost, and the issue is not there yet.
        case lost(CreateOperation, JiraError)
    }

    /// How long what our own creates show of a project's counter is fresh enough to begin a walk at.
    private static let freshness = Duration.seconds(900)
    /// How long a 201 is kept while the record does not take it. What it says can be found again, at more cost.
    private static let persistence = Duration.seconds(10)

    /// Creates a ticket's issue, exactly one.
    ///
    /// Optional fields that Jira refuses are dropped, one refusal at a time; each refusal proves that nothing was made.
    ///
    /// - Parameter refused: a former request that Jira has refused for its rate. A probe makes sure of it before another
    ///   one is sent.
    func create(_ ticket: Ticket, after refused: CreateOperation?, _ ledger: ExportLedger) async throws -> Creation {
        if let refused {
            let lost = LostCreate(newest: refused, of: ticket)
            if let issue = try await probe(lost, depth: .glance) { return .exported(issue) }
        }
        var mapping = try await map(ticket, ledger)
        var hasRenewed = false
        // Each turn drops at least one field, simplifies the description or takes another credential, so they are bounded.
        while true {
            try run.checkpoint()
            let lowKeyNumber = try await lowKeyNumber(before: ticket)
            var intended: CreateOperation?
            do {
                let draft = mapping.draft
                let prepared = mapping
                let created = try await caller.sendOnce(
                    spaced: true,
                    preparing: { intended = try await intend(ticket, prepared, lowKeyNumber) },
                    { client throws(JiraError) in try await client.createIssue(draft) }
                )
                guard let intended else { preconditionFailure("nothing is sent before it was intended") }
                let url = caller.client.site.browseURL(of: created.key)
                let issue = ExportedIssue(id: created.id, key: created.key, url: url)
                try await commit(issue, of: ticket, by: intended, adopted: false, twins: [])
                if mapping.hasYieldedProperty { facts.noteRefusalOfProperties() }
                return .exported(issue)
            } catch let error as JiraError {
                guard let intended else { throw interruption(error, doing: "creating \(name(ticket))", ticket) }
                guard error.outcome == .refused else { return try await lose(intended, of: ticket, error) }
                try await commitRefusal(of: intended, error)
                if error.code == .unauthenticated, !hasRenewed, try await caller.renewCredential(after: error) {
                    hasRenewed = true
                } else if mapping.yield(to: error) {
                    // The screen has promised what Jira refuses.
                    if !error.fieldErrors.isEmpty { facts.forget(mapping.screen) }
                } else {
                    throw interruption(error, doing: "creating \(name(ticket))", ticket)
                }
            }
        }
    }

    /// Makes the body of the create request; asks the site for what it needs to know.
    private func map(_ ticket: Ticket, _ ledger: ExportLedger) async throws -> TicketMapping {
        do {
            let screen = try await facts.screen(ofType: ticket.content.issueType)
            var names = ResolvedNames(parentKey: ledger.parentKey(of: ticket))
            if let assignee = ticket.content.assignee { names.assigneeID = try await facts.accountID(of: assignee) }
            if let sprint = ticket.content.sprint { names.sprintID = try await facts.sprintID(of: sprint) }
            names.takenNames = Set(
                material.attachments.filter { $0.ticket == ticket.id && !$0.isCompanion }.map(\.filename)
            )
            let mapping = TicketMapping(
                ticket,
                project: project,
                screen: screen,
                names: names,
                carriesProperty: !facts.refusesProperties
            )
            if let report = mapping.descriptionFault {
                var fault = FaultTable.descriptionUnusable(of: name(ticket), report)
                fault.ticketOrder = ticket.exportOrder
                throw Interruption.outcome(.failed(fault))
            }
            return mapping
        } catch let error as JiraError {
            throw interruption(error, doing: "preparing \(name(ticket))", ticket)
        } catch var fault as Fault {
            fault.ticketOrder = ticket.exportOrder
            throw Interruption.outcome(.failed(fault))
        }
    }

    /// The highest number of the project that is known: a new issue's is higher.
    ///
    /// Our own issues show it. Where they are old, or there are none, Jira is asked once: a walk from there on would be long.
    /// Its search may lag behind, which makes the number too low and never wrong.
    private func lowKeyNumber(before ticket: Ticket) async throws -> Int64? {
        func known(within age: Duration?) async throws -> Int64? {
            try await OperationStore.highestKeyNumber(
                inProject: project,
                of: material.integration.id,
                within: age,
                on: exports.pool
            )
        }
        if let fresh = try await known(within: Self.freshness) { return fresh }
        do {
            let told = try await facts.highestKeyNumber()
            return [told, try await known(within: nil)].compactMap(\.self).max()
        } catch let error as JiraError {
            throw interruption(error, doing: "preparing \(name(ticket))", ticket)
        }
    }

    // MARK: What is committed

    /// Commits that a request is about to be sent, and what its issue will lack: a lost answer loses none of it.
    private func intend(
        _ ticket: Ticket,
        _ mapping: TicketMapping,
        _ lowKeyNumber: Int64?
    ) async throws -> CreateOperation {
        try await run.commit { connection in
            let operation = try await OperationStore.intend(
                ticket,
                by: claim,
                lowKeyNumber: lowKeyNumber,
                timeout: settings.requestTimeout,
                jiraTime: caller.siteTime,
                on: connection
            )
            try await exports.replaceFixes(of: ticket.id, with: mapping.fixes, session: session, on: connection)
            try await exports.removeCompanion(of: ticket.id, on: connection)
            if let file = mapping.companion {
                try await exports.addCompanion(
                    to: ticket.id,
                    session: session,
                    filename: file.name,
                    contentType: file.contentType,
                    bytes: file.bytes,
                    hash: Digest.sha256(file.bytes),
                    on: connection
                )
            }
            return (operation, nil)
        }
    }

    /// Stores the issue at once, before anything else is done, whatever befalls this task meanwhile.
    ///
    /// The record may be away for a moment, and the task may be cancelled because its lease has ended: what Jira has said
    /// is worth some seconds more. The fence still holds: where a later claim exists, nothing is written, and that claim
    /// finds the issue by its marker.
    func commit(
        _ issue: ExportedIssue,
        of ticket: Ticket,
        by operation: CreateOperation,
        adopted: Bool,
        twins: [IssueReference]
    ) async throws {
        // A task of its own: it finishes a write that a cancellation would cut short, and is awaited at once.
        let audit = try await Task {
            let end = ContinuousClock.now + Self.persistence
            while true {
                do {
                    return try await commitOnce(issue, of: ticket, by: operation, adopted: adopted, twins: twins)
                } catch let error as PostgresError where error.isTransient && .now < end {
                    logger.warning(
                        "A created issue is not in the record yet",
                        metadata: ["ticket.id": "\(ticket.id)", "issue.key": "\(issue.key)", "error": "\(error)"]
                    )
                    // Nothing cancels this task, so its sleep ends in its time.
                    try await Task.sleep(for: .milliseconds(Int64.random(in: 200...600)))
                }
            }
        }.value
        if let audit {
            await JobQueue(delivery: run.delivery, logger: logger).deliver(audit, after: settings.twinAudit)
        }
        logger.info(
            adopted ? "A ticket was found in Jira" : "A ticket is in Jira",
            metadata: ["ticket.id": "\(ticket.id)", "issue.key": "\(issue.key)"]
        )
    }

    /// - Returns: The job that looks for a twin, where one is needed and none is to come.
    private func commitOnce(
        _ issue: ExportedIssue,
        of ticket: Ticket,
        by operation: CreateOperation,
        adopted: Bool,
        twins: [IssueReference]
    ) async throws -> Job? {
        try await run.commit { connection in
            let needsAudit = try await OperationStore.settleCreated(
                operation,
                as: issue,
                adopted: adopted,
                auditDelay: settings.twinAudit,
                on: connection
            )
            try await exports.markExported(ticket.id, as: issue, on: connection)
            try await exports.dropFixes(of: ticket.id, about: issue.key, on: connection)
            for twin in twins {
                let fix = FixTable.duplicate(of: ticket.id, key: issue.key, other: twin)
                try await exports.recordFix(fix, session: session, on: connection)
            }
            try await run.jobs.recordStep(
                "ticket",
                of: claim,
                subject: ticket.id,
                outcome: adopted ? "adopted" : "created",
                on: connection
            )
            var audit: Job?
            if needsAudit {
                audit = try await TwinAuditStore.enqueue(
                    for: claim,
                    after: settings.twinAudit,
                    jobs: run.jobs,
                    on: connection
                )
            }
            return (audit, try await storeProgress(on: connection))
        }
    }

    private func commitRefusal(of operation: CreateOperation, _ error: JiraError) async throws {
        try await run.commit { connection in
            try await OperationStore.settleRefused(
                operation,
                httpStatus: error.status,
                detail: error.message,
                on: connection
            )
            return ((), nil)
        }
    }

    /// The answer was lost: notes it, and looks at once whether the issue is there.
    ///
    /// - Throws: a fault when the ticket has used the job's attempts up in this way: Jira takes its requests and answers
    ///   none of them.
    private func lose(_ operation: CreateOperation, of ticket: Ticket, _ error: JiraError) async throws -> Creation {
        logger.warning(
            "The answer to a create was lost",
            metadata: ["ticket.id": "\(ticket.id)", "error": "\(error)", "operation.id": "\(operation.id)"]
        )
        var operation = operation
        operation.state = .uncertain
        let losses = try await run.commit { [operation] connection in
            try await OperationStore.markUncertain(
                operation,
                httpStatus: error.status,
                detail: error.message,
                on: connection
            )
            return (try await OperationStore.losses(of: ticket.id, in: claim.job.id, on: connection), nil)
        }
        let lost = LostCreate(newest: operation, of: ticket)
        if let issue = try await probe(lost, depth: .walk) { return .exported(issue) }
        if losses >= claim.job.maximumAttempts {
            var fault = FaultTable.fault(of: error, doing: "creating \(name(ticket))")
            fault.ticketOrder = ticket.exportOrder
            throw Interruption.outcome(.failed(fault))
        }
        return .lost(operation, error)
    }
}
