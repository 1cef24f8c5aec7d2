package import Foundation
package import Postgres
package import TramlineModel

/// Something that is paused, or was.
package struct Pause: Sendable {
    package let scope: PauseScope
    package let pausedAt: Date
    package let pausedBy: String
    package let reason: String
}

/// The `pauses` table: the truth about what is held up, who did it, when and why. Redis enforces it and may forget it.
///
/// Every change makes the next revision, one after the other, so whoever holds a list knows which of two is the later one.
package struct PauseStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// All that is paused now, as of one moment.
    package func list() async throws -> PauseList {
        let rows = try await pool.query(
            """
            SELECT revision, scope, name FROM pause_revision LEFT JOIN pauses ON resumed_at IS NULL
            """
        )
        return try Self.list(rows)
    }

    /// All that is paused now, with who, when and why; the longest first.
    package func current() async throws -> [Pause] {
        try await pool.query(
            "SELECT scope, name, paused_at, paused_by, reason FROM pauses WHERE resumed_at IS NULL ORDER BY paused_at"
        ).compactMap { row in
            try Self.scope(row).map { scope in
                Pause(
                    scope: scope,
                    pausedAt: try row.get("paused_at"),
                    pausedBy: try row.get("paused_by"),
                    reason: try row.get("reason")
                )
            }
        }
    }

    /// Pauses something. Safe to repeat: what is paused already stays as it is, with its reason.
    ///
    /// - Parameters:
    ///   - person: who does it, 1...100 characters.
    ///   - reason: why, up to 500 characters.
    /// - Returns: The new list, and whether it was not paused before.
    package func pause(
        _ scope: PauseScope,
        by person: String,
        reason: String
    ) async throws -> (list: PauseList, isNew: Bool) {
        let (kind, name) = Self.columns(scope)
        return try await change { connection in
            try await connection.execute(
                """
                INSERT INTO pauses (scope, name, paused_by, reason) VALUES (\(kind), \(name), \(person), \(reason))
                ON CONFLICT (scope, name) WHERE resumed_at IS NULL DO NOTHING
                """
            ) == 1
        }
    }

    /// Lets something go on. Safe to repeat.
    ///
    /// - Returns: The new list, and whether it was paused.
    package func resume(
        _ scope: PauseScope,
        by person: String
    ) async throws -> (list: PauseList, wasPaused: Bool) {
        let (kind, name) = Self.columns(scope)
        return try await change { connection in
            try await connection.execute(
                """
                UPDATE pauses SET resumed_at = now(), resumed_by = \(person)
                WHERE scope = \(kind) AND name = \(name) AND resumed_at IS NULL
                """
            ) == 1
        }
    }

    /// Makes a change under the next revision, which other changes wait for.
    private func change(
        _ body: (PostgresConnection) async throws -> Bool
    ) async throws -> (list: PauseList, Bool) {
        try await pool.withTransaction(by: .commandLine) { connection in
            try await connection.execute("UPDATE pause_revision SET revision = revision + 1")
            let hasChanged = try await body(connection)
            let rows = try await connection.query(
                "SELECT revision, scope, name FROM pause_revision LEFT JOIN pauses ON resumed_at IS NULL"
            )
            return (try Self.list(rows), hasChanged)
        }
    }

    private static func list(_ rows: PostgresResult) throws -> PauseList {
        guard let first = rows.first else {
            throw RecordError(.unreadable, "The record has lost the pauses' revision.")
        }
        return PauseList(revision: try first.get("revision"), scopes: Set(try rows.compactMap(scope)))
    }

    /// - Returns: `nil` for what another release has paused and this one does not know, and for none at all.
    private static func scope(_ row: PostgresRow) throws -> PauseScope? {
        guard let scope = try row.get("scope", as: String?.self) else { return nil }
        let name = try row.get("name", as: String.self)
        return PauseScope(name.isEmpty ? scope : "\(scope) \(name)")
    }

    private static func columns(_ scope: PauseScope) -> (scope: String, name: String) {
        switch scope {
        case .queue: ("queue", "")
        case .site(let site): ("site", site.rawValue)
        case .kind(let kind): ("kind", kind.rawValue)
        }
    }
}
