package import Postgres
package import TramlineModel

/// The `jobs` table: what runs, what ran, and who may write for it.
package struct JobStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The columns that ``job(from:)`` reads.
    static let columns = PostgresQuery(
        unescaped: """
            id, kind, state, team_id, session_id, site, priority, attempts, max_attempts, deaths, epoch, worker_id,
            created_at, started_at, finished_at, run_at, cancel_requested_at IS NOT NULL AS cancel_requested, payload,
            fault_category, fault_code, fault_message, fault_actions
            """
    )

    static func job(from row: PostgresRow) throws(PostgresError) -> Job {
        Job(
            id: try row.get("id"),
            kind: try row.get("kind"),
            state: try row.get("state"),
            team: try row.get("team_id"),
            session: try row.get("session_id"),
            site: try row.get("site"),
            priority: try row.get("priority"),
            attempts: try row.get("attempts"),
            maximumAttempts: try row.get("max_attempts"),
            deaths: try row.get("deaths"),
            epoch: try row.get("epoch"),
            worker: try row.get("worker_id"),
            createdAt: try row.get("created_at"),
            startedAt: try row.get("started_at"),
            finishedAt: try row.get("finished_at"),
            runAt: try row.get("run_at"),
            cancelRequested: try row.get("cancel_requested"),
            payload: try row.get("payload", as: PostgresJSON.self).text,
            fault: try fault(from: row)
        )
    }

    private static func fault(from row: PostgresRow) throws(PostgresError) -> Fault? {
        guard let category = try row.get("fault_category", as: FaultCategory?.self) else { return nil }
        return Fault(
            category: category,
            code: try row.get("fault_code", as: String?.self) ?? "unknown",
            userMessage: try row.get("fault_message", as: String?.self) ?? "",
            recoveryActions: try row.get("fault_actions", as: [String]?.self) ?? []
        )
    }

    /// One job.
    /// - Returns: `nil` when there is none.
    package func job(_ id: JobID) async throws -> Job? { try await job(id, on: pool) }

    func job(_ id: JobID, on client: some PostgresClient) async throws -> Job? {
        try await client.query("SELECT \(Self.columns) FROM jobs WHERE id = \(id)").first.map(Self.job(from:))
    }

    /// A session's newest job of the kinds that export.
    package func newestExport(of session: SessionID, on client: some PostgresClient) async throws -> Job? {
        try await client.query(
            """
            SELECT \(Self.columns) FROM jobs
            WHERE session_id = \(session) AND kind IN ('export', 'retry')
            ORDER BY created_at DESC LIMIT 1
            """
        ).first.map(Self.job(from:))
    }
}
