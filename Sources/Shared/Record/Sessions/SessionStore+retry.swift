import Postgres
package import TramlineModel

/// An export that goes on because a person asked for it.
package struct ExportRetry: Sendable {
    /// New; of kind `retry`.
    package let job: Job
    /// As it stands now, with ``SessionRow/retryCount``.
    package let session: SessionRow
    /// As it stands now: no ticket counts as failed any more.
    package let counts: ExportCounts
}

extension SessionStore {
    /// Has a failed or cancelled export go on: the session's change and its new job commit together.
    ///
    /// Tickets that are in Jira stay as they are; those that failed are pending again. A failed export costs one of the
    /// session's retries, a cancelled one none. Of two who ask at once, one is refused and costs nothing.
    ///
    /// - Throws: ``ExportRefusal`` for no such session of the team, one that was never exported, is exporting or completed, has
    ///   no retries left, and while its integration is parked.
    package func retryExport(
        of id: SessionID,
        team: TeamID,
        actor: AuditActor,
        maximumAttempts: Int
    ) async throws -> ExportRetry {
        try await pool.withTransaction(by: actor) { connection in
            guard let session = try await lock(id, team: team, on: connection) else {
                throw ExportRefusal(id, .noSuchSession)
            }
            let cost = try Self.costOfRetrying(session)
            let job = try await enqueueExport(.retry, of: session, maximumAttempts: maximumAttempts, on: connection)
            try await resume(id, by: job.id, cost: cost, on: connection)
            guard let resumed = try await load(id, on: connection) else {
                preconditionFailure("a locked row does not vanish")
            }
            return ExportRetry(job: job, session: resumed, counts: try await counts(of: id, on: connection))
        }
    }

    /// How many of a session's retries one more costs.
    private static func costOfRetrying(_ session: SessionRow) throws -> Int {
        switch session.status {
        case .ready: throw ExportRefusal(session.id, .notStarted)
        case .exporting: throw ExportRefusal(session.id, .running)
        case .completed: throw ExportRefusal(session.id, .completed)
        case .cancelled: return 0
        case .exportFailed:
            if session.isRetryAvailable { return 1 }
            guard let firstErrorAt = session.firstErrorAt else {
                throw RecordError(.unreadable, "Session \(session.id) has failed, but the record does not say when.")
            }
            throw ExportRefusal(
                session.id,
                .retriesUsedUp(used: session.retryCount, firstErrorAt: firstErrorAt)
            )
        }
    }

    /// Takes back what the last end has left in the session and its tickets; what tells of the past stays.
    func resume(
        _ id: SessionID,
        by job: JobID,
        cost: Int,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE sessions SET status = 'exporting', current_stage = 'jira_export', export_task_id = \(job),
                export_retry_count = export_retry_count + \(cost), failed_at_ticket_order = NULL,
                error_category = NULL, error_code = NULL, user_message = NULL, recovery_actions = NULL
            WHERE id = \(id)
            """
        )
        try await connection.execute(
            """
            UPDATE tickets SET jira_export_status = 'pending', error_message = NULL
            WHERE session_id = \(id) AND jira_export_status = 'failed'
            """
        )
    }
}
