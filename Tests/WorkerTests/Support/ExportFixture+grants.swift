import Delivery
import Foundation
import Jira
import JiraSimulator
import Jobs
import Logging
import Postgres
import Record
import Secrets
import Testing
import TramlineModel

@testable import Worker

extension ExportFixture {
    private static var quiet: Logger {
        var logger = Logger(label: "test.grants")
        logger.logLevel = .critical
        return logger
    }

    static let redirection = "http://localhost:8000/api/integrations/oauth/callback"

    /// Gets grants' next pairs as a worker does.
    /// - Parameter secret: the app's, as the worker believes it.
    func makeRefresher(
        _ worker: WorkerID = WorkerID(rawValue: "test"),
        secret: String = "simulated-client-secret",
        pool: PostgresPool? = nil
    ) -> GrantRefresher {
        GrantRefresher(
            grants: GrantStore(pool: pool ?? self.pool),
            authorization: makeAuthorization(secret: secret),
            box: Self.box,
            requestTimeout: settings.requestTimeout,
            worker: worker,
            logger: Self.quiet
        )
    }

    private func makeAuthorization(secret: String) -> AtlassianAuthorization? {
        // The simulator's address is one that is allowed here.
        try? AtlassianAuthorization(
            app: AtlassianApp(clientID: "simulated-client", clientSecret: secret),
            serverURL: jira.baseURL,
            gatewayURL: jira.baseURL,
            connections: connections,
            allowInsecure: true,
            logger: Self.quiet
        )
    }

    /// Has the person consent, and gives what their browser brings back.
    /// - Parameter challenge: of the verifier.
    private func consent(challenge: String, scope: String) throws -> String {
        var parts = try #require(URLComponents(string: jira.baseURL + "/authorize"))
        parts.queryItems = [
            ("audience", "api.atlassian.com"), ("client_id", "simulated-client"), ("scope", scope),
            ("redirect_uri", Self.redirection), ("state", "state"), ("response_type", "code"), ("prompt", "consent"),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ].map { URLQueryItem(name: $0.0, value: $0.1) }
        let address = try #require(parts.string)
        let location = try #require(jira.consent(at: address))
        let items = URLComponents(string: location)?.queryItems ?? []
        return try #require(items.first { $0.name == "code" }?.value)
    }

    /// Stores a consent with the code that a browser has brought, and the job that exchanges it, as the API does.
    func recordConsent(
        verifier: OneTimeSecret = .make(),
        challenge: String? = nil,
        scope: String = "read:jira-work write:jira-work offline_access"
    ) async throws -> Job {
        let code = try consent(challenge: challenge ?? verifier.challenge, scope: scope)
        let (id, state) = (ConsentID(), OneTimeSecret.make())
        let store = ConsentStore(pool: pool)
        let consent = Consent(
            id: id,
            team: try await KeyStore(pool: pool).team(named: "acme"),
            actor: .commandLine,
            sealedVerifier: try Self.box.seal(verifier.text, in: .verifier(ofConsent: "\(id)")),
            redirection: Self.redirection
        )
        try await store.begin(consent, state: state.hash, lifetime: .seconds(600))
        let redeemed = try await store.redeem(state: state.hash) { id in
            try Self.box.seal(Secret(code), in: .code(ofConsent: "\(id)"))
        }
        return try #require(redeemed?.1)
    }

    /// Runs a job with one worker to its end.
    func finish(_ job: Job) async throws -> JobEnd {
        let wakes = try await delivery.endWakes(of: job.id)
        defer { wakes.cancel() }
        return try await withWorkers([makeRunner("worker")]) { _ in
            _ = try await delivery.enqueue([QueuedJob(job)])
            var iterator = wakes.makeAsyncIterator()
            while true {
                if let end = try await JobStore(pool: pool).end(of: job.id) { return end }
                guard await iterator.next() != nil else { throw CancellationError() }
            }
        }
    }

    /// Connects the team's site by a person's consent.
    @discardableResult
    func connect() async throws -> Integration {
        let end = try await finish(try await recordConsent())
        #expect(end.state == .succeeded, "\(String(describing: end.fault))")
        let connected = try AnswerJSON.decode(ConnectedSites.self, from: try #require(end.result))
        let id = try #require(connected.integrations.first?.integrationId)
        return try #require(try await IntegrationStore(pool: pool).load(id, on: pool))
    }

    /// Stores a session for the site that was connected.
    func importConnected(_ count: Int) async throws -> (TeamID, SessionID) {
        let team = try await KeyStore(pool: pool).team(named: "acme")
        let draft = SessionDraft(site: "acme", projectKey: "PROJ", tickets: (1...count).map { .make($0) })
        let session = try await SessionStore(pool: pool).importSession(
            draft,
            team: team,
            actor: .commandLine,
            idempotency: nil,
            hash: { Digest.sha256($0) }
        )
        return (team, session.id)
    }

    /// How often a refresh token has come to Atlassian's server, by the answers' statuses.
    var tokenRequests: [Int?] {
        jira.journal(site: "atlassian").filter { $0.path == "/oauth/token" }.map(\.status)
    }

    func integration() async throws -> Integration {
        try #require(try await IntegrationStore(pool: pool).list(team: "acme").first?.integration)
    }

    /// The refresh token in the record, opened.
    func refreshToken() async throws -> String {
        let row = try await pool.query("SELECT id, sealed_refresh_token FROM oauth_grants").only()
        let id = try row.get("id", as: GrantID.self)
        let sealed = try row.get("sealed_refresh_token", as: [UInt8].self)
        return try Self.box.open(sealed, in: .refreshToken(ofGrant: "\(id)")).reveal()
    }
}
