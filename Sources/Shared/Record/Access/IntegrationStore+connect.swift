package import Postgres
package import TramlineModel

/// A site that a grant opens.
package struct GrantedSite: Sendable, Equatable {
    /// Atlassian's id of the site.
    package let cloudID: CloudID
    /// What a team that has no name for the site calls it.
    package let name: String
    package let baseURL: String
    package let browseURL: String
    package let gate: SiteID

    package init(cloudID: CloudID, name: String, baseURL: String, browseURL: String, gate: SiteID) {
        self.cloudID = cloudID
        self.name = name
        self.baseURL = baseURL
        self.browseURL = browseURL
        self.gate = gate
    }
}

extension IntegrationStore {
    /// Has a team's integrations for some sites live by a grant: those that there are, and new ones for the others.
    ///
    /// An integration keeps its id and its name, so that sessions go on with it; one that was parked is in use again. One with an
    /// API token for the same site is taken over. Part of the caller's transaction.
    ///
    /// - Parameter actor: who has asked for the consent: the trail puts the integrations down to them.
    /// - Returns: What there is now, in the order given.
    package func connect(
        _ sites: [GrantedSite],
        to grant: GrantID,
        of team: TeamID,
        by actor: AuditActor,
        on connection: PostgresConnection
    ) async throws -> [ConnectedSite] {
        try await connection.execute("SELECT \(actor.setting)")
        // Two consents that come back at once must not make two integrations for one site.
        try await connection.execute("SELECT id FROM teams WHERE id = \(team) FOR UPDATE")
        var connected: [ConnectedSite] = []
        for site in sites {
            let existing = try await connection.query(
                """
                SELECT id, site FROM integrations
                WHERE team_id = \(team) AND (cloud_id = \(site.cloudID) OR (cloud_id IS NULL AND gate = \(site.gate)))
                ORDER BY cloud_id NULLS LAST, created_at LIMIT 1
                """
            ).first
            let id = try existing?.get("id", as: IntegrationID.self) ?? IntegrationID()
            let name: String
            if let known = try existing?.get("site", as: String.self) {
                name = known
                try await replace(id, by: site, grant, on: connection)
            } else {
                name = try await freeName(like: site.name, of: team, on: connection)
                try await connection.execute(
                    """
                    INSERT INTO integrations (id, team_id, site, base_url, browse_url, gate, auth_kind, grant_id, cloud_id)
                    VALUES (\(id), \(team), \(name), \(site.baseURL), \(site.browseURL), \(site.gate), 'oauth',
                            \(grant), \(site.cloudID))
                    """
                )
            }
            connected.append(
                ConnectedSite(integrationId: id, site: name, url: site.browseURL, created: existing == nil)
            )
        }
        try await GrantStore.removeUnused(of: team, on: connection)
        return connected
    }

    private func replace(
        _ id: IntegrationID,
        by site: GrantedSite,
        _ grant: GrantID,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE integrations SET
                base_url = \(site.baseURL), browse_url = \(site.browseURL), gate = \(site.gate), auth_kind = 'oauth',
                account_email = NULL, sealed_secret = NULL, grant_id = \(grant), cloud_id = \(site.cloudID),
                state = 'active', parked_reason = NULL, updated_at = now()
            WHERE id = \(id)
            """
        )
    }

    /// The name, or the name with the lowest number that makes it one of its own.
    private func freeName(like name: String, of team: TeamID, on connection: PostgresConnection) async throws -> String
    {
        let taken = Set(
            try await connection.query("SELECT site FROM integrations WHERE team_id = \(team)").column(as: String.self)
        )
        guard taken.contains(name) else { return name }
        var number = 2
        while taken.contains("\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }
}
