import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// Runs exports and retries: the tickets of a session become Jira issues, then get their files and links.
struct ExportHandler: JobHandler {
    let exports: ExportStore
    let sessions: SessionStore
    let connector: SiteConnector
    let settings: ExportRun.Settings
    let logger: Logger

    func run(_ run: JobRun) async throws -> JobOutcome {
        guard let id = run.claim.job.session, let material = try await exports.load(id) else {
            return .failed(FaultTable.recordIncomplete("its session is not in the record."))
        }
        var logger = logger
        logger[metadataKey: "session.id"] = "\(id)"
        logger[metadataKey: "job.id"] = "\(run.claim.job.id)"
        do {
            let export = ExportRun(
                run: run,
                material: material,
                caller: try connector.caller(for: material.integration, run: run),
                exports: exports,
                sessions: sessions,
                settings: settings,
                logger: logger
            )
            return try await export.run()
        } catch let fault as Fault {
            return .failed(fault)
        }
    }

    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? {
        guard let id = claim.job.session else { return nil }
        switch settlement {
        case .queued, .retrying:
            // The export goes on: the session stays as it is.
            return nil
        case .succeeded:
            try await sessions.completeExport(id, on: connection)
            return try await finish(id, claim, on: connection) { sequence, session, counts in
                let end = session.completedAt ?? session.createdAt
                let duration = end.timeIntervalSince(session.exportStartedAt ?? end)
                return .complete(
                    .init(
                        sequence: sequence,
                        session: id,
                        task: claim.job.id,
                        counts: counts,
                        duration: .seconds(duration)
                    )
                )
            }
        case .failed(let fault), .exhausted(let fault), .quarantined(let fault):
            return try await fail(id, claim, fault, on: connection)
        case .cancelled:
            return ProgressMark(
                session: id,
                sequence: try await sessions.concludeCancelled(id, job: claim.job.id, on: connection)
            )
        }
    }

    private func fail(
        _ id: SessionID,
        _ claim: JobClaim,
        _ fault: Fault,
        on connection: PostgresConnection
    ) async throws -> ProgressMark {
        // A fault that is about no ticket stopped the export where it would have gone on.
        let next = try await sessions.counts(of: id, on: connection).resumingTicketOrder
        let order = fault.ticketOrder ?? next
        try await sessions.failExport(id, at: order, fault: fault, on: connection)
        return try await finish(id, claim, on: connection) { sequence, session, _ in
            .failed(
                .init(
                    sequence: sequence,
                    session: id,
                    task: claim.job.id,
                    failedAtTicket: order,
                    fault: fault,
                    retryAvailable: session.isRetryAvailable
                )
            )
        }
    }

    /// Stores the end message.
    private func finish(
        _ id: SessionID,
        _ claim: JobClaim,
        on connection: PostgresConnection,
        message: (Int64, SessionRow, ExportCounts) -> ProgressMessage
    ) async throws -> ProgressMark {
        guard let session = try await sessions.load(id, on: connection) else {
            preconditionFailure("a job's session lives as long as the job")
        }
        let counts = try await sessions.counts(of: id, on: connection)
        let sequence = try await sessions.appendMessage(to: id, job: claim.job.id, on: connection) { sequence in
            message(sequence, session, counts)
        }
        return ProgressMark(session: id, sequence: sequence)
    }
}
