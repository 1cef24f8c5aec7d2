import Foundation
import JiraSimulator
import Testing

@Suite("Atlassian's authorization server", .timeLimit(.minutes(1)))
struct AuthorizationTests {
    private static let redirection = "http://localhost:8000/callback"
    // RFC 7636, appendix B.
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    /// A client that follows nothing; the simulator answers the consent at once.
    private func authorize(
        _ client: Client,
        changing changes: [String: String?] = [:]
    ) async throws -> [String: String] {
        var members: [String: String?] = [
            "audience": "api.atlassian.com", "client_id": "simulated-client", "scope": "read:jira-work offline_access",
            "redirect_uri": Self.redirection, "state": "s", "response_type": "code", "prompt": "consent",
            "code_challenge": Self.challenge, "code_challenge_method": "S256",
        ]
        members.merge(changes) { _, new in new }
        var parts = URLComponents()
        parts.queryItems = members.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        let reply = try await client.send("GET", "/authorize?\(parts.percentEncodedQuery ?? "")", followsNothing: true)
        guard reply.status == 302, let location = reply.header("Location") else { return [:] }
        #expect(location.hasPrefix(Self.redirection))
        let items = URLComponents(string: location)?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }

    private func token(_ client: Client, _ members: [String: JSON]) async throws -> Client.Reply {
        var body: [String: JSON] = ["client_id": "simulated-client", "client_secret": "simulated-client-secret"]
        body.merge(members) { _, new in new }
        return try await client.post("/oauth/token", .object(body))
    }

    private func exchange(_ client: Client, _ code: String, verifier: String = verifier) async throws -> Client.Reply {
        try await token(
            client,
            [
                "grant_type": "authorization_code", "code": .string(code), "redirect_uri": .string(Self.redirection),
                "code_verifier": .string(verifier),
            ]
        )
    }

    private func refresh(_ client: Client, _ pair: JSON) async throws -> Client.Reply {
        try await token(client, ["grant_type": "refresh_token", "refresh_token": pair["refresh_token"] ?? .null])
    }

    @Test("A code is good once, with its verifier; a second use ends the grant")
    func codes() async throws {
        try await withJira { jira, client in
            let code = try #require(try await authorize(client)["code"])
            #expect(try await exchange(client, code, verifier: "another").status == 403)
            let pair = try await exchange(client, code).json
            #expect(pair["expires_in"] == 3600 && pair["scope"] == "read:jira-work offline_access")
            let access = "Bearer \(pair["access_token"]?.string ?? "")"
            let gateway = Client(base: jira.gatewayURL(), authorization: access)
            #expect(try await gateway.get("/rest/api/3/myself").json["displayName"] == "Tramline Bot")
            let resources = try await client.with(authorization: access).get("/oauth/token/accessible-resources").json
            #expect(resources[0]?["scopes"] == ["read:jira-work"])
            let again = try await exchange(client, code)
            #expect(again.status == 403 && again.json["error"] == "invalid_grant")
            #expect(try await gateway.get("/rest/api/3/myself").status == 401)
        }
    }

    @Test("A refresh token rotates; it may be used again within ten minutes, and later ends the grant")
    func rotation() async throws {
        try await withJira { jira, client in
            let first = try await exchange(client, try #require(try await authorize(client)["code"])).json
            let second = try await refresh(client, first).json
            #expect(second["refresh_token"] != first["refresh_token"])
            jira.advance(by: .seconds(599))
            #expect(try await refresh(client, first).status == 200)
            jira.advance(by: .seconds(2))
            let late = try await refresh(client, first)
            #expect(late.status == 403 && late.json["error"] == "unauthorized_client")
            #expect(try await refresh(client, second).status == 403)
        }
    }

    @Test("Access tokens run out after an hour, unused refresh tokens after 90 days")
    func expiry() async throws {
        try await withJira { jira, client in
            let pair = try await exchange(client, try #require(try await authorize(client)["code"])).json
            let gateway = Client(
                base: jira.gatewayURL(),
                authorization: "Bearer \(pair["access_token"]?.string ?? "")"
            )
            jira.advance(by: .seconds(3601))
            #expect(try await gateway.get("/rest/api/3/myself").status == 401)
            jira.advance(by: .seconds(90 * 86_400))
            #expect(try await refresh(client, pair).status == 403)
        }
    }

    @Test("What is asked for wrongly is refused: apps, secrets, addresses, scopes, people who decline")
    func refusals() async throws {
        try await withJira { jira, client in
            #expect(try await authorize(client, changing: ["client_id": "other"]).isEmpty)
            #expect(try await authorize(client, changing: ["audience": nil])["error"] == "invalid_request")
            #expect(try await authorize(client, changing: ["code_challenge_method": "plain"])["error"] != nil)
            let code = try #require(try await authorize(client)["code"])
            let body: [String: JSON] = ["grant_type": "authorization_code", "code": .string(code)]
            let wrong = try await token(client, body.merging(["client_secret": "x"]) { $1 })
            #expect(wrong.status == 401 && wrong.json["error"] == "access_denied")
            #expect(try await token(client, body).status == 403)
            let withoutRefresh = try #require(
                try await authorize(client, changing: ["scope": "read:jira-work"])["code"]
            )
            #expect(try await exchange(client, withoutRefresh).json["refresh_token"] == nil)
            jira.configureAuthorization { $0.consents = false }
            let declined = try await authorize(client)
            #expect(declined["error"] == "access_denied" && declined["state"] == "s" && declined["code"] == nil)
        }
    }
}
