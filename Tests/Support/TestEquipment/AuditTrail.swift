package import Postgres
package import TramlineModel

extension AuditActor {
    /// Whoever a test acts as.
    package static let test = AuditActor(rawValue: "test")
}

/// The changes of state that nobody owns up to, as far as the audit trail of a record knows: a path that forgot to name its
/// actor.
package func anonymousChanges(in pool: PostgresPool) async throws -> [String] {
    try await pool.query(
        """
        SELECT format('%s: %s → %s (%s)', entity, from_state, to_state, reason) AS change
        FROM audit_log WHERE actor = 'unknown' ORDER BY id
        """
    ).map { try $0.get("change") }
}
