package import Postgres
package import TramlineModel

/// What became of the wish to cancel a job.
package enum JobCancellation: Sendable {
    /// It was waiting, and has ended now. The caller writes what that means for the rows that the job works on, in the same
    /// transaction.
    case ended(Job)
    /// It runs: whoever runs it ends it between two steps, and whoever claims it next ends it at once.
    case requested(Job)
    /// It had ended before; nothing has changed.
    case tooLate(Job)
}

extension JobStore {
    /// Cancels a job, of whatever kind. Safe to repeat.
    ///
    /// Part of the caller's transaction, which must lock no other row before: a step that is under way holds the job's row and
    /// may wait for that one. It waits for such a step, so that the step's commit does not know of the wish and every later one
    /// does.
    ///
    /// - Returns: `nil` when there is no such job.
    package func cancel(_ id: JobID, on connection: PostgresConnection) async throws -> JobCancellation? {
        let locked = try await connection.query(
            "SELECT \(Self.columns) FROM jobs WHERE id = \(id) FOR NO KEY UPDATE"
        )
        guard let job = try locked.first.map(Self.job(from:)) else { return nil }
        switch job.state {
        case .queued, .retrying:
            let ended = try await connection.query(
                """
                UPDATE jobs SET state = 'cancelled', finished_at = now(),
                    cancel_requested_at = COALESCE(cancel_requested_at, now()),
                    fault_category = NULL, fault_code = NULL, fault_message = NULL, fault_actions = NULL
                WHERE id = \(id)
                RETURNING \(Self.columns)
                """
            ).only()
            return .ended(try Self.job(from: ended))
        case .running:
            let requested = try await connection.query(
                """
                UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, now()) WHERE id = \(id)
                RETURNING \(Self.columns)
                """
            ).only()
            return .requested(try Self.job(from: requested))
        case .succeeded, .failed, .cancelled, .quarantined:
            return .tooLate(job)
        }
    }

    /// Those of some running jobs that somebody wants cancelled: one query for all that a worker holds.
    package func cancelRequests(among jobs: [JobID]) async throws -> [JobID] {
        try await pool.query(
            """
            SELECT id FROM jobs
            WHERE id = ANY (\(jobs)) AND state = 'running' AND cancel_requested_at IS NOT NULL
            """
        ).map { try $0.get("id") }
    }
}
