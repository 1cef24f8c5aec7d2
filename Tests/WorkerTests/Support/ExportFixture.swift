import Delivery
import Foundation
import Jira
import JiraSimulator
import Jobs
import Logging
import Postgres
import Record
import Secrets
import ServiceLifecycle
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

/// A record, a road and a simulated Jira, on which exports run in this process.
struct ExportFixture: Sendable {
    static let token = "simulated-token"
    static let box = SecretBox(key: SecretKey(base64: Data(repeating: 7, count: 32).base64EncodedString())!)

    let pool: PostgresPool
    let delivery: Delivery
    let jira: JiraSimulator
    let connections: JiraConnections
    var settings: ExportRun.Settings
    /// What the worker process remembers; tests may replace it by one with another clock.
    var memory = SiteMemory()
    /// Tells of audits that end.
    let audits = JobEnds()

    /// Lends everything fresh and takes it down afterwards.
    /// - Parameters:
    ///   - settle: how long after an uncertain create its absence proves nothing.
    ///   - twinAudit: how long after a repeated create its twin is looked for.
    static func run(
        spacing: Duration = .milliseconds(20),
        requestTimeout: Duration = .seconds(5),
        settle: Duration = .seconds(300),
        twinAudit: Duration = .seconds(600),
        jira configuration: JiraSimulator.Configuration = .init(latency: .milliseconds(2)),
        _ body: @Sendable (ExportFixture) async throws -> Void
    ) async throws {
        try await withPostgres(migrations: RecordMigrations.all) { pool in
            try await withRedis { redis in
                try await JiraSimulator.run(configuration) { jira in
                    let connections = JiraConnections(.init(requestTimeout: requestTimeout, allowInsecure: true))
                    let fixture = ExportFixture(
                        pool: pool,
                        delivery: Delivery(
                            redis: redis.client,
                            lease: .seconds(2),
                            spacing: spacing,
                            space: redis.prefix
                        ),
                        jira: jira,
                        connections: connections,
                        settings: .init(
                            spacing: spacing,
                            requestTimeout: requestTimeout,
                            settle: settle,
                            twinAudit: twinAudit
                        )
                    )
                    let result: Result<Void, any Error>
                    do {
                        result = .success(try await body(fixture))
                    } catch {
                        result = .failure(error)
                    }
                    await connections.shutdown()
                    try result.get()
                    // Whatever the workers did, the trail knows that it was they.
                    #expect(try await anonymousChanges(in: pool) == [])
                }
            }
        }
    }

    /// Stores a credential for the site, or another one.
    @discardableResult
    func integrate(token: String = token) async throws -> Integration {
        let jira = jira
        return try await IntegrationStore(pool: pool).put(team: "acme", site: "acme") { id, team in
            Integration(
                id: id,
                team: team,
                site: "acme",
                baseURL: jira.baseURL,
                browseURL: jira.baseURL,
                gate: SiteID(address: jira.baseURL)!,
                authKind: .apiToken,
                accountEmail: "bot@acme.example",
                sealedSecret: try Self.box.seal(Secret(token), in: .integration(id.description))
            )
        }.0
    }

    /// Stores a session whose tickets stand in the order of creation.
    func importSession(_ tickets: [SessionDraft.Ticket], token: String = token) async throws -> (TeamID, SessionID) {
        let integration = try await integrate(token: token)
        let draft = SessionDraft(site: "acme", projectKey: "PROJ", tickets: tickets)
        let session = try await SessionStore(pool: pool).importSession(
            draft,
            team: integration.team,
            actor: .test,
            idempotency: nil,
            hash: { Digest.sha256($0) }
        )
        return (integration.team, session.id)
    }

