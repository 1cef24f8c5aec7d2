package import Postgres
package import TramlineModel

/// A team's credential for one Jira site; the secret is sealed.
package struct Integration: Sendable {
    package enum AuthKind: String, Sendable, CaseIterable, PostgresEncodable, PostgresDecodable {
        case apiToken = "api_token"
        case oauth
    }

    package var id: IntegrationID
    package var team: TeamID
    /// The team's name for the site.
    package var site: String
    package var baseURL: String
    package var browseURL: String
    package var gate: SiteID
    package var authKind: AuthKind
    package var accountEmail: String?
    /// What requests prove themselves with: the API token, or the grant's present access token. Another one has other bytes.
    package var sealedSecret: [UInt8]
    /// Why nothing is sent with it any more; `nil` while it is good.
    package var parkedReason: String?
    /// What the integration lives by; `nil` for one with an API token.
    package var grant: GrantID?
    /// How long the access token was good when the row was read; `nil` for one with an API token.
    package var validity: TokenValidity?

    package init(
        id: IntegrationID,
        team: TeamID,
        site: String,
        baseURL: String,
        browseURL: String,
        gate: SiteID,
        authKind: AuthKind,
        accountEmail: String?,
        sealedSecret: [UInt8],
        parkedReason: String? = nil,
        grant: GrantID? = nil,
        validity: TokenValidity? = nil
    ) {
        self.id = id
        self.team = team
        self.site = site
        self.baseURL = baseURL
        self.browseURL = browseURL
        self.gate = gate
        self.authKind = authKind
        self.accountEmail = accountEmail
        self.sealedSecret = sealedSecret
        self.parkedReason = parkedReason
        self.grant = grant
        self.validity = validity
    }
}

/// How long an access token is good, by the database's clock at the moment it was read.
package struct TokenValidity: Sendable, Equatable {
    /// Negative once it is over.
    package let remaining: Duration
    /// From its issue to its end.
    package let lifetime: Duration

    package init(remaining: Duration, lifetime: Duration) {
        self.remaining = remaining
        self.lifetime = lifetime
    }
}

