package import Foundation
package import Postgres
package import TramlineModel

/// The `operations` table: every create request to Jira, from the intention to its settled end.
///
/// All writes are parts of a fenced transaction (``JobStore/withFence(_:_:)``).
package enum OperationStore {
    static let columns = PostgresQuery(
        unescaped: """
            operations.id, operations.ticket_id, operations.job_id, operations.epoch, operations.attempt,
            operations.marker, operations.state, operations.low_key_number, operations.intended_at,
            operations.deadline_at, operations.jira_time, operations.http_status
            """
    )

    static func operation(from row: PostgresRow) throws(PostgresError) -> CreateOperation {
        CreateOperation(
            id: try row.get("id"),
            ticket: try row.get("ticket_id"),
            job: try row.get("job_id"),
            epoch: try row.get("epoch"),
            attempt: try row.get("attempt"),
            marker: try row.get("marker"),
            state: try row.get("state"),
            lowKeyNumber: try row.get("low_key_number"),
            intendedAt: try row.get("intended_at"),
            deadlineAt: try row.get("deadline_at"),
            jiraTime: try row.get("jira_time"),
            httpStatus: try row.get("http_status")
        )
    }

    /// The database's clock: the one that ``CreateOperation/intendedAt`` and ``CreateOperation/deadlineAt`` are of.
    package static func now(on client: some PostgresClient) async throws -> Date {
        try await client.query("SELECT clock_timestamp()").scalar()
    }

    /// The newest create request of each ticket of a session that is not in Jira yet.
    package static func newest(
        ofSession session: SessionID,
        on client: some PostgresClient
    ) async throws -> [TicketID: CreateOperation] {
        let operations = try await client.query(
            """
            SELECT DISTINCT ON (operations.ticket_id) \(columns)
            FROM operations JOIN tickets ON tickets.id = operations.ticket_id
            WHERE session_id = \(session) AND jira_export_status <> 'exported'
            ORDER BY operations.ticket_id, attempt DESC
            """
        ).map(operation(from:))
        return Dictionary(uniqueKeysWithValues: operations.map { ($0.ticket, $0) })
    }

    /// How many create requests of a job for one ticket had an unknown end.
    package static func losses(of ticket: TicketID, in job: JobID, on client: some PostgresClient) async throws -> Int {
        try await client.query(
            """
            SELECT count(*) FROM operations
            WHERE ticket_id = \(ticket) AND job_id = \(job) AND uncertain_at IS NOT NULL
            """
        ).scalar()
    }

    // MARK: What is known of a project

    /// The highest issue number of a project that our own issues have shown.
    ///
    /// Issues that have moved elsewhere do not count: their numbers are another project's.
    /// - Parameter age: counts only issues created within so long, if given.
    package static func highestKeyNumber(
        inProject key: String,
        of integration: IntegrationID,
        within age: Duration? = nil,
        on client: some PostgresClient
    ) async throws -> Int64? {
        let seconds = age?.inSeconds
        return try await client.query(
            """
            SELECT max(substring(jira_ticket_key FROM '[0-9]+$')::bigint)
            FROM tickets JOIN sessions ON sessions.id = session_id
            WHERE integration_id = \(integration) AND jira_project_key = \(key)
              AND regexp_replace(jira_ticket_key, '-[0-9]+$', '') = \(key)
              AND (\(seconds)::float8 IS NULL OR exported_at > now() - make_interval(secs => \(seconds)))
            """
        ).scalar()
    }

    /// Jira's ids of the issues that we made in a project, the newest first.
    /// - Parameter limit: 1...100.
    package static func newestIssues(
        inProject key: String,
        of integration: IntegrationID,
        limit: Int,
        on client: some PostgresClient
    ) async throws -> [String] {
        try await client.query(
            """
            SELECT jira_ticket_id FROM tickets JOIN sessions ON sessions.id = session_id
            WHERE integration_id = \(integration) AND jira_project_key = \(key) AND jira_ticket_id IS NOT NULL
            ORDER BY exported_at DESC LIMIT \(limit)
            """
        ).map { try $0.get("jira_ticket_id") }
    }

    /// Those of some issues that a ticket of this integration is known to have become, by Jira's ids.
    package static func known(
        among ids: [String],
        of integration: IntegrationID,
        on client: some PostgresClient
    ) async throws -> Set<String> {
        let rows = try await client.query(
            """
            SELECT jira_ticket_id FROM tickets JOIN sessions ON sessions.id = session_id
            WHERE integration_id = \(integration) AND jira_ticket_id = ANY (\(ids))
            """
        )
        return Set(try rows.map { try $0.get("jira_ticket_id", as: String.self) })
    }
}
