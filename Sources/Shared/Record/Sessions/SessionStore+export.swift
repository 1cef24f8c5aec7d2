package import Postgres
package import TramlineModel

/// What became of the wish to start an export.
package enum ExportStart: Sendable {
    case started(Job, SessionRow)
    /// One is live already: the caller gets the same task.
    case running(Job, SessionRow)
}

extension SessionStore {
    /// Starts a session's export: the session's change and its job commit together.
    ///
    /// Safe to repeat: while an export is live the same job comes back.
    ///
    /// - Throws: ``ExportRefusal`` for no such session of the team, one that is empty, completed, failed or cancelled (these
    ///   two can be retried), and while its integration is parked.
    package func startExport(
        of id: SessionID,
        team: TeamID,
        actor: AuditActor,
        maximumAttempts: Int
    ) async throws -> ExportStart {
        try await pool.withTransaction(by: actor) { connection in
            guard let session = try await lock(id, team: team, on: connection) else {
                throw ExportRefusal(id, .noSuchSession)
            }
            switch session.status {
            case .ready: break
            case .exporting: return .running(try await task(of: session, on: connection), session)
            case .completed: throw ExportRefusal(id, .completed)
            case .exportFailed: throw ExportRefusal(id, .failed)
            case .cancelled: throw ExportRefusal(id, .cancelled)
            }
            guard session.totalTickets > 0 else { throw ExportRefusal(id, .empty) }
            let job = try await enqueueExport(.export, of: session, maximumAttempts: maximumAttempts, on: connection)
            try await connection.execute(
                """
                UPDATE sessions SET status = 'exporting', current_stage = 'jira_export', export_task_id = \(job.id),
                    export_started_at = now()
                WHERE id = \(id)
                """
            )
            guard let started = try await load(id, on: connection) else {
                preconditionFailure("a locked row does not vanish")
            }
            return .started(job, started)
        }
    }

    /// The newest job of a session that has been exported.
    func task(of session: SessionRow, on connection: PostgresConnection) async throws -> Job {
        guard let job = try await JobStore(pool: pool).newestExport(of: session.id, on: connection) else {
            throw RecordError(.unreadable, "Session \(session.id) has been exported, but its task is missing.")
        }
        return job
    }

    /// Records the job that exports a session, whose row is locked: at most one is live for each.
    ///
    /// - Throws: ``ExportRefusal`` while the session's integration is parked.
    func enqueueExport(
        _ kind: JobKind,
        of session: SessionRow,
        maximumAttempts: Int,
        on connection: PostgresConnection
    ) async throws -> Job {
        let integration = try await activeIntegration(of: session, on: connection)
        let new = NewJob(
            kind: kind,
            team: session.team,
            session: session.id,
            site: integration.gate,
            idempotencyKey: "export:\(session.id)",
            maximumAttempts: maximumAttempts
        )
        let (job, isNew) = try await JobStore(pool: pool).insert(new, on: connection)
        guard isNew else {
            throw RecordError(
                .conflict,
                "A task of session \(session.id) has not ended yet; please repeat the request."
            )
        }
        return job
    }

    /// The integration by which a session is exported.
    ///
    /// - Throws: ``ExportRefusal`` while it is parked.
    func activeIntegration(of session: SessionRow, on connection: PostgresConnection) async throws -> Integration {
        guard
            let integration = try await IntegrationStore(pool: pool).load(session.integration, on: connection)
        else { preconditionFailure("the foreign key keeps a session's integration") }
        if let reason = integration.parkedReason {
            throw ExportRefusal(session.id, .integrationParked(site: session.site, reason: reason))
        }
        return integration
    }

    /// Ends a session's export well. Part of the transaction that ends its job.
    package func completeExport(_ session: SessionID, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            UPDATE sessions SET status = 'completed', current_stage = 'completed', completed_at = now(),
                export_task_id = NULL, error_category = NULL, error_code = NULL, user_message = NULL,
                recovery_actions = NULL
            WHERE id = \(session)
            """
        )
    }

    /// Ends a session's export with a fault. Part of the transaction that ends its job.
    /// - Parameter order: the ``Ticket/exportOrder`` of the ticket that failed, or at which the work would have gone on.
    package func failExport(
        _ session: SessionID,
        at order: Int,
        fault: Fault,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE sessions SET status = 'export_failed', export_failed_at = now(),
                failed_at_ticket_order = \(order), first_error_at = COALESCE(first_error_at, now()),
                error_category = \(fault.category), error_code = \(fault.code), user_message = \(fault.userMessage),
                recovery_actions = \(fault.recoveryActions)
            WHERE id = \(session)
            """
        )
        try await connection.execute(
            """
            UPDATE tickets SET jira_export_status = 'failed', error_message = \(fault.userMessage)
            WHERE session_id = \(session) AND export_order = \(order) AND jira_export_status <> 'exported'
            """
        )
    }

    /// Ends a session's export because a person cancelled it. What has been created stays.
    package func cancelExport(_ session: SessionID, on connection: PostgresConnection) async throws {
        try await connection.execute("UPDATE sessions SET status = 'cancelled' WHERE id = \(session)")
    }
}
