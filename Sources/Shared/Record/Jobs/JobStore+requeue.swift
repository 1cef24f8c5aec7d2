import Postgres
package import TramlineModel

extension JobStore {
    /// Puts a job that has stopped for good back into the record's queue: an operator's word that its reason is gone.
    ///
    /// Attempts and deaths begin anew, and the session of an export is exporting again; that costs none of the session's
    /// retries. The steps that are done stay done. The caller hands the job to the queue after the commit, or leaves it to
    /// the sweep.
    ///
    /// - Throws: ``RecordError``: `.notFound` for no such job; `.conflict`, saying why, for one that is live, succeeded or
    ///   was cancelled, has a live successor or, exporting a session, any successor. ``ExportRefusal`` while the session's
    ///   integration is parked.
    package func requeue(_ id: JobID, actor: AuditActor) async throws -> Job {
        try await pool.withTransaction(by: actor) { connection in
            guard let known = try await job(id, on: connection) else {
                throw RecordError(.notFound, "There is no job \(id).")
            }
            if known.kind.exportsSession {
                // The session's row first, as everywhere.
                try await makeExporting(again: known, on: connection)
            }
            try await refuseSuccessors(of: known, on: connection)
            let rows = try await connection.query(
                """
                UPDATE jobs SET
                    state = 'queued', attempts = 0, deaths = 0, run_at = now(), finished_at = NULL,
                    cancel_requested_at = NULL, trimmed_at = NULL,
                    fault_category = NULL, fault_code = NULL, fault_message = NULL, fault_actions = NULL
                WHERE id = \(id) AND state IN ('failed', 'quarantined')
                RETURNING \(Self.columns)
                """
            )
            guard let row = rows.first else { throw Self.refusal(of: try await job(id, on: connection) ?? known) }
            return try Self.job(from: row)
        }
    }

    /// The session of an export that is to go on.
    private func makeExporting(again job: Job, on connection: PostgresConnection) async throws {
        let sessions = SessionStore(pool: pool)
        guard let id = job.session, let session = try await sessions.lock(id, team: job.team, on: connection) else {
            throw RecordError(.unreadable, "Job \(job.id) exports a session that is not in the record.")
        }
        guard job.state == .failed || job.state == .quarantined else { throw Self.refusal(of: job) }
        guard let newest = try await newestExport(of: id, on: connection), newest.id == job.id else {
            throw RecordError(.conflict, "Session \(id) has a newer task than \(job.id); see jobs list.")
        }
        guard session.status == .exportFailed else {
            throw RecordError(
                .conflict,
                "Session \(id) is \(session.status.rawValue), so there is nothing to go on with."
            )
        }
        _ = try await sessions.activeIntegration(of: session, on: connection)
        try await sessions.resume(id, by: job.id, cost: 0, on: connection)
    }

    /// Another job may have taken over what this one was for.
    private func refuseSuccessors(of job: Job, on connection: PostgresConnection) async throws {
        let live = try await connection.query(
            """
            SELECT live.id FROM jobs JOIN jobs AS live ON live.idempotency_key = jobs.idempotency_key
            WHERE jobs.id = \(job.id) AND live.id <> jobs.id AND live.state IN ('queued', 'running', 'retrying')
            """
        )
        guard let row = live.first else { return }
        let successor = try row.get("id", as: JobID.self)
        throw RecordError(.conflict, "Job \(successor) does the work of \(job.id) now.")
    }

    private static func refusal(of job: Job) -> RecordError {
        RecordError(
            .conflict,
            "Job \(job.id) is \(job.state.rawValue); only failed and quarantined jobs can be queued again."
        )
    }
}
