package import Postgres
package import TramlineModel

/// What became of the wish to cancel an export.
package struct ExportCancellation: Sendable {
    /// The job that exports the session, or did.
    package let job: JobID
    /// What was done to it just now; `nil` when it had been cancelled before.
    package let cancellation: JobCancellation?
    /// The number of the end message that was stored with it; publish it after the commit.
    package let sequence: Int64?

    /// Whether the export has ended; if not, it will after its current step.
    package var isCancelled: Bool {
        if case .requested = cancellation { false } else { true }
    }
}

extension SessionStore {
    /// Cancels a session's export: at once where it waits, after its current step where it runs. Safe to repeat.
    ///
    /// What is in Jira stays, and a retry goes on from there. An export whose last step was done before it hears of the wish
    /// completes.
    ///
    /// - Throws: ``ExportRefusal`` for no such session of the team, and one whose export has not begun, has completed or has
    ///   failed; ``RecordError`` with `.conflict` when the export ended and another began at the same moment: repeat it.
    package func cancelExport(
        of id: SessionID,
        team: TeamID,
        actor: AuditActor
    ) async throws -> ExportCancellation {
        try await pool.withTransaction(by: actor) { connection in
            guard let seen = try await find(id, team: team, on: connection) else {
                throw ExportRefusal(id, .noSuchSession)
            }
            let jobs = JobStore(pool: pool)
            guard seen.status == .exporting, let task = seen.exportTask,
                let cancellation = try await jobs.cancel(task, on: connection)
            else { return try await self.cancellation(ofEnded: seen, on: connection) }
            switch cancellation {
            case .ended(let job):
                let sequence = try await concludeCancelled(id, job: job.id, on: connection)
                return ExportCancellation(job: job.id, cancellation: cancellation, sequence: sequence)
            case .requested(let job):
                return ExportCancellation(job: job.id, cancellation: cancellation, sequence: nil)
            case .tooLate:
                // It ended between the two looks; the session has changed with it.
                guard let now = try await find(id, team: team, on: connection) else {
                    throw ExportRefusal(id, .noSuchSession)
                }
                return try await self.cancellation(ofEnded: now, on: connection)
            }
        }
    }

    private func cancellation(
        ofEnded session: SessionRow,
        on connection: PostgresConnection
    ) async throws -> ExportCancellation {
        switch session.status {
        case .ready: throw ExportRefusal(session.id, .notStarted)
        case .completed: throw ExportRefusal(session.id, .completed)
        case .exportFailed: throw ExportRefusal(session.id, .failed)
        case .cancelled:
            return ExportCancellation(
                job: try await task(of: session, on: connection).id,
                cancellation: nil,
                sequence: nil
            )
        case .exporting:
            throw RecordError(.conflict, "Another request changed session \(session.id); please repeat the request.")
        }
    }

    /// Ends a session's export because its job was cancelled. Part of the transaction that ends the job.
    ///
    /// - Returns: The number of the end message; publish it after the commit.
    package func concludeCancelled(
        _ id: SessionID,
        job: JobID,
        on connection: PostgresConnection
    ) async throws -> Int64 {
        try await cancelExport(id, on: connection)
        let next = try await counts(of: id, on: connection).resumingTicketOrder
        return try await appendMessage(to: id, job: job, on: connection) { sequence in
            .failed(.cancelled(sequence: sequence, session: id, task: job, stoppedAtTicket: next))
        }
    }
}
