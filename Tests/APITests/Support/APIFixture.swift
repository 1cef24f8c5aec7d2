import Delivery
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import Record
import Redis
import Secrets
import TestEquipment
import Testing
import TramlineModel

@testable import API

extension Fault {
    /// One for which Jira is to blame.
    static let jiraAway = Fault(
        category: .temporary,
        code: "jira_unavailable",
        userMessage: "Jira did not answer.",
        recoveryActions: ["Retry"]
    )
}

/// The API over a fresh database and a key space of its own, with a team and its key.
struct APIFixture: Sendable {
    var backend: Backend
    let team: TeamID
    /// The team's key, as a client sends it.
    let key: String
    let logger: Logger

    /// The team's site, for which it has an integration.
    static let site = "acme"

    static func run<Result: Sendable>(
        maximumConnections: Int = 10,
        _ body: @Sendable (APIFixture) async throws -> Result
    ) async throws -> Result {
        try await withPostgres(maximumConnections: maximumConnections, migrations: RecordMigrations.all) { pool in
            try await withRedis { redis in
                try await body(APIFixture(pool: pool, redis: redis.client, space: redis.prefix))
            }
        }
    }

    /// - Parameter limiterPatience: long, since a busy machine must not make a limit look like none.
    init(
        pool: PostgresPool,
        redis: RedisClient,
        space: String,
        limiterPatience: Duration = .seconds(10)
    ) async throws {
        var logger = Logger(label: "test.api")
        logger.logLevel = .critical
        self.logger = logger
        let delivery = Delivery(redis: redis, lease: .seconds(6), spacing: .milliseconds(1500), space: space)
        var backend = Backend(pool: pool, redis: redis, delivery: delivery, jobMaxAttempts: 5)
        backend.limiterPatience = limiterPatience
        self.backend = backend
        (team, key) = try await Self.makeTeam("team", pool)
    }

    /// Makes a team with a key and an integration.
    static func makeTeam(_ name: String, _ pool: PostgresPool) async throws -> (TeamID, key: String) {
        let (team, key) = try await makeKey(of: name, scopes: KeyScope.allCases, pool)
        _ = try await IntegrationStore(pool: pool).put(team: name, site: site) { id, team in
            Integration(
                id: id,
                team: team,
                site: site,
                baseURL: "https://acme.example",
                browseURL: "https://acme.example",
                gate: SiteID(rawValue: "acme.example"),
                authKind: .apiToken,
                accountEmail: "bot@acme.example",
                sealedSecret: [1, 2, 3]
            )
        }
        return (team, key)
    }

    /// Makes a key, and its team where that is new.
    static func makeKey(
        of team: String,
        scopes: [KeyScope],
        _ pool: PostgresPool
    ) async throws -> (TeamID, key: String) {
        let key = APIKey.make()
        let team = try await KeyStore(pool: pool).create(
            id: KeyID(),
            team: team,
            name: "test",
            prefix: key.prefix,
            hash: key.hash,
            scopes: scopes
        )
        return (team, key.text.reveal())
    }

    /// For tests of the router; nothing is relayed.
    var application: some ApplicationProtocol {
        let relay = ProgressRelay(sessions: backend.sessions, delivery: backend.delivery, logger: logger)
        return Server.makeApplication(backend, relay: relay, address: .hostname("127.0.0.1", port: 0), logger: logger)
    }

    /// Does to the record what a worker does.
    var standIn: ExportStandIn { ExportStandIn(pool: backend.pool) }

    func headers(_ more: HTTPFields = [:]) -> HTTPFields {
        var headers = more
        headers[.authorization] = "Bearer \(key)"
        return headers
    }

    /// Sends an endpoint a request about a session, by the team's key.
    func ask(
        _ endpoint: Endpoint,
        about session: SessionID,
        _ client: any TestClientProtocol,
        body: String? = nil
    ) async throws -> TestResponse {
        try await client.execute(
            uri: endpoint.path.replacing("{session_id}", with: session.description),
            method: endpoint.method,
            headers: headers(),
            body: body.map { ByteBuffer(string: $0) }
        )
    }

    /// Imports a session of so many tickets, each but the first blocked by the one before.
    /// - Parameter ref: names a ticket by its number.
    func importSession(
        tickets count: Int,
        ref: (Int) -> String = { "T\($0)" }
    ) async throws -> SessionID {
        let tickets = (1...max(1, count)).prefix(count).map { number in
            SessionDraft.Ticket(
                ref: ref(number),
                content: TicketContent(title: "Ticket \(number)"),
                dependsOn: number > 1 ? [ref(number - 1)] : [],
                exportOrder: number
            )
        }
        return try await backend.sessions.importSession(
            SessionDraft(name: "A session", site: Self.site, projectKey: "PROJ", tickets: tickets),
            team: team,
            actor: .test,
            idempotency: nil,
            hash: Digest.sha256
        ).id
    }
}
