package import Foundation
package import Postgres
package import TramlineModel

/// An entry of the audit trail: what changed, from what to what, by whom, when and why.
package struct AuditEntry: Sendable {
    /// What has a history of its own in a session's.
    package enum Entity: String, Sendable, CaseIterable, PostgresEncodable, PostgresDecodable {
        case session, ticket, operation, job
    }

    /// Grows with time; of changes at the same moment, whichever was made first has the lower one.
    package let id: Int64
    /// By the database's clock, at the change itself and not at its transaction's begin.
    package let at: Date
    package let entity: Entity
    package let entityID: UUID
    /// The ref of the ticket that it is about, for a ticket and for an operation.
    package let ticketRef: String?
    package let job: JobID?
    package let actor: AuditActor
    /// `nil` for what has just been made.
    package let from: String?
    package let to: String
    package let reason: String
}

/// Reads the `audit_log` table, which the database writes itself, by the triggers of migration 4: nothing here appends.
package struct AuditStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// A page of a session's history, oldest first.
    ///
    /// An entry is seen when its transaction has been committed; of two that ran at the same time, the later one may have
    /// the lower id.
    ///
    /// - Parameters:
    ///   - id: the last entry of the page before; 0 for the first page.
    ///   - limit: 1...1,001.
    package func entries(of session: SessionID, after id: Int64, limit: Int) async throws -> [AuditEntry] {
        try await pool.query(
            """
            SELECT audit_log.id, at, entity, entity_id, tickets.ref AS ticket_ref, job_id, actor, from_state, to_state,
                   reason
            FROM audit_log LEFT JOIN tickets ON tickets.id = ticket_id
            WHERE audit_log.session_id = \(session) AND audit_log.id > \(id)
            ORDER BY audit_log.id LIMIT \(limit)
            """
        ).map { row in
            AuditEntry(
                id: try row.get("id"),
                at: try row.get("at"),
                entity: try row.get("entity"),
                entityID: try row.get("entity_id"),
                ticketRef: try row.get("ticket_ref"),
                job: try row.get("job_id"),
                actor: try row.get("actor"),
                from: try row.get("from_state"),
                to: try row.get("to_state"),
                reason: try row.get("reason")
            )
        }
    }
}

extension PostgresPool {
    /// Runs a transaction whose changes the audit trail puts down to an actor.
    ///
    /// The name travels with `BEGIN`, so it costs no round trip; it ends with the transaction.
    package func withTransaction<R: Sendable>(
        by actor: AuditActor,
        retries: Int = 0,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withTransaction(preparation: "SELECT \(actor.setting)", retries: retries, body)
    }
}

extension AuditActor {
    /// The expression that names the actor for the rest of a transaction, or of a statement that is in none.
    var setting: PostgresQuery { "set_config('tramline.actor', \(rawValue), true)" }
}
