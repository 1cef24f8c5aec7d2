package import Postgres
package import TramlineModel

extension JobStore {
    /// Claims jobs for a worker: each gets the next epoch, which shuts out every earlier claim.
    ///
    /// One statement, so that of two workers one wins and the other's claim is the later one. A job that was running counts
    /// one death more, and what is known of it is noted: another worker ran it, did not hand it over and did not let go of
    /// it.
    ///
    /// - Parameters:
    ///   - ids: the jobs that the queue gave to this worker.
    ///   - worker: who claims.
    /// - Returns: The claims in no particular order. A job that is missing from them has ended or never was: the
    ///   caller strikes it from the queue.
    package func claim(_ ids: [JobID], for worker: WorkerID) async throws -> [JobClaim] {
        let rows = try await pool.query(
            """
            WITH locked_job AS (
                SELECT id, worker_id AS former_worker_id, epoch AS former_epoch, claimed_at AS former_claimed_at,
                       state = 'running' AND let_go_at IS NULL AND worker_id <> \(worker) AS has_died,
                       \(AuditActor.worker(worker).setting)
                FROM jobs
                WHERE id = ANY (\(ids)) AND state IN ('queued', 'running', 'retrying')
                -- In one order everywhere, so that two claims never wait for each other.
                ORDER BY id FOR UPDATE
            ), claimed_job AS (
                UPDATE jobs SET
                    state = 'running',
                    epoch = epoch + 1,
                    worker_id = \(worker),
                    deaths = deaths + has_died::integer,
                    claimed_at = now(),
                    let_go_at = NULL,
                    started_at = COALESCE(started_at, now())
                FROM locked_job WHERE jobs.id = locked_job.id
                RETURNING jobs.*
            ), noted_death AS (
                INSERT INTO job_deaths (job_id, epoch, worker_id, claimed_at, noticed_by, last_step,
                                        last_step_subject_id, last_step_at, open_operation_id, open_ticket_id)
                SELECT locked_job.id, former_epoch, former_worker_id, former_claimed_at, \(worker),
                       last.step, last.subject_id, last.finished_at, open.id, open.ticket_id
                FROM locked_job
                LEFT JOIN LATERAL (
                    SELECT step, subject_id, finished_at FROM job_steps WHERE job_id = locked_job.id
                    ORDER BY finished_at DESC LIMIT 1
                ) AS last ON true
                LEFT JOIN LATERAL (
                    SELECT id, ticket_id FROM operations WHERE job_id = locked_job.id AND state = 'intended'
                    ORDER BY intended_at DESC LIMIT 1
                ) AS open ON true
                WHERE has_died
            )
            SELECT \(Self.columns) FROM claimed_job
            """
        )
        return try rows.map { JobClaim(job: try Self.job(from: $0), worker: worker) }
    }

    /// Says that a worker, though it lives, runs a claim's job no more and cannot hand it over: its lease has ended. The job
    /// stays running in the record, since what was sent last may still be under way; its next claim counts no death.
    ///
    /// - Returns: Whether the claim was still the newest.
    @discardableResult
    package func letGo(_ claim: JobClaim) async throws -> Bool {
        try await pool.execute(
            """
            UPDATE jobs SET let_go_at = now()
            WHERE id = \(claim.job.id) AND epoch = \(claim.epoch) AND state = 'running'
            """
        ) == 1
    }

    /// Runs a transaction in the name of a claim: it commits only while the claim is the newest.
    ///
    /// The audit trail puts its changes down to the claim's worker.
    ///
    /// The job's row is locked in share mode first, so a later claim waits for the commit or comes before the check.
    ///
    /// - Throws: ``RecordError`` with `.staleClaim` when a later claim exists or the job has ended; nothing is written.
    package func withFence<R: Sendable>(
        _ claim: JobClaim,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withFence(claim) { connection, _ in try await body(connection) }
    }

    /// The same, with what the job's row says by now.
    package func withFence<R: Sendable>(
        _ claim: JobClaim,
        _ body: (PostgresConnection, JobFence) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction(by: .worker(claim.worker)) { connection in
            try await body(connection, try await Self.checkFence(claim, on: connection))
        }
    }

    /// Throws unless the claim is the newest; holds later claims and cancellations off until the transaction ends.
    static func checkFence(_ claim: JobClaim, on connection: PostgresConnection) async throws -> JobFence {
        let rows = try await connection.query(
            """
            SELECT cancel_requested_at IS NOT NULL AS is_cancel_requested, attempts FROM jobs
            WHERE id = \(claim.job.id) AND epoch = \(claim.epoch) AND state = 'running'
            FOR SHARE
            """
        )
        guard let row = rows.first else {
            throw RecordError(.staleClaim, "Another worker has claimed job \(claim.job.id) since, or it has ended.")
        }
        return JobFence(
            isCancelRequested: try row.get("is_cancel_requested"),
            attempts: try row.get("attempts")
        )
    }
}

/// What the holder of the newest claim reads of its job at the beginning of each transaction.
package struct JobFence: Sendable {
    /// Whether somebody wants the job to end between two steps.
    package let isCancelRequested: Bool
    /// Transient faults since the last step that was finished.
    package let attempts: Int

    package init(isCancelRequested: Bool = false, attempts: Int = 0) {
        self.isCancelRequested = isCancelRequested
        self.attempts = attempts
    }
}
