package import Postgres
package import TramlineModel

/// The `operations` table: every create request to Jira, from the intention to its settled end.
///
/// All writes are parts of a fenced transaction (``JobStore/withFence(_:_:)``).
package enum OperationStore {
    private static let columns = PostgresQuery(
        unescaped: "id, ticket_id, job_id, epoch, attempt, marker, state, low_key_number, intended_at, uncertain_at"
    )

    private static func operation(from row: PostgresRow) throws(PostgresError) -> CreateOperation {
        CreateOperation(
            id: try row.get("id"),
            ticket: try row.get("ticket_id"),
            job: try row.get("job_id"),
            epoch: try row.get("epoch"),
            attempt: try row.get("attempt"),
            marker: try row.get("marker"),
            state: try row.get("state"),
            lowKeyNumber: try row.get("low_key_number"),
            intendedAt: try row.get("intended_at")
        )
    }

    /// Commits the intention to send one create request, before it is sent.
    ///
    /// - Parameter lowKeyNumber: the highest issue number of the project known so far.
    /// - Throws: `PostgresError` with a unique violation of `operations_one_open_per_ticket` while an earlier request is
    ///   unsettled: that one must be reconciled first.
    package static func intend(
        _ ticket: Ticket,
        by claim: JobClaim,
        lowKeyNumber: Int64?,
        on connection: PostgresConnection
    ) async throws -> CreateOperation {
        let row = try await connection.query(
            """
            INSERT INTO operations (id, ticket_id, job_id, epoch, attempt, marker, low_key_number)
            SELECT \(OperationID()), \(ticket.id), \(claim.job.id), \(claim.epoch),
                   COALESCE(max(attempt), 0) + 1, \(ticket.marker), \(lowKeyNumber)
            FROM operations WHERE ticket_id = \(ticket.id)
            RETURNING \(columns)
            """
        ).only()
        return try operation(from: row)
    }

    /// The unsettled create request of a ticket, if there is one.
    package static func open(of ticket: TicketID, on client: some PostgresClient) async throws -> CreateOperation? {
        try await client.query(
            "SELECT \(columns) FROM operations WHERE ticket_id = \(ticket) AND state IN ('intended', 'uncertain')"
        ).first.map(operation(from:))
    }

    /// The highest issue number that our own creates in a project have shown.
    package static func highestKeyNumber(
        inProject key: String,
        of integration: IntegrationID,
        on client: some PostgresClient
    ) async throws -> Int64? {
        try await client.query(
            """
            SELECT max(substring(jira_ticket_key FROM '[0-9]+$')::bigint)
            FROM tickets JOIN sessions ON sessions.id = session_id
            WHERE integration_id = \(integration) AND jira_project_key = \(key) AND jira_ticket_key IS NOT NULL
            """
        ).scalar()
    }

    /// Settles a request that made an issue.
    /// - Parameter adopted: whether the issue was found later, its answer having been lost.
    package static func settleCreated(
        _ operation: CreateOperation,
        as issue: ExportedIssue,
        adopted: Bool,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE operations SET state = 'created', settled_at = clock_timestamp(), jira_id = \(issue.id),
                jira_key = \(issue.key), adopted = \(adopted)
            WHERE id = \(operation.id)
            """
        )
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

    /// How long ago the request was intended, by the database's clock.
    package static func age(of operation: CreateOperation, on client: some PostgresClient) async throws -> Duration {
        .seconds(
            try await client.query(
                """
                SELECT EXTRACT(EPOCH FROM clock_timestamp() - intended_at)::float8
                FROM operations WHERE id = \(operation.id)
                """
            ).scalar(as: Double.self)
        )
    }
}
