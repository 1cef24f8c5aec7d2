package import Foundation
package import Postgres
package import TramlineModel

extension OperationStore {
    /// Commits the intention to send one create request, before it is sent.
    ///
    /// - Parameters:
    ///   - lowKeyNumber: the highest issue number of the project known so far.
    ///   - timeout: how long the request is given.
    ///   - jiraTime: what Jira's clock shows now, if it has told it.
    /// - Throws: `PostgresError` with a unique violation of `operations_one_open_per_ticket` while an earlier request is
    ///   unsettled: that one must be reconciled first.
    package static func intend(
        _ ticket: Ticket,
        by claim: JobClaim,
        lowKeyNumber: Int64?,
        timeout: Duration,
        jiraTime: Date?,
        on connection: PostgresConnection
    ) async throws -> CreateOperation {
        let row = try await connection.query(
            """
            INSERT INTO operations (id, ticket_id, job_id, epoch, attempt, marker, low_key_number, jira_time, deadline_at)
            SELECT \(OperationID()), \(ticket.id), \(claim.job.id), \(claim.epoch),
                   COALESCE(max(attempt), 0) + 1, \(ticket.marker), \(lowKeyNumber), \(jiraTime),
                   clock_timestamp() + make_interval(secs => \(timeout.inSeconds))
            FROM operations WHERE ticket_id = \(ticket.id)
            RETURNING \(columns)
            """
        ).only()
        return try operation(from: row)
    }

    /// Settles a request that made an issue.
    ///
    /// - Parameters:
    ///   - adopted: whether the issue was found later, its answer having been lost.
    ///   - auditDelay: when a twin is looked for, if an earlier request for the ticket had an unknown end.
    /// - Returns: Whether a twin is to be looked for.
    @discardableResult
    package static func settleCreated(
        _ operation: CreateOperation,
        as issue: ExportedIssue,
        adopted: Bool,
        auditDelay: Duration,
        on connection: PostgresConnection
    ) async throws -> Bool {
        try await connection.query(
            """
            UPDATE operations SET state = 'created', settled_at = clock_timestamp(), jira_id = \(issue.id),
                jira_key = \(issue.key), adopted = \(adopted),
                audit_due_at = CASE WHEN EXISTS (
                    SELECT FROM operations AS earlier
                    WHERE earlier.ticket_id = operations.ticket_id AND earlier.attempt < operations.attempt
                      AND earlier.uncertain_at IS NOT NULL
                ) THEN now() + make_interval(secs => \(auditDelay.inSeconds)) END
            WHERE id = \(operation.id)
            RETURNING audit_due_at IS NOT NULL
            """
        ).scalar()
    }

    /// Settles a request that made nothing.
    package static func settleRefused(
        _ operation: CreateOperation,
        httpStatus: Int?,
        detail: String,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE operations SET state = 'refused', settled_at = clock_timestamp(), http_status = \(httpStatus),
                detail = \(detail)
            WHERE id = \(operation.id)
            """
        )
    }

    /// Notes that nobody knows whether a request made an issue.
    package static func markUncertain(
        _ operation: CreateOperation,
        httpStatus: Int?,
        detail: String,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE operations SET state = 'uncertain', http_status = \(httpStatus), detail = \(detail),
                uncertain_at = COALESCE(uncertain_at, clock_timestamp())
            WHERE id = \(operation.id)
            """
        )
    }

    /// Gives a request up that nobody can decide on: a person must look.
    package static func park(
        _ operation: CreateOperation,
        detail: String,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE operations SET state = 'parked', settled_at = clock_timestamp(), detail = \(detail)
            WHERE id = \(operation.id)
            """
        )
    }
}
