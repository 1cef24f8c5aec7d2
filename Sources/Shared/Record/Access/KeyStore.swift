package import Foundation
package import Postgres
package import TramlineModel

/// Whom a request speaks for.
package struct KeyOwner: Sendable, Hashable {
    package let key: KeyID
    package let team: TeamID
    package let scopes: Set<KeyScope>

    package init(key: KeyID, team: TeamID, scopes: Set<KeyScope>) {
        self.key = key
        self.team = team
        self.scopes = scopes
    }
}

/// An API key as people may see it.
package struct KeySummary: Sendable {
    package let id: KeyID
    package let team: String
    package let name: String
    package let prefix: String
    package let scopes: [KeyScope]
    package let createdAt: Date
    package let lastUsedAt: Date?
    package let revokedAt: Date?
}

/// The `teams` and `api_keys` tables. A key itself never comes here, only its hash.
package struct KeyStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Stores a new key; the team is made when it is new.
    /// - Parameters:
    ///   - prefix: what people may see of the key.
    ///   - hash: SHA-256 of the key, 32 bytes.
    ///   - scopes: what it allows; none allows nothing.
    package func create(
        id: KeyID,
        team: String,
        name: String,
        prefix: String,
        hash: [UInt8],
        scopes: [KeyScope]
    ) async throws -> TeamID {
        try await pool.withTransaction(by: .commandLine) { connection in
            let team = try await Self.ensureTeam(named: team, on: connection)
            try await connection.execute(
                """
                INSERT INTO api_keys (id, team_id, name, prefix, key_hash, scopes)
                VALUES (\(id), \(team), \(name), \(prefix), \(hash), \(scopes.map(\.rawValue)))
                """
            )
            return team
        }
    }

    /// The owner of the key with this hash, unless it was revoked. Notes the use, at most once a minute.
    package func owner(ofKeyHashed hash: [UInt8]) async throws -> KeyOwner? {
        let rows = try await pool.query(
            """
            SELECT id, team_id, scopes, last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS is_due
            FROM api_keys WHERE key_hash = \(hash) AND revoked_at IS NULL
            """
        )
        guard let row = rows.first else { return nil }
        let owner = KeyOwner(
            key: try row.get("id"),
            team: try row.get("team_id"),
            scopes: Set(try Self.scopes(from: row))
        )
        if try row.get("is_due", as: Bool.self) {
            try await pool.execute("UPDATE api_keys SET last_used_at = now() WHERE id = \(owner.key)")
        }
        return owner
    }

    /// All keys of a team, or of all teams, oldest first.
    package func list(team: String?) async throws -> [KeySummary] {
        try await pool.query(
            """
            SELECT api_keys.id, teams.name AS team, api_keys.name, prefix, scopes, api_keys.created_at,
                   last_used_at, revoked_at
            FROM api_keys JOIN teams ON teams.id = team_id
            WHERE \(team)::text IS NULL OR teams.name = \(team)
            ORDER BY api_keys.created_at
            """
        ).map { row in
            KeySummary(
                id: try row.get("id"),
                team: try row.get("team"),
                name: try row.get("name"),
                prefix: try row.get("prefix"),
                scopes: try Self.scopes(from: row),
                createdAt: try row.get("created_at"),
                lastUsedAt: try row.get("last_used_at"),
                revokedAt: try row.get("revoked_at")
            )
        }
    }

    /// Scopes of a later release mean nothing here.
    private static func scopes(from row: PostgresRow) throws -> [KeyScope] {
        try row.get("scopes", as: [String].self).compactMap(KeyScope.init)
    }

    /// Revokes a key at once and for good.
    /// - Returns: Whether there was such a key that was still good.
    package func revoke(_ id: KeyID) async throws -> Bool {
        try await pool.withTransaction(by: .commandLine) { connection in
            try await connection.execute(
                "UPDATE api_keys SET revoked_at = now() WHERE id = \(id) AND revoked_at IS NULL"
            ) == 1
        }
    }

    /// Finds a team by name, or makes it, for an operator.
    package func team(named name: String) async throws -> TeamID {
        try await pool.withTransaction(by: .commandLine) { try await Self.ensureTeam(named: name, on: $0) }
    }

    /// Finds a team by name, or makes it.
    static func ensureTeam(named name: String, on connection: PostgresConnection) async throws -> TeamID {
        try await connection.query(
            """
            INSERT INTO teams (id, name) VALUES (\(TeamID()), \(name))
            -- The idle update makes the row come back also when it was there.
            ON CONFLICT (name) DO UPDATE SET name = excluded.name
            RETURNING id
            """
        ).scalar()
    }
}