/// The `integrations` table.
package struct IntegrationStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    private static let columns = PostgresQuery(
        unescaped: """
            integrations.id, integrations.team_id, site, base_url, browse_url, gate, auth_kind, account_email,
            COALESCE(sealed_secret, sealed_access_token) AS sealed_secret, parked_reason, grant_id,
            EXTRACT(EPOCH FROM access_expires_at - now())::float8 AS token_remaining,
            EXTRACT(EPOCH FROM access_expires_at - issued_at)::float8 AS token_lifetime
            """
    )

    private static let rows = PostgresQuery(
        unescaped: "integrations LEFT JOIN oauth_grants ON oauth_grants.id = grant_id"
    )

    private static func integration(from row: PostgresRow) throws(PostgresError) -> Integration {
        let remaining = try row.get("token_remaining", as: Double?.self)
        let lifetime = try row.get("token_lifetime", as: Double?.self)
        return Integration(
            id: try row.get("id"),
            team: try row.get("team_id"),
            site: try row.get("site"),
            baseURL: try row.get("base_url"),
            browseURL: try row.get("browse_url"),
            gate: try row.get("gate"),
            authKind: try row.get("auth_kind"),
            accountEmail: try row.get("account_email"),
            sealedSecret: try row.get("sealed_secret"),
            parkedReason: try row.get("parked_reason"),
            grant: try row.get("grant_id"),
            validity: remaining.flatMap { remaining in
                lifetime.map { TokenValidity(remaining: .seconds(remaining), lifetime: .seconds($0)) }
            }
        )
    }

    /// Adds a team's integration with an API token, or replaces its address and secret; the team is made when it is new.
    ///
    /// The secret is bound to the row's id, which an existing row keeps: so the caller seals within.
    ///
    /// - Parameter make: Gets the row's id and the team's, and gives the row.
    /// - Returns: The row, and whether it is new.
    package func put(
        team: String,
        site: String,
        make: @Sendable (IntegrationID, TeamID) throws -> Integration
    ) async throws -> (Integration, isNew: Bool) {
        try await pool.withTransaction(by: .commandLine) { connection in
            let team = try await KeyStore.ensureTeam(named: team, on: connection)
            let existing = try await connection.query(
                "SELECT id FROM integrations WHERE team_id = \(team) AND site = \(site) FOR UPDATE"
            )
            let id = try existing.first?.get("id", as: IntegrationID.self)
            let row = try make(id ?? IntegrationID(), team)
            try await connection.execute(
                """
                INSERT INTO integrations
                    (id, team_id, site, base_url, browse_url, gate, auth_kind, account_email, sealed_secret)
                VALUES (\(row.id), \(team), \(site), \(row.baseURL), \(row.browseURL), \(row.gate), \(row.authKind),
                        \(row.accountEmail), \(row.sealedSecret))
                ON CONFLICT (id) DO UPDATE SET
                    base_url = excluded.base_url, browse_url = excluded.browse_url, gate = excluded.gate,
                    auth_kind = excluded.auth_kind, account_email = excluded.account_email,
                    sealed_secret = excluded.sealed_secret, grant_id = NULL, cloud_id = NULL,
                    state = 'active', parked_reason = NULL, updated_at = now()
                """
            )
            try await GrantStore.removeUnused(of: team, on: connection)
            return (row, id == nil)
        }
    }

    /// A team's integration for a site.
    package func find(team: TeamID, site: String, on client: some PostgresClient) async throws -> Integration? {
        try await client.query(
            "SELECT \(Self.columns) FROM \(Self.rows) WHERE integrations.team_id = \(team) AND site = \(site)"
        ).first.map(Self.integration(from:))
    }

    /// All integrations of a team, by site.
    package func list(team: TeamID) async throws -> [Integration] {
        try await pool.query(
            "SELECT \(Self.columns) FROM \(Self.rows) WHERE integrations.team_id = \(team) ORDER BY site"
        ).map(Self.integration(from:))
    }

    /// One integration.
    package func load(_ id: IntegrationID, on client: some PostgresClient) async throws -> Integration? {
        try await client.query("SELECT \(Self.columns) FROM \(Self.rows) WHERE integrations.id = \(id)")
            .first.map(Self.integration(from:))
    }

    /// All integrations of a team, or of all teams, with the teams' names.
    package func list(team: String?) async throws -> [(team: String, integration: Integration)] {
        try await pool.query(
            """
            SELECT \(Self.columns), teams.name AS team
            FROM \(Self.rows) JOIN teams ON teams.id = integrations.team_id
            WHERE \(team)::text IS NULL OR teams.name = \(team)
            ORDER BY teams.name, site
            """
        ).map { (try $0.get("team"), try Self.integration(from: $0)) }
    }

    /// Parks an integration whose secret Jira has refused: nothing is sent with it until somebody stores another, or consents
    /// anew.
    ///
    /// Part of a fenced transaction.
    ///
    /// - Parameters:
    ///   - secret: the sealed secret that was refused; one that was stored since is left alone.
    ///   - reason: one sentence, fit to be shown.
    /// - Returns: Whether it is parked by this call.
    package func park(
        _ integration: IntegrationID,
        refused secret: [UInt8],
        reason: String,
        on connection: PostgresConnection
    ) async throws -> Bool {
        try await connection.execute(
            """
            UPDATE integrations SET state = 'parked', parked_reason = \(reason), updated_at = now()
            WHERE id = \(integration) AND state = 'active'
              AND COALESCE(
                  sealed_secret, (SELECT sealed_access_token FROM oauth_grants WHERE oauth_grants.id = grant_id)
              ) = \(secret)
            """
        ) == 1
    }

    /// The gates of all sites that some team has an integration for.
    package func gates() async throws -> [SiteID] {
        try await pool.query("SELECT DISTINCT gate FROM integrations ORDER BY gate").column()
    }

    /// Removes an integration that no session uses.
    /// - Returns: Whether there was one.
    /// - Throws: ``RecordError`` with `.conflict` while sessions use it.
    package func remove(team: String, site: String) async throws -> Bool {
        do {
            return try await pool.withTransaction(by: .commandLine) { connection in
                let removed = try await connection.query(
                    """
                    DELETE FROM integrations USING teams
                    WHERE teams.id = team_id AND teams.name = \(team) AND site = \(site)
                    RETURNING team_id
                    """
                )
                guard let team = try removed.first?.get("team_id", as: TeamID.self) else { return false }
                try await GrantStore.removeUnused(of: team, on: connection)
                return true
            }
        } catch let error as PostgresError where error.isForeignKeyViolation() {
            throw RecordError(.conflict, "Sessions use the integration \(site); it cannot be removed.")
        }
    }
}
