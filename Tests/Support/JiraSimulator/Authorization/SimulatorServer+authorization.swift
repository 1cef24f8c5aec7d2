import HTTPTypes
import Synchronization

/// What Atlassian answers for all its sites: consent, tokens, and which sites a token opens.
extension SimulatorServer {
    /// Milliseconds since 1970, by the first site's clock.
    private var authorizationTime: Int {
        boxes[configuration.sites[0].name]?.state.withLock { $0.time(at: journal.now.wall / 1000) } ?? 0
    }

    func authorizationAnswer(_ request: SimulatedRequest) -> Answer {
        let now = authorizationTime
        return switch (request.method, request.path) {
        case (.get, "/authorize"): authorization.withLock { $0.authorize(request, at: now) }
        case (.post, "/oauth/token"): authorization.withLock { $0.token(request.json, at: now) }
        case (.get, "/oauth/token/accessible-resources"): resources(request, at: now)
        default: .failure(404, ["No such page."])
        }
    }

    /// Opens Atlassian's page in process.
    func consent(at address: String) -> String? {
        let query = address.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let request = SimulatedRequest(
            method: .get,
            segments: ["authorize"],
            query: SimulatedRequest.parse(query: query),
            headers: [:],
            body: [],
            base: "",
            isGateway: false,
            sequence: 0
        )
        return authorizationAnswer(request).headers[.location]
    }

    /// The account that a bearer was issued for, while it may enter a site.
    ///
    /// It asks the clock of the first site, so it must not be called with a site's lock.
    func issuedAccount(_ request: SimulatedRequest, at site: String) -> String? {
        guard let token = Self.bearer(request) else { return nil }
        let now = authorizationTime
        return authorization.withLock { $0.account(of: token, at: site, now: now) }
    }

    private static func bearer(_ request: SimulatedRequest) -> String? {
        let field = request.headers[.authorization] ?? ""
        return field.hasPrefix("Bearer ") ? String(field.dropFirst("Bearer ".count)) : nil
    }

    private func resources(_ request: SimulatedRequest, at now: Int) -> Answer {
        let token = Self.bearer(request) ?? ""
        let sites = configuration.sites.filter { site in
            let isKnown =
                site.credentials.contains { $0.scheme == .bearer && $0.token == token && !$0.isExpired }
                || authorization.withLock { $0.account(of: token, at: site.name, now: now) } != nil
            return isKnown && boxes[site.name]?.state.withLock { $0.revoked.contains(token) } == false
        }
        guard !sites.isEmpty || !authorization.withLock({ $0.scopes(of: token) }).isEmpty else {
            return Answer(401, ["code": 401, "message": "Unauthorized"])
        }
        let granted = authorization.withLock { $0.scopes(of: token) }
        let scopes = granted.isEmpty ? ["read:jira-work", "write:jira-work", "read:jira-user"] : granted
        let beans = sites.map { site -> JSON in
            [
                "id": .string(site.cloudID), "name": .string(site.name),
                "url": .string(
                    site.name == configuration.sites[0].name ? request.base : "\(request.base)/site/\(site.name)"
                ),
                "scopes": .array(scopes.map { .string($0) }),
                "avatarUrl": .string("\(request.base)/avatar/site.png"),
            ]
        }
        return Answer(200, .array(beans))
    }
}
