import Delivery
import Hummingbird
import HummingbirdCore
import Logging
import Postgres
import Record
import Redis
import Secrets
import ServiceLifecycle
import Settings
import UnixSignals

/// `tramline-api serve`.
enum Server {
    /// How long requests may take to end after SIGTERM.
    private static let farewell = Duration.seconds(10)

    /// Serves until SIGTERM or SIGINT: then no new connection is taken, listeners are told to come again, and requests may
    /// end.
    ///
    /// - Throws: What keeps it from starting: an address that is taken, settings that cannot work.
    static func run(settings: APISettings, logger: Logger) async throws {
        let common = settings.common
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(
                url: common.databaseURL.reveal(),
                acquireTimeout: .seconds(5),
                applicationName: "tramline-api"
            ),
            logger: logger
        )
        let redis = RedisClient(
            configuration: try RedisConfiguration(
                url: common.redisURL.reveal(),
                commandTimeout: .seconds(2),
                clientName: "tramline-api"
            ),
            logger: logger
        )
        let delivery = Delivery(redis: redis, lease: common.jobLease, spacing: common.jiraSpacing)
        let hearing = HearingKeeper(delivery: delivery, logger: logger)
        var backend = Backend(pool: pool, redis: redis, delivery: delivery, jobMaxAttempts: common.jobMaxAttempts)
        backend.hearing = hearing
        backend.consents = common.oauth.map { app in
            ConsentDesk(
                configuration: ConsentDesk.Configuration(
                    clientID: app.id,
                    serverURL: common.atlassianAuthURL,
                    publicURL: common.publicURL
                ),
                consents: ConsentStore(pool: pool),
                box: SecretBox(key: common.secretKey)
            )
        }
        let relay = ProgressRelay(sessions: backend.sessions, delivery: backend.delivery, logger: logger)
        let application = makeApplication(
            backend,
            relay: relay,
            address: .hostname(settings.host, port: settings.port),
            logger: logger
        )
        // Those that serve stop first, those that they need last.
        var configuration = ServiceGroupConfiguration(
            services: [pool, redis, hearing, relay, application],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = farewell
        try await ServiceGroup(configuration: configuration).run()
    }

    /// The HTTP server: all but the services that it needs.
    static func makeApplication(
        _ backend: Backend,
        relay: ProgressRelay,
        address: BindAddress,
        webSocket: WebSocketHandler.Configuration = WebSocketHandler.Configuration(),
        logger: Logger
    ) -> some ApplicationProtocol {
        Application(
            router: APIRouter.make(backend),
            server: HTTPServerBuilder { responder in
                ProgressChannel(
                    http: HTTP1Channel(responder: responder),
                    door: ProgressDoor(backend: backend),
                    relay: relay,
                    configuration: ProgressChannel.Configuration(
                        requests: RequestGuard.Limits(body: Endpoint.bodyLimit(at:)),
                        webSocket: webSocket
                    )
                )
            },
            configuration: ApplicationConfiguration(address: address),
            logger: logger
        )
    }
}
