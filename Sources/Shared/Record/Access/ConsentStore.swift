package import Postgres
package import TramlineModel

/// A consent that a person is asked for at Atlassian.
package struct Consent: Sendable {
    package let id: ConsentID
    package let team: TeamID
    /// Who asked for it.
    package let actor: AuditActor
    package let sealedVerifier: [UInt8]
    /// What Atlassian gave for it; `nil` until the browser has brought it.
    package let sealedCode: [UInt8]?
    /// The address that the browser comes back to.
    package let redirection: String
    /// What the code was exchanged for.
    package let grant: GrantID?

    package init(
        id: ConsentID,
        team: TeamID,
        actor: AuditActor,
        sealedVerifier: [UInt8],
        sealedCode: [UInt8]? = nil,
        redirection: String,
        grant: GrantID? = nil
    ) {
        self.id = id
        self.team = team
        self.actor = actor
        self.sealedVerifier = sealedVerifier
        self.sealedCode = sealedCode
        self.redirection = redirection
        self.grant = grant
    }
}

/// The `oauth_consents` table. A state itself never comes here, only its hash.
package struct ConsentStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Notes that a consent is asked for, and forgets those that nobody came back for.
    /// - Parameters:
    ///   - hash: of the state, 32 bytes.
    ///   - lifetime: how long the state is good, by the database's clock.
    package func begin(_ consent: Consent, state hash: [UInt8], lifetime: Duration) async throws {
        try await pool.withTransaction(by: consent.actor) { connection in
            try await connection.execute(
                // A day's grace: a job may still work on one whose time is over.
                "DELETE FROM oauth_consents WHERE expires_at < now() - interval '1 day'"
            )
            try await connection.execute(
                """
                INSERT INTO oauth_consents (id, team_id, actor, state_hash, sealed_verifier, redirect_uri, expires_at)
                VALUES (\(consent.id), \(consent.team), \(consent.actor), \(hash), \(consent.sealedVerifier),
                        \(consent.redirection), now() + make_interval(secs => \(lifetime.inSeconds)))
                """
            )
        }
    }

    /// Uses a state up, and records the job that exchanges the code. Of two who bring the same state, one gets the consent.
    ///
    /// - Parameters:
    ///   - hash: of the state.
    ///   - seal: makes the sealed code for the consent; gives `nil` where there is none: then there is no job, and the consent
    ///     is forgotten.
    /// - Returns: `nil` for a state that is unknown, used or too old.
    package func redeem(
        state hash: [UInt8],
        sealingCode seal: @Sendable (ConsentID) throws -> [UInt8]?
    ) async throws -> (Consent, Job?)? {
        try await pool.withTransaction { connection in
            let used = try await connection.query(
                """
                UPDATE oauth_consents SET used_at = now()
                WHERE state_hash = \(hash) AND used_at IS NULL AND expires_at > now()
                RETURNING id
                """
            )
            guard let id = try used.first?.get("id", as: ConsentID.self),
                let consent = try await load(id, on: connection)
            else { return nil }
            try await connection.execute("SELECT \(consent.actor.setting)")
            guard let code = try seal(id) else {
                try await remove(id, on: connection)
                return (consent, nil)
            }
            try await connection.execute("UPDATE oauth_consents SET sealed_code = \(code) WHERE id = \(id)")
            let new = NewJob(
                kind: .connect,
                team: consent.team,
                priority: .waiting,
                // What comes after the exchange may be tried again; the exchange itself is done once.
                maximumAttempts: 3,
                payload: try AnswerJSON.encode(ConnectionOrder(consent: id))
            )
            return (consent, try await JobStore(pool: pool).insert(new, on: connection).job)
        }
    }

    /// One consent.
    package func load(_ id: ConsentID, on client: some PostgresClient) async throws -> Consent? {
        try await client.query(
            """
            SELECT id, team_id, actor, sealed_verifier, sealed_code, redirect_uri, grant_id
            FROM oauth_consents WHERE id = \(id)
            """
        ).first.map { row in
            Consent(
                id: try row.get("id"),
                team: try row.get("team_id"),
                actor: try row.get("actor"),
                sealedVerifier: try row.get("sealed_verifier"),
                sealedCode: try row.get("sealed_code"),
                redirection: try row.get("redirect_uri"),
                grant: try row.get("grant_id")
            )
        }
    }

    /// Notes what a consent's code was exchanged for; the code is of no use any more. Part of a fenced transaction.
    package func note(_ grant: GrantID, for id: ConsentID, on connection: PostgresConnection) async throws {
        try await connection.execute(
            "UPDATE oauth_consents SET grant_id = \(grant), sealed_code = NULL WHERE id = \(id)"
        )
    }

    /// Forgets a consent, what is sealed in it, and a grant that no integration lives by.
    package func remove(_ id: ConsentID, on connection: PostgresConnection) async throws {
        let removed = try await connection.query("DELETE FROM oauth_consents WHERE id = \(id) RETURNING team_id")
        guard let team = try removed.first?.get("team_id", as: TeamID.self) else { return }
        try await GrantStore.removeUnused(of: team, on: connection)
    }
}
