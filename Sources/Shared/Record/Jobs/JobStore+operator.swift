import Postgres
package import TramlineModel

/// A job that an operator has cancelled.
package struct CancelledJob: Sendable {
    package let cancellation: JobCancellation
    /// The session whose end message was stored with it, and the message's number; publish it after the commit.
    package let mark: (session: SessionID, sequence: Int64)?

    /// The job as it stands now.
    package var job: Job {
        switch cancellation {
        case .ended(let job), .requested(let job), .tooLate(let job): job
        }
    }
}

extension JobStore {
    /// Cancels a job of whatever kind, with what that means for the session that it exports: at once where it waits, after
    /// its current step where it runs. Safe to repeat.
    ///
    /// - Throws: ``RecordError``: `.notFound` for no such job, `.conflict` for one that has ended, unless it was cancelled.
    package func cancel(_ id: JobID, by actor: AuditActor) async throws -> CancelledJob {
        try await pool.withTransaction(by: actor) { connection in
            guard let cancellation = try await cancel(id, on: connection) else {
                throw RecordError(.notFound, "There is no job \(id).")
            }
            switch cancellation {
            case .tooLate(let job) where job.state != .cancelled:
                throw RecordError(.conflict, "Job \(id) is \(job.state.rawValue); it has ended.")
            case .ended(let job) where job.kind.exportsSession:
                guard let session = job.session else {
                    throw RecordError(.unreadable, "Job \(id) exports a session that is not in the record.")
                }
                let sequence = try await SessionStore(pool: pool).concludeCancelled(session, job: id, on: connection)
                return CancelledJob(cancellation: cancellation, mark: (session, sequence))
            case .ended, .requested, .tooLate:
                return CancelledJob(cancellation: cancellation, mark: nil)
            }
        }
    }
}
