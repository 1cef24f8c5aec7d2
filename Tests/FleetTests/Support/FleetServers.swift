import FaultProxy
import Foundation
import JiraSimulator
import Postgres
import Redis
import TestEquipment

/// The servers of a fleet, and the test's own connections to them.
struct FleetServers: Sendable {
    let redis: PrivateRedis
    let redisClient: RedisClient
    let databaseURL: String
    let pool: PostgresPool
    /// Where the fleet has a server of its own.
    let postgres: PrivatePostgres?

    /// Starts the fleet's own PostgreSQL after a crash. The test's connections from before it are not used again.
    func startPostgres() async throws {
        try await postgres?.start()
        pool.maintain()
    }

    static func run(_ options: Fleet.Options, _ body: @Sendable (FleetServers) async throws -> Void) async throws {
        try await withDatabase(options) { url, postgres in
            // Past the limits of the fleet's own account, where there are any.
            var configuration = try PostgresConfiguration(url: postgres?.url ?? url, maximumConnections: 4)
            configuration.acquireTimeout = .seconds(30)
            let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
            defer { pool.close() }
            try await PrivateRedis.run { redis in
                try await withRedisClient(url: redis.url) { client in
                    try await body(
                        FleetServers(
                            redis: redis,
                            redisClient: client,
                            databaseURL: url,
                            pool: pool,
                            postgres: postgres
                        )
                    )
                }
            }
        }
    }

    private static func withDatabase(
        _ options: Fleet.Options,
        _ body: @Sendable (String, PrivatePostgres?) async throws -> Void
    ) async throws {
        if options.ownPostgres {
            try await PrivatePostgres.run { server in
                // An account that limits hold for, as they do not for a superuser.
                try await server.withPool { pool in
                    try await pool.execute("CREATE ROLE fleet LOGIN")
                    try await pool.execute("ALTER DATABASE postgres OWNER TO fleet")
                }
                try await body(server.url(of: "fleet"), server)
            }
        } else {
            try await withPostgresDatabase { configuration in
                guard let url = configuration.testURL else { throw FleetFault("there is no database to test with") }
                try await body(url, nil)
            }
        }
    }
}

/// What stands between a fleet's processes and their servers.
struct FleetProxies: Sendable {
    let postgres: FaultProxy
    let redis: FaultProxy
    let jira: FaultProxy

    static func run(
        _ options: Fleet.Options,
        _ servers: FleetServers,
        _ jira: JiraSimulator,
        _ body: @Sendable (FleetProxies?) async throws -> Void
    ) async throws {
        guard options.proxied else { return try await body(nil) }
        guard let database = URLComponents(string: servers.databaseURL)?.port,
            let site = URLComponents(string: jira.baseURL)?.port
        else { throw FleetFault("a server's address has no port") }
        try await FaultProxy.run(to: database) { postgres in
            try await FaultProxy.run(to: servers.redis.port) { redis in
                try await FaultProxy.run(to: site) { jira in
                    try await body(FleetProxies(postgres: postgres, redis: redis, jira: jira))
                }
            }
        }
    }
}
