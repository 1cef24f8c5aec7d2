package import Postgres
package import TramlineModel

/// How a job ended, for whoever waits for it.
package struct JobEnd: Sendable {
    package let state: JobState
    /// What it has found out: JSON text.
    package let result: String?
    package let fault: Fault?
}

extension JobStore {
    /// Stores what a job has found out: JSON text. Part of a fenced transaction.
    package func storeResult(
        _ json: String,
        of claim: JobClaim,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute("UPDATE jobs SET result = \(PostgresJSON(json)) WHERE id = \(claim.job.id)")
    }

    /// How a job has ended.
    /// - Returns: `nil` while it is live.
    package func end(of job: JobID) async throws -> JobEnd? {
        try await pool.query("SELECT \(Self.columns), result FROM jobs WHERE id = \(job)").first.flatMap { row in
            let ended = try Self.job(from: row)
            guard ended.state.isFinal else { return nil }
            return JobEnd(
                state: ended.state,
                result: try row.get("result", as: PostgresJSON?.self)?.text,
                fault: ended.fault
            )
        }
    }

    /// Gives up a job for which nobody waits any more. One that is running is told so and ends between two steps.
    ///
    /// Safe to repeat; a job that has ended stays as it is.
    package func abandon(_ job: JobID, by actor: AuditActor) async throws {
        _ = try await pool.withTransaction(by: actor) { connection in
            try await connection.execute(
                """
                UPDATE jobs SET
                    state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END,
                    finished_at = CASE WHEN state <> 'running' THEN now() END,
                    cancel_requested_at = COALESCE(cancel_requested_at, now())
                WHERE id = \(job) AND state IN ('queued', 'running', 'retrying')
                """
            )
        }
    }
}
