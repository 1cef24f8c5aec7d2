package import Foundation
package import Postgres
package import TramlineModel

/// A session's row.
package struct SessionRow: Sendable {
    package enum Status: String, Sendable, CaseIterable, PostgresEncodable, PostgresDecodable {
        case ready, exporting, completed, cancelled
        case exportFailed = "export_failed"
    }

    package let id: SessionID
    package let team: TeamID
    package let integration: IntegrationID
    package let name: String?
    package let site: String
    package let projectKey: String
    package let status: Status
    package let stage: String
    package let totalTickets: Int
    package let createdAt: Date
    package let completedAt: Date?
    package let exportTask: JobID?
    package let exportStartedAt: Date?
    package let exportFailedAt: Date?
    /// The ``Ticket/exportOrder`` of the ticket that failed.
    package let failedAtTicketOrder: Int?
    package let retryCount: Int
    package let firstErrorAt: Date?
    /// Why the newest export failed; `nil` unless it did.
    package let fault: Fault?
    package let progressSequence: Int64

    /// The retries that a person may ask for in a session's life.
    package static let maximumRetries = 3

    /// Whether a person may have the export go on: what all who speak of it say.
    ///
    /// Going on with a cancelled export costs no retry.
    package var isRetryAvailable: Bool {
        switch status {
        case .exportFailed: retryCount < Self.maximumRetries
        case .cancelled: true
        case .ready, .exporting, .completed: false
        }
    }
}

/// The `sessions` table and what belongs to a session.
package struct SessionStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    private static let columns = PostgresQuery(
        unescaped: """
            id, team_id, integration_id, name, site, jira_project_key, status, current_stage, total_tickets, created_at,
            completed_at, export_task_id, export_started_at, export_failed_at, failed_at_ticket_order,
            export_retry_count, first_error_at, error_category, error_code, user_message, recovery_actions,
            progress_sequence
            """
    )

    private static func session(from row: PostgresRow) throws(PostgresError) -> SessionRow {
        let category = try row.get("error_category", as: FaultCategory?.self)
        let fault: Fault? =
            if let category {
                Fault(
                    category: category,
                    code: try row.get("error_code", as: String?.self) ?? "unknown",
                    userMessage: try row.get("user_message", as: String?.self) ?? "",
                    recoveryActions: try row.get("recovery_actions", as: [String]?.self) ?? []
                )
            } else { nil }
        return SessionRow(
            id: try row.get("id"),
            team: try row.get("team_id"),
            integration: try row.get("integration_id"),
            name: try row.get("name"),
            site: try row.get("site"),
            projectKey: try row.get("jira_project_key"),
            status: try row.get("status"),
            stage: try row.get("current_stage"),
            totalTickets: try row.get("total_tickets"),
            createdAt: try row.get("created_at"),
            completedAt: try row.get("completed_at"),
            exportTask: try row.get("export_task_id"),
            exportStartedAt: try row.get("export_started_at"),
            exportFailedAt: try row.get("export_failed_at"),
            failedAtTicketOrder: try row.get("failed_at_ticket_order"),
            retryCount: try row.get("export_retry_count"),
            firstErrorAt: try row.get("first_error_at"),
            fault: fault,
            progressSequence: try row.get("progress_sequence")
        )
    }

    /// A team's session.
    /// - Returns: `nil` when there is none, or it is another team's: nobody can tell the two apart.
    package func find(_ id: SessionID, team: TeamID, on client: some PostgresClient) async throws -> SessionRow? {
        try await client.query("SELECT \(Self.columns) FROM sessions WHERE id = \(id) AND team_id = \(team)")
            .first.map(Self.session(from:))
    }

    /// A session, for a job that runs in its name.
    package func load(_ id: SessionID, on client: some PostgresClient) async throws -> SessionRow? {
        try await client.query("SELECT \(Self.columns) FROM sessions WHERE id = \(id)")
            .first.map(Self.session(from:))
    }

    /// A team's session with its row locked: nobody else starts or ends its export until the transaction ends.
    package func lock(
        _ id: SessionID,
        team: TeamID,
        on connection: PostgresConnection
    ) async throws -> SessionRow? {
        try await connection.query(
            "SELECT \(Self.columns) FROM sessions WHERE id = \(id) AND team_id = \(team) FOR UPDATE"
        ).first.map(Self.session(from:))
    }

    /// A team's sessions, newest first.
    /// - Parameter limit: 1...1,000.
    package func list(team: TeamID, limit: Int) async throws -> [SessionRow] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM sessions WHERE team_id = \(team)
            ORDER BY created_at DESC, id LIMIT \(limit)
            """
        ).map(Self.session(from:))
    }
}
