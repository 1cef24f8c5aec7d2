import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// Looks once more, some minutes after creates that were repeated, whether Jira has acted upon the first request after all,
/// and reports any twin. It deletes nothing.
///
/// A session's repeated creates are audited together: one walk and one search serve all. The export may be completed long
/// before; its results show what is found.
struct TwinAuditHandler: JobHandler {
    let exports: ExportStore
    let connector: SiteConnector
    let logger: Logger

    func run(_ run: JobRun) async throws -> JobOutcome {
        guard let id = run.claim.job.session, let material = try await TwinAuditStore.load(id, pool: exports.pool)
        else {
            return .succeeded
        }
        var logger = logger
        logger[metadataKey: "session.id"] = "\(id)"
        logger[metadataKey: "job.id"] = "\(run.claim.job.id)"
        let due = material.suspects.filter { $0.dueAt <= material.now }
        do {
            if !due.isEmpty {
                let caller = try connector.caller(for: material.integration, run: run)
                let audit = TwinAudit(run: run, material: material, caller: caller, exports: exports, logger: logger)
                try await audit.examine(due)
            }
        } catch let fault as Fault {
            return .failed(fault)
        } catch let error as JiraError {
            if error.code == .cancelled, run.shouldStop { return .handedOver }
            let fault = FaultTable.fault(of: error, doing: "looking for twins of repeated tickets")
            let wait = error.code == .rateLimited ? RateLimitReach(error).wait : error.retryAfter
            return FaultTable.isTransient(error) ? .retry(fault, after: wait) : .failed(fault)
        }
        let next = material.suspects.map(\.dueAt).filter { $0 > material.now }.min()
        return next.map { .postponed(after: .seconds($0.timeIntervalSince(material.now))) } ?? .succeeded
    }

    /// An audit that cannot be done is told as well: nobody has looked.
    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? {
        guard let id = claim.job.session, let fault = settlement.fault, settlement.state.isFinal else { return nil }
        guard let material = try await TwinAuditStore.load(id, pool: exports.pool) else { return nil }
        for suspect in material.suspects {
            let fix = FixTable.unaudited(suspect.ticket.id, issue: suspect.issue, reason: fault.userMessage)
            try await exports.recordFix(fix, session: id, on: connection)
        }
        return nil
    }
}

/// One audit of some repeated creates.
struct TwinAudit {
    let run: JobRun
    let material: TwinAuditMaterial
    let caller: SiteCaller
    let exports: ExportStore
    let logger: Logger

    private var session: SessionID { material.session.id }

    /// - Throws: `JiraError` when Jira does not answer; ``Fault`` when the credential is good no more.
    func examine(_ suspects: [TwinSuspect]) async throws {
        let project = material.session.projectKey
        let lookup = IssueLookup(
            caller: caller,
            facts: SiteFacts(caller: caller, project: project),
            project: project,
            integration: material.integration.id,
            pool: exports.pool,
            logger: logger
        )
        let lost = suspects.map { LostCreate(firstOfSeveral: $0.first, of: $0.ticket) }
        // However late Jira has acted: up to the newest issue.
        var sight = try await lookup.look(for: lost, depth: .full, now: material.now, patience: nil)
        if sight.blindness == nil { sight.blindness = try await blindness(for: suspects) }
        let fixes = suspects.flatMap { report($0, sight) }
        try await run.commit { connection in
            for fix in fixes { try await exports.recordFix(fix, session: session, on: connection) }
            try await TwinAuditStore.markAudited(suspects.map(\.created), on: connection)
            return ((), nil)
        }
        logger.info(
            "Repeated creates were audited",
            metadata: ["tickets": "\(suspects.count)", "fixes": "\(fixes.count)"]
        )
    }

    /// An issue of our own that cannot be seen means that its twin could not be seen either.
    private func blindness(for suspects: [TwinSuspect]) async throws -> String? {
        let ids = suspects.prefix(100).map(\.issue.id)
        let seen = try await caller.send(spaced: false) { client throws(JiraError) in try await client.bulkFetch(ids) }
        return seen.issues.isEmpty ? "The Jira account does not see the issues that it has created." : nil
    }

    /// What the look says of one ticket; twins go to the log as well.
    private func report(_ suspect: TwinSuspect, _ sight: IssueLookup.Sight) -> [ManualFix] {
        let site = caller.client.site
        func references(_ issues: [JiraIssue]) -> [IssueReference] {
            issues.filter { $0.id != suspect.issue.id }.compactMap(\.key)
                .map { IssueReference(key: $0, url: site.browseURL(of: $0)) }
        }
        let marker = suspect.first.marker
        let twins = references(sight.evidence.proven(marker))
        let orphans = references(sight.evidence.candidates(marker))
        for other in twins + orphans {
            logger.error(
                "A repeated create may have a twin",
                metadata: [
                    "ticket.id": "\(suspect.ticket.id)", "issue.key": "\(suspect.issue.key)",
                    "twin.key": "\(other.key)",
                ]
            )
        }
        var fixes = twins.map { FixTable.duplicate(of: suspect.ticket.id, key: suspect.issue.key, other: $0) }
        fixes += orphans.map { FixTable.possibleOrphan(of: suspect.ticket, key: suspect.issue.key, other: $0) }
        if let blindness = sight.blindness {
            fixes.append(FixTable.unaudited(suspect.ticket.id, issue: suspect.issue, reason: blindness))
        }
        return fixes
    }
}
