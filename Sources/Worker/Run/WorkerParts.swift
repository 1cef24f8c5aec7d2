import Delivery
import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import Redis
import Secrets
import Settings
import TramlineModel

/// What a worker process is made of, built from its settings and not yet running.
struct WorkerParts {
    let pool: PostgresPool
    let redis: RedisClient
    let delivery: Delivery
    let connections: JiraConnections
    let runner: JobRunner
    let keeper: GrantKeeper
    let lease: WorkerLease

    init(_ settings: WorkerSettings, logger: Logger) throws {
        let common = settings.common
        pool = PostgresPool(
            configuration: try PostgresConfiguration(
                url: common.databaseURL.reveal(),
                applicationName: "tramline-worker"
            ),
            logger: logger
        )
        redis = RedisClient(
            configuration: try RedisConfiguration(url: common.redisURL.reveal()),
            logger: logger
        )
        connections = JiraConnections(
            .init(requestTimeout: common.jiraRequestTimeout, allowInsecure: common.allowInsecureJira)
        )
        lease = Self.makeLease()
        delivery = Delivery(redis: redis, lease: common.jobLease, spacing: common.jiraSpacing)
        let exports = ExportStore(pool: pool)
        let integrations = IntegrationStore(pool: pool)
        let box = SecretBox(key: common.secretKey)
        let authorization = try Self.makeAuthorization(common, connections, logger)
        let refresher = GrantRefresher(
            grants: GrantStore(pool: pool),
            authorization: authorization,
            box: box,
            requestTimeout: common.jiraRequestTimeout,
            worker: lease.worker,
            logger: logger
        )
        keeper = GrantKeeper(refresher: refresher, logger: logger)
        let connector = SiteConnector(
            connections: connections,
            box: box,
            allowInsecure: common.allowInsecureJira,
            credentials: StoredCredentials(integrations: integrations, refresher: refresher),
            integrations: integrations,
            memory: SiteMemory(),
            logger: logger
        )
        let export = ExportHandler(
            exports: exports,
            sessions: SessionStore(pool: pool),
            connector: connector,
            settings: ExportRun.Settings(
                spacing: common.jiraSpacing,
                requestTimeout: common.jiraRequestTimeout,
                settle: common.settle,
                twinAudit: common.twinAudit
            ),
            logger: logger
        )
        let audit = TwinAuditHandler(exports: exports, connector: connector, logger: logger)
        let validate = ValidateHandler(integrations: integrations, connector: connector, logger: logger)
        let connect = ConnectHandler(
            consents: ConsentStore(pool: pool),
            grants: refresher.grants,
            integrations: integrations,
            authorization: authorization,
            box: box,
            allowInsecure: common.allowInsecureJira,
            logger: logger
        )
        runner = JobRunner(
            configuration: JobRunner.Configuration(
                concurrency: settings.concurrency,
                backoff: common.backoff,
                upkeep: Upkeep(
                    store: UpkeepStore(pool: pool),
                    delivery: delivery,
                    retention: Retention(details: settings.retention, audit: settings.auditRetention)
                )
            ),
            jobs: JobStore(pool: pool),
            delivery: delivery,
            lease: lease,
            gates: GateKeeper(delivery: delivery, lease: lease, logger: logger),
            handlers: [.export: export, .retry: export, .audit: audit, .validate: validate, .connect: connect],
            logger: logger
        )
    }

    /// - Returns: `nil` where no app is set: then there is no OAuth.
    private static func makeAuthorization(
        _ common: CommonSettings,
        _ connections: JiraConnections,
        _ logger: Logger
    ) throws -> AtlassianAuthorization? {
        guard let app = common.oauth else { return nil }
        return try AtlassianAuthorization(
            app: AtlassianApp(clientID: app.id, clientSecret: app.secret.reveal()),
            serverURL: common.atlassianAuthURL.absoluteString,
            gatewayURL: common.atlassianAPIURL.absoluteString,
            connections: connections,
            allowInsecure: common.allowInsecureJira,
            logger: logger
        )
    }

    /// New at each start: a restarted worker is never taken for the one that died. The host and the process id are for people.
    private static func makeLease() -> WorkerLease {
        let process = ProcessInfo.processInfo
        let host = process.hostName.prefix(40).filter { $0 != "/" && $0 != " " }
        let run = String(UInt32.random(in: 0 ... .max), radix: 36)
        return WorkerLease(
            worker: WorkerID(rawValue: "\(host)-\(process.processIdentifier)-\(run)"),
            facts: WorkerFacts(host: host, pid: process.processIdentifier, version: Release.version, startedAt: Date())
        )
    }
}
