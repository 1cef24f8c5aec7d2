package import Postgres
package import TramlineModel

/// A pair of tokens as the record keeps it.
package struct SealedPair: Sendable {
    package let access: [UInt8]
    package let refresh: [UInt8]
    /// How long the access token is good from now on.
    package let lifetime: Duration

    package init(access: [UInt8], refresh: [UInt8], lifetime: Duration) {
        self.access = access
        self.refresh = refresh
        self.lifetime = lifetime
    }
}

/// The right to get a grant's next pair, which one worker has at a time.
package struct RefreshClaim: Sendable {
    package let grant: GrantID
    package let sealedRefreshToken: [UInt8]
    /// Grows with each claim: what an older one brings is refused.
    package let epoch: Int64
    /// Since the first attempt to get this pair: beyond Atlassian's leeway, the refresh token may have been used up by an
    /// attempt that was cut off.
    package let tryingFor: Duration
}

/// Who gets a grant's next pair.
package enum RefreshTurn: Sendable {
    /// Whoever asked.
    case yours(RefreshClaim)
    /// Somebody else does; their time is over after so long.
    case taken(Duration)
    /// It is there already.
    case done
    /// The grant is no more, or was revoked.
    case gone
}

/// The `oauth_grants` table: what people let Tramline do at Atlassian.
package struct GrantStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Stores a new grant. Part of the caller's transaction.
    package func insert(
        _ id: GrantID,
        team: TeamID,
        scopes: [String],
        _ pair: SealedPair,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            INSERT INTO oauth_grants
                (id, team_id, sealed_access_token, sealed_refresh_token, scopes, issued_at, access_expires_at)
            VALUES (\(id), \(team), \(pair.access), \(pair.refresh), \(scopes), now(),
                    now() + make_interval(secs => \(pair.lifetime.inSeconds)))
            """
        )
    }

    /// The sealed access token of a grant.
    package func sealedAccessToken(of id: GrantID) async throws -> [UInt8]? {
        try await pool.query("SELECT sealed_access_token FROM oauth_grants WHERE id = \(id) AND revoked_at IS NULL")
            .first?.get("sealed_access_token")
    }

    /// Removes a team's grants by which no integration lives, and none will. Part of the caller's transaction.
    static func removeUnused(of team: TeamID, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            DELETE FROM oauth_grants WHERE team_id = \(team)
              AND NOT EXISTS (SELECT FROM integrations WHERE grant_id = oauth_grants.id)
              AND NOT EXISTS (SELECT FROM oauth_consents WHERE grant_id = oauth_grants.id)
            """
        )
    }

    // MARK: Refreshing

    /// Asks for the right to get a grant's next pair.
    ///
    /// The claim is committed before anything is sent: when its holder dies, the next one knows that the refresh token may
    /// have been used.
    ///
    /// - Parameters:
    ///   - access: the sealed access token that is to be replaced.
    ///   - duration: how long nobody else may try, by the database's clock.
    package func claimRefresh(
        of grant: GrantID,
        replacing access: [UInt8],
        for duration: Duration
    ) async throws -> RefreshTurn {
        let claimed = try await pool.query(
            """
            UPDATE oauth_grants SET
                refresh_epoch = refresh_epoch + 1,
                refresh_until = now() + make_interval(secs => \(duration.inSeconds)),
                refresh_begun_at = COALESCE(refresh_begun_at, now())
            WHERE id = \(grant) AND sealed_access_token = \(access) AND revoked_at IS NULL
              AND (refresh_until IS NULL OR refresh_until <= now())
            RETURNING \(Self.claimColumns)
            """
        )
        if let row = claimed.first { return .yours(try Self.claim(from: row)) }
        let standing = try await pool.query(
            """
            SELECT sealed_access_token <> \(access) AS is_done,
                   COALESCE(GREATEST(0, EXTRACT(EPOCH FROM refresh_until - now())), 0)::float8 AS remaining
            FROM oauth_grants WHERE id = \(grant) AND revoked_at IS NULL
            """
        )
        guard let row = standing.first else { return .gone }
        if try row.get("is_done") { return .done }
        return .taken(.seconds(try row.get("remaining", as: Double.self)))
    }

    /// Takes over refreshes that were not finished, and those of grants that would soon run out because nobody uses them.
    ///
    /// - Parameters:
    ///   - age: of a pair that is to be replaced though nobody has asked.
    ///   - duration: how long nobody else may try.
    ///   - limit: how many at most.
    package func claimOverdue(
        unusedFor age: Duration,
        for duration: Duration,
        limit: Int
    ) async throws -> [RefreshClaim] {
        try await pool.query(
            """
            WITH overdue_grant AS (
                SELECT id FROM oauth_grants
                WHERE revoked_at IS NULL
                  AND (refresh_until <= now()
                       OR (refresh_until IS NULL AND issued_at <= now() - make_interval(secs => \(age.inSeconds))))
                ORDER BY refresh_until NULLS LAST LIMIT \(limit)
                -- Another worker may look for the same at this moment.
                FOR UPDATE SKIP LOCKED
            )
            UPDATE oauth_grants SET
                refresh_epoch = refresh_epoch + 1,
                refresh_until = now() + make_interval(secs => \(duration.inSeconds)),
                refresh_begun_at = COALESCE(refresh_begun_at, now())
            FROM overdue_grant WHERE oauth_grants.id = overdue_grant.id
            RETURNING \(Self.claimColumns)
            """
        ).map(Self.claim(from:))
    }

    private static let claimColumns = PostgresQuery(
        unescaped: """
            oauth_grants.id, sealed_refresh_token, refresh_epoch,
            EXTRACT(EPOCH FROM now() - refresh_begun_at)::float8 AS trying_for
            """
    )

    private static func claim(from row: PostgresRow) throws(PostgresError) -> RefreshClaim {
        RefreshClaim(
            grant: try row.get("id"),
            sealedRefreshToken: try row.get("sealed_refresh_token"),
            epoch: try row.get("refresh_epoch"),
            tryingFor: .seconds(try row.get("trying_for", as: Double.self))
        )
    }

    /// Stores the next pair.
    /// - Returns: Whether it was stored; not where a later claim exists.
    package func store(_ pair: SealedPair, by claim: RefreshClaim) async throws -> Bool {
        try await pool.query(
            """
            UPDATE oauth_grants SET
                sealed_access_token = \(pair.access), sealed_refresh_token = \(pair.refresh),
                issued_at = now(), access_expires_at = now() + make_interval(secs => \(pair.lifetime.inSeconds)),
                refresh_until = NULL, refresh_begun_at = NULL
            WHERE id = \(claim.grant) AND refresh_epoch = \(claim.epoch) AND revoked_at IS NULL
            RETURNING id
            """
        ).first != nil
    }

    /// Gives a claim back that brought nothing: somebody tries again, since the refresh token may have been used.
    ///
    /// - Parameter wait: how long nobody should try.
    package func giveBack(_ claim: RefreshClaim, for wait: Duration) async throws {
        try await pool.execute(
            """
            UPDATE oauth_grants SET refresh_until = now() + make_interval(secs => \(wait.inSeconds))
            WHERE id = \(claim.grant) AND refresh_epoch = \(claim.epoch) AND refresh_until IS NOT NULL
            """
        )
    }

    /// Notes that Atlassian takes the refresh token no more, and parks every integration that lives by the grant.
    ///
    /// - Parameter reason: one sentence, fit to be shown.
    /// - Returns: Whether it is so by this call; not where a later claim exists, which may have brought a new pair.
    package func revoke(_ claim: RefreshClaim, reason: String, by actor: AuditActor) async throws -> Bool {
        try await pool.withTransaction(by: actor) { connection in
            let revoked = try await connection.execute(
                """
                UPDATE oauth_grants SET revoked_at = now(), refresh_until = NULL, refresh_begun_at = NULL
                WHERE id = \(claim.grant) AND refresh_epoch = \(claim.epoch) AND revoked_at IS NULL
                """
            )
            guard revoked == 1 else { return false }
            try await connection.execute(
                """
                UPDATE integrations SET state = 'parked', parked_reason = \(reason), updated_at = now()
                WHERE grant_id = \(claim.grant) AND state = 'active'
                """
            )
            return true
        }
    }
}
