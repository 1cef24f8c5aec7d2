import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Record
import Secrets
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("Connecting a site by OAuth", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ConnectionRouteTests {
    private static let box = SecretBox(key: SecretKey())

    private func run(
        isSetUp: Bool = true,
        _ body: @Sendable (APIFixture, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await APIFixture.run { api in
            var api = api
            api.backend.validationPatience = .seconds(10)
            if isSetUp { api.backend.consents = .forTests(api.backend.pool, box: Self.box) }
            try await api.application.test(.router) { [api] client in try await body(api, client) }
            #expect(try await anonymousChanges(in: api.backend.pool) == [])
        }
    }

    /// Begins a consent and gives the parameters of Atlassian's address.
    private func start(_ client: any TestClientProtocol, _ api: APIFixture) async throws -> [String: String] {
        let response = try await client.execute(
            uri: "/api/integrations/oauth/start",
            method: .get,
            headers: api.headers()
        )
        #expect(response.status == .ok)
        let json = try response.json
        #expect(Set(json.keys) == ["authorization_url", "expires_in_seconds"])
        #expect(json["expires_in_seconds"]?.integer == 600)
        let address = try #require(json["authorization_url"]?.string)
        #expect(address.hasPrefix("https://auth.example/authorize?"))
        let items = URLComponents(string: address)?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }

    private func finish(
        _ client: any TestClientProtocol,
        _ query: String,
        method: HTTPRequest.Method = .get
    ) async throws -> TestResponse {
        // As a browser does: without a key.
        try await client.execute(uri: "/api/integrations/oauth/callback?\(query)", method: method)
    }

    private static let connected = ConnectedSites([
        ConnectedSite(integrationId: IntegrationID(), site: "acme", url: "https://acme.example", created: true)
    ])

    @Test("The address asks for a code, with state and challenge, and holds no secret of ours")
    func address() async throws {
        try await run { api, client in
            let query = try await start(client, api)
            #expect(query["audience"] == "api.atlassian.com" && query["response_type"] == "code")
            #expect(query["client_id"] == "the client" && query["prompt"] == "consent")
            #expect(query["redirect_uri"] == "https://tramline.example/base/api/integrations/oauth/callback")
            #expect(query["scope"]?.split(separator: " ").contains("offline_access") == true)
            #expect(query["code_challenge_method"] == "S256")
            let state = try #require(query["state"].flatMap { OneTimeSecret(parsing: $0) })
            let row = try await api.backend.pool.query("SELECT id, state_hash, sealed_verifier FROM oauth_consents")
                .only()
            // The record can neither come back in the browser's place nor, without the key, exchange a code.
            #expect(try row.get("state_hash", as: [UInt8].self) == state.hash)
            let id = try row.get("id", as: ConsentID.self)
            let sealed = try row.get("sealed_verifier", as: [UInt8].self)
            let verifier = try Self.box.open(sealed, in: .verifier(ofConsent: "\(id)")).reveal()
            #expect(OneTimeSecret(parsing: verifier)?.challenge == query["code_challenge"])
            // Each consent has a state and a verifier of its own.
            let other = try await start(client, api)
            #expect(other["state"] != query["state"] && other["code_challenge"] != query["code_challenge"])
        }
    }

    @Test("A browser that comes back connects the sites: 200; the state is good once: 400")
    func connects() async throws {
        try await run { api, client in
            let state = try await start(client, api)["state"] ?? ""
            let codes = Codes()
            try await api.withWorker(connecting: { order in
                let consent = try await ConsentStore(pool: api.backend.pool).load(order.consentId, on: api.backend.pool)
                let sealed = consent?.sealedCode ?? []
                await codes.note(try Self.box.open(sealed, in: .code(ofConsent: "\(order.consentId)")).reveal())
                return (.succeeded, try AnswerJSON.encode(Self.connected))
            }) {
                let response = try await finish(client, "code=the%20code&state=\(state)")
                #expect(response.status == .ok)
                let site = try response.json["integrations"]?.array?.first
                #expect(site?["site"]?.string == "acme" && site?["url"]?.string == "https://acme.example")
                #expect(site?["created"] == .bool(true) && site?["integration_id"]?.string != nil)
                #expect(response.headers[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
                #expect(response.headers[.cacheControl] == "no-store")
                let again = try await finish(client, "code=another&state=\(state)")
                #expect(again.status == .badRequest)
                #expect(try again.error().code == "consent_unknown")
            }
            #expect(await codes.all == ["the code"])
            let job = try await api.backend.pool.query("SELECT payload::text, team_id, priority FROM jobs").only()
            #expect(try !job.get("payload", as: String.self).contains("code"))
            #expect(try job.get("team_id", as: TeamID.self) == api.team)
        }
    }

    @Test("A state that nobody was given, or that is malformed or too old, is a 400; so is a missing code")
    func states() async throws {
        try await run { api, client in
            for query in ["code=x", "code=x&state=short", "code=x&state=\(OneTimeSecret.make().text.reveal())"] {
                let response = try await finish(client, query)
                #expect(response.status == .badRequest)
                #expect(try response.error().code == "consent_unknown")
            }
            let state = try await start(client, api)["state"] ?? ""
            for query in ["state=\(state)", "code=&state=\(state)", "code=%00&state=\(state)"] {
                let response = try await finish(client, query)
                #expect(response.status == .badRequest)
                #expect(try response.error().code == "invalid_parameter")
            }
            try await api.backend.pool.execute("UPDATE oauth_consents SET expires_at = now()")
            #expect(try await finish(client, "code=x&state=\(state)").error().code == "consent_unknown")
            #expect(try await api.backend.pool.query("SELECT count(*) FROM jobs").scalar(as: Int.self) == 0)
        }
    }

    @Test("A person who declines is a 403, and the state is used up; Atlassian's words are not repeated")
    func declined() async throws {
        try await run { api, client in
            for word in ["access_denied", "<script>"] {
                let state = try await start(client, api)["state"] ?? ""
                let query = "error=\(word.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!)&state=\(state)"
                let response = try await finish(client, query)
                #expect(response.status == .forbidden)
                let error = try response.error()
                #expect(error.code == "consent_denied" && !error.userMessage.contains("script"))
                #expect(try await finish(client, "code=x&state=\(state)").status == .badRequest)
            }
        }
    }

    @Test("What Atlassian refuses is a 422, what an administrator must mend a 501, what may pass a 503")
    func faults() async throws {
        let cases: [(FaultCategory, HTTPResponse.Status, String)] = [
            (.userFixable, .unprocessableContent, "consent_refused"),
            (.adminRequired, .notImplemented, "oauth_unavailable"), (.temporary, .serviceUnavailable, "unavailable"),
        ]
        for (category, status, code) in cases {
            try await run { api, client in
                let state = try await start(client, api)["state"] ?? ""
                let fault = Fault(category: category, code: "x", userMessage: "It broke.", recoveryActions: ["Mend it"])
                try await api.withWorker(connecting: { _ in (.failed(fault), nil) }) {
                    let response = try await finish(client, "code=x&state=\(state)")
                    #expect(response.status == status)
                    let error = try response.error()
                    #expect(error.code == code && error.userMessage == "It broke.")
                    #expect((response.headers[.retryAfter] != nil) == (status == .serviceUnavailable))
                }
            }
        }
    }

    @Test("Without a worker it is a 503, and the job waits for nobody")
    func unanswered() async throws {
        try await run { api, client in
            var impatient = api
            impatient.backend.validationPatience = .milliseconds(50)
            try await impatient.application.test(.router) { client in
                let state = try await start(client, api)["state"] ?? ""
                let response = try await finish(client, "code=x&state=\(state)")
                #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "5")
            }
            let jobs = try await api.backend.pool.query("SELECT state FROM jobs").column(as: String.self)
            #expect(jobs == ["cancelled"])
        }
    }

    @Test("Where no app is set up both say 501")
    func notSetUp() async throws {
        try await run(isSetUp: false) { api, client in
            let started = try await client.execute(
                uri: "/api/integrations/oauth/start",
                method: .get,
                headers: api.headers()
            )
            let finished = try await finish(client, "code=x&state=\(OneTimeSecret.make().text.reveal())")
            for response in [started, finished] {
                #expect(response.status == .notImplemented)
                let error = try response.error()
                #expect(error.code == "oauth_unavailable" && error.errorCategory == "admin_required")
            }
        }
    }

    @Test("A look at the callback's headers uses nothing up: 405")
    func head() async throws {
        try await run { api, client in
            let state = try await start(client, api)["state"] ?? ""
            let response = try await finish(client, "code=x&state=\(state)", method: .head)
            #expect(response.status == .methodNotAllowed && response.headers[.allow] == "GET")
            let used = try await api.backend.pool.query("SELECT used_at FROM oauth_consents").scalar(as: Date?.self)
            #expect(used == nil)
        }
    }

    @Test("Starting needs a key that may write: 401, 403")
    func keys() async throws {
        try await run { api, client in
            let none = try await client.execute(uri: "/api/integrations/oauth/start", method: .get)
            #expect(none.status == .unauthorized)
            let (_, reader) = try await APIFixture.makeKey(of: "team", scopes: [.read], api.backend.pool)
            let refused = try await client.execute(
                uri: "/api/integrations/oauth/start",
                method: .get,
                headers: [.authorization: "Bearer \(reader)"]
            )
            #expect(refused.status == .forbidden)
            #expect(try refused.error().code == "insufficient_scope")
        }
    }
}

private actor Codes {
    private(set) var all: [String] = []
    func note(_ code: String) { all.append(code) }
}
