package import Postgres
package import TramlineModel

/// The state in which a run leaves its job.
package enum JobSettlement: Sendable {
    case succeeded
    /// A permanent fault.
    case failed(Fault)
    /// A transient fault used the last attempt.
    case exhausted(Fault)
    case cancelled
    case quarantined(Fault)
    /// A transient fault used an attempt; due again after the wait.
    case retrying(Fault, after: Duration)
    /// No attempt used; due again after the wait (zero: at once).
    case queued(after: Duration)

    package var state: JobState {
        switch self {
        case .succeeded: .succeeded
        case .failed, .exhausted: .failed
        case .cancelled: .cancelled
        case .quarantined: .quarantined
        case .retrying: .retrying
        case .queued: .queued
        }
    }

    package var fault: Fault? {
        switch self {
        case .failed(let fault), .exhausted(let fault), .quarantined(let fault), .retrying(let fault, _): fault
        case .succeeded, .cancelled, .queued: nil
        }
    }

    /// How long until the job is due again; `nil` for an ended job.
    package var dueIn: Duration? {
        switch self {
        case .retrying(_, let wait), .queued(let wait): wait
        case .succeeded, .failed, .exhausted, .cancelled, .quarantined: nil
        }
    }

    /// Whether a transient fault led to it.
    package var usesAttempt: Bool {
        switch self {
        case .retrying, .exhausted: true
        case .succeeded, .failed, .cancelled, .quarantined, .queued: false
        }
    }
}

extension JobStore {
    /// Writes how a run left its job. Part of a fenced transaction.
    package func settle(_ claim: JobClaim, as settlement: JobSettlement, on connection: PostgresConnection) async throws
    {
        let state = settlement.state
        let fault = settlement.fault
        let wait = settlement.dueIn ?? .zero
        try await connection.execute(
            """
            UPDATE jobs SET
                state = \(state),
                worker_id = NULL,
                attempts = attempts + \(settlement.usesAttempt ? 1 : 0),
                run_at = now() + make_interval(secs => \(wait.inSeconds)),
                finished_at = CASE WHEN \(state.isFinal) THEN now() END,
                fault_category = \(fault?.category),
                fault_code = \(fault?.code),
                fault_message = \(fault?.userMessage),
                fault_actions = \(fault?.recoveryActions)
            WHERE id = \(claim.job.id) AND epoch = \(claim.epoch) AND state = 'running'
            """
        )
    }

    /// Records a step as done, in the transaction of its effect.
    ///
    /// A step that was not done before is progress: the job's attempts and deaths count from there anew.
    package func recordStep(
        _ step: String,
        of claim: JobClaim,
        subject: some PostgresEncodable,
        outcome: String,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            WITH finished_step AS (
                INSERT INTO job_steps (job_id, step, subject_id, epoch, outcome)
                VALUES (\(claim.job.id), \(step), \(subject), \(claim.epoch), \(outcome))
                ON CONFLICT (job_id, step, subject_id) DO UPDATE
                    SET epoch = excluded.epoch, outcome = excluded.outcome, finished_at = now()
                -- An inserted row has never been updated.
                RETURNING xmax = 0 AS is_new
            )
            UPDATE jobs SET attempts = 0, deaths = 0
            WHERE id = \(claim.job.id) AND (attempts > 0 OR deaths > 0) AND (SELECT is_new FROM finished_step)
            """
        )
    }

    /// Whether a job has done a step, in this claim or an earlier one.
    package func hasStep(
        _ step: String,
        of claim: JobClaim,
        subject: some PostgresEncodable & Sendable
    ) async throws -> Bool {
        try await pool.query(
            """
            SELECT EXISTS (
                SELECT FROM job_steps
                WHERE job_id = \(claim.job.id) AND step = \(step) AND subject_id = \(subject)
            )
            """
        ).scalar()
    }
}
