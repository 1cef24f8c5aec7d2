import Postgres
package import TramlineModel

extension JobStore {
    /// Those of some jobs that are live.
    package func live(among ids: [JobID]) async throws -> [LiveJob] {
        try await pool.query(
            """
            SELECT \(Self.liveColumns) FROM jobs
            WHERE id = ANY (\(ids)) AND state IN ('queued', 'running', 'retrying')
            """
        ).map(Self.liveJob(from:))
    }

    /// Sessions that say that they are exporting without a live job, and live jobs whose session does not say so: the two
    /// change in one transaction, so there are none.
    ///
    /// - Parameter limit: How many of each at most.
    package func exportsOutOfStep(limit: Int) async throws -> (sessions: [SessionID], jobs: [JobID]) {
        let sessions: [SessionID] = try await pool.query(
            """
            SELECT id FROM sessions
            WHERE status = 'exporting' AND NOT EXISTS (
                SELECT FROM jobs
                WHERE session_id = sessions.id AND kind IN ('export', 'retry')
                  AND state IN ('queued', 'running', 'retrying')
            )
            LIMIT \(limit)
            """
        ).column()
        let jobs: [JobID] = try await pool.query(
            """
            SELECT jobs.id FROM jobs LEFT JOIN sessions ON sessions.id = session_id
            WHERE kind IN ('export', 'retry') AND state IN ('queued', 'running', 'retrying')
              AND status IS DISTINCT FROM 'exporting'
            LIMIT \(limit)
            """
        ).column()
        return (sessions, jobs)
    }
}