    func makeRunner(_ name: String) -> JobRunner {
        var logger = Logger(label: "test.worker")
        logger.logLevel = .critical
        let lease = WorkerLease(worker: WorkerID(rawValue: "\(name)-\(UUID().uuidString.prefix(8))"))
        let (exports, integrations) = (ExportStore(pool: pool), IntegrationStore(pool: pool))
        let refresher = makeRefresher(lease.worker)
        let connector = SiteConnector(
            connections: connections,
            box: Self.box,
            allowInsecure: true,
            credentials: StoredCredentials(integrations: integrations, refresher: refresher),
            integrations: integrations,
            memory: memory,
            logger: logger
        )
        let handler = ExportHandler(
            exports: exports,
            sessions: SessionStore(pool: pool),
            connector: connector,
            settings: settings,
            logger: logger
        )
        let audit = audits.watching(TwinAuditHandler(exports: exports, connector: connector, logger: logger))
        return JobRunner(
            configuration: .init(backoff: Backoff(base: .milliseconds(50), maximum: .milliseconds(200))),
            jobs: JobStore(pool: pool),
            delivery: delivery,
            lease: lease,
            gates: GateKeeper(delivery: delivery, lease: lease, logger: logger),
            handlers: [
                .export: handler,
                .retry: handler,
                .audit: audit,
                .validate: ValidateHandler(integrations: integrations, connector: connector, logger: logger),
                .connect: ConnectHandler(
                    consents: ConsentStore(pool: pool),
                    grants: refresher.grants,
                    integrations: integrations,
                    authorization: refresher.authorization,
                    box: Self.box,
                    allowInsecure: true,
                    logger: logger
                ),
            ],
            logger: logger
        )
    }

    /// Starts the export of a session, runs it with one worker and waits for its end message.
    /// - Returns: All progress messages as JSON.
    func export(_ session: SessionID, team: TeamID) async throws -> [String] {
        try await withWorkers([makeRunner("worker")]) { _ in
            try await start(session, team: team)
            return try await messages(of: session)
        }
    }

    /// Retries a failed export, runs it with one worker and waits for its end message.
    /// - Returns: All progress messages as JSON, also those of the export that failed.
    func retry(_ session: SessionID, team: TeamID) async throws -> [String] {
        let known = try await SessionStore(pool: pool).messages(of: session, after: 0, limit: 1000).count
        return try await withWorkers([makeRunner("retrying")]) { _ in
            let retry = try await SessionStore(pool: pool).retryExport(
                of: session,
                team: team,
                actor: .test,
                maximumAttempts: 3
            )
            _ = try await delivery.enqueue([QueuedJob(retry.job)])
            return try await follow(session) { $0.count > known && $0.last?.isEnd == true }.map(\.json)
        }
    }

    func start(_ session: SessionID, team: TeamID) async throws {
        let started = try await SessionStore(pool: pool).startExport(
            of: session,
            team: team,
            actor: .test,
            maximumAttempts: 3
        )
        guard case .started(let job, _) = started else { return }
        _ = try await delivery.enqueue([QueuedJob(job)])
    }

    /// Retries a session's export, runs it with one worker and waits for its end message.
    /// - Returns: The retry, and its progress messages as JSON.
    func resume(_ session: SessionID, team: TeamID) async throws -> (ExportRetry, [String]) {
        let store = SessionStore(pool: pool)
        let past = try await store.load(session, on: pool)?.progressSequence ?? 0
        let retry = try await store.retryExport(of: session, team: team, actor: .test, maximumAttempts: 3)
        _ = try await delivery.enqueue([QueuedJob(retry.job)])
        let messages = try await withWorkers([makeRunner("worker")]) { _ in
            try await follow(session) { $0.last?.isEnd == true && $0.last?.sequence ?? 0 > past }
        }
        return (retry, messages.filter { $0.sequence > past }.map(\.json))
    }

    /// Cancels a session's export, as the API does.
    func cancel(_ session: SessionID, team: TeamID) async throws -> ExportCancellation {
        let cancelled = try await SessionStore(pool: pool).cancelExport(of: session, team: team, actor: .test)
        if let cancellation = cancelled.cancellation {
            let quiet = Logger(label: "test.cancel") { _ in SwiftLogNoOpLogHandler() }
            await JobQueue(delivery: delivery, logger: quiet).announce(cancellation)
        }
        return cancelled
    }

