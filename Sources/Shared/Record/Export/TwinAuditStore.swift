package import Foundation
package import Postgres
package import TramlineModel

/// A ticket whose create was repeated: its twin is to be looked for.
package struct TwinSuspect: Sendable {
    package let ticket: Ticket
    /// What the ticket has become.
    package let issue: ExportedIssue
    /// The request that made it.
    package let created: OperationID
    /// The ticket's first request: its issue, if there is one, lies after this one's low key and time.
    package let first: CreateOperation
    package let dueAt: Date
}

/// What a twin audit works on.
package struct TwinAuditMaterial: Sendable {
    package let session: SessionRow
    package let integration: Integration
    package let suspects: [TwinSuspect]
    /// The database's clock.
    package let now: Date
}

/// What the twin audit reads and writes.
package enum TwinAuditStore {
    /// Records the job that audits a session's repeated creates, unless one is to come that will see them all.
    ///
    /// Part of the transaction that settles a repeated create. A job that is queued and not due for half the delay sees
    /// what is committed now; one that may begin any moment might not, so it does not count.
    ///
    /// - Returns: The new job; `nil` when there is one.
    package static func enqueue(
        for claim: JobClaim,
        after delay: Duration,
        jobs: JobStore,
        on connection: PostgresConnection
    ) async throws -> Job? {
        let isComing = try await connection.query(
            """
            SELECT EXISTS (
                SELECT FROM jobs WHERE session_id = \(claim.job.session) AND kind = 'audit' AND state = 'queued'
                  AND run_at > now() + make_interval(secs => \((delay / 2).inSeconds))
            )
            """
        ).scalar(as: Bool.self)
        guard !isComing else { return nil }
        let new = NewJob(
            kind: .audit,
            team: claim.job.team,
            session: claim.job.session,
            site: claim.job.site,
            priority: .scheduled,
            maximumAttempts: claim.job.maximumAttempts,
            delay: delay
        )
        return try await jobs.insert(new, on: connection).job
    }

    /// Loads a session's repeated creates that are not audited yet, due or not.
    /// - Returns: `nil` when there is no such session.
    package static func load(_ id: SessionID, pool: PostgresPool) async throws -> TwinAuditMaterial? {
        try await pool.withConnection { connection in
            guard let session = try await SessionStore(pool: pool).load(id, on: connection),
                let integration = try await IntegrationStore(pool: pool).load(session.integration, on: connection)
            else { return nil }
            let rows = try await connection.query(
                """
                SELECT created.id AS created_id, created.audit_due_at, \(OperationStore.columns)
                FROM operations AS created
                JOIN tickets ON tickets.id = created.ticket_id
                JOIN operations ON operations.ticket_id = created.ticket_id AND operations.attempt = 1
                WHERE session_id = \(id) AND created.audit_due_at IS NOT NULL AND created.audited_at IS NULL
                ORDER BY export_order
                """
            )
            let tickets = try await ExportStore(pool: pool).tickets(of: id, on: connection)
            let known = Dictionary(uniqueKeysWithValues: tickets.map { ($0.id, $0) })
            return TwinAuditMaterial(
                session: session,
                integration: integration,
                suspects: try rows.compactMap { row in
                    let first = try OperationStore.operation(from: row)
                    guard let ticket = known[first.ticket], let issue = ticket.issue else { return nil }
                    return TwinSuspect(
                        ticket: ticket,
                        issue: issue,
                        created: try row.get("created_id"),
                        first: first,
                        dueAt: try row.get("audit_due_at")
                    )
                },
                now: try await OperationStore.now(on: connection)
            )
        }
    }

    /// Notes that repeated creates were audited. Part of a fenced transaction.
    package static func markAudited(_ created: [OperationID], on connection: PostgresConnection) async throws {
        try await connection.execute(
            "UPDATE operations SET audited_at = clock_timestamp() WHERE id = ANY (\(created))"
        )
    }
}