    /// Runs workers while `body` runs, then stops them gracefully.
    func withWorkers<Value: Sendable>(
        _ runners: [JobRunner],
        _ body: @Sendable ([ServiceGroup]) async throws -> Value
    ) async throws -> Value {
        var quiet = Logger(label: "test.group")
        quiet.logLevel = .critical
        let groups = runners.map { runner in
            ServiceGroup(configuration: .init(services: [runner], logger: quiet))
        }
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            for group in groups { tasks.addTask { try await group.run() } }
            do {
                let value = try await body(groups)
                for group in groups { await group.triggerGracefulShutdown() }
                try await tasks.waitForAll()
                return value
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }

    /// Follows a session's messages to the end message.
    func messages(of session: SessionID) async throws -> [String] {
        try await follow(session) { $0.last?.isEnd == true }.map(\.json)
    }

    /// Follows a session's messages until they suffice; woken by the road, read from the record.
    func follow(
        _ session: SessionID,
        until isEnough: ([StoredMessage]) -> Bool
    ) async throws -> [StoredMessage] {
        let wakes = try await delivery.progressWakes(session: session)
        defer { wakes.cancel() }
        let store = SessionStore(pool: pool)
        var messages = try await store.messages(of: session, after: 0, limit: 1000)
        var iterator = wakes.makeAsyncIterator()
        while !isEnough(messages) {
            guard await iterator.next() != nil else { break }
            messages = try await store.messages(of: session, after: 0, limit: 1000)
        }
        return messages
    }
}

// MARK: Looking

extension ExportFixture {
    var exports: ExportStore { ExportStore(pool: pool) }

    /// The states of all create requests, in the order of their intentions; adopted ones are so named.
    func operations() async throws -> [String] {
        try await pool.query("SELECT state, adopted FROM operations ORDER BY intended_at").map { row in
            let state: String = try row.get("state")
            return try row.get("adopted", as: Bool.self) ? "adopted" : state
        }
    }

    /// The keys of a session's tickets, in the order of creation.
    func keys(of session: SessionID) async throws -> [String?] {
        try await exports.tickets(of: session, on: pool).map { $0.issue?.key }
    }

    /// A session's manual fixes as "type subject key".
    func fixes(of session: SessionID) async throws -> [String] {
        try await exports.fixes(of: session).map { row in
            "\(row.fix.issueType) \(row.fix.subject) \(row.issue.key)"
        }
    }

    /// A session's row.
    func row(of session: SessionID) async throws -> SessionRow {
        try #require(try await SessionStore(pool: pool).load(session, on: pool))
    }

    /// A client of our own, to look at Jira with.
    func client(token: String = token) throws -> JiraClient {
        JiraClient(
            site: try JiraSite(baseURL: jira.baseURL, allowInsecure: true),
            credential: .basic(email: "bot@acme.example", token: token),
            connections: connections
        )
    }

    /// Has Jira make an issue behind everybody's back.
    func createInJira(title: String, marker: Marker) async throws {
        let draft = JiraIssueDraft(
            fields: ["project": ["key": "PROJ"], "issuetype": ["name": "Task"], "summary": .string(title)],
            properties: [TicketMapping.markerProperty: ["marker": .string(marker.description)]]
        )
        _ = try await client().createIssue(draft)
    }

    /// The creates that have reached Jira.
    var creates: [JournalEntry] {
        jira.journal().filter { $0.method == "POST" && $0.path == "/rest/api/3/issue" }
    }
}

extension SessionDraft.Ticket {
    /// A ticket for tests.
    static func make(
        _ order: Int,
        _ content: TicketContent? = nil,
        dependsOn: [String] = [],
        parent: SessionDraft.Parent? = nil,
        attachments: [SessionDraft.Attachment] = []
    ) -> SessionDraft.Ticket {
        SessionDraft.Ticket(
            ref: "T\(order)",
            content: content ?? TicketContent(title: "Ticket \(order)", descriptionHTML: "<p>Text <b>\(order)</b></p>"),
            parent: parent,
            dependsOn: dependsOn,
            attachments: attachments,
            exportOrder: order
        )
    }
}
