import Foundation
import Postgres
import ServiceLifecycle
import TestEquipment
import Testing

@Suite(.postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct PoolTests {
    @Test("A thousand callers share four connections")
    func manyCallers() async throws {
        try await withPostgres(maximumConnections: 4) { pool in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<1000 {
                    group.addTask { try await pool.query("SELECT \(number)").scalar() }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 499_500)
            let used: Int = try await pool.query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
            ).scalar()
            #expect(used <= 4)
        }
    }

    @Test("Who waits too long hears that all connections are busy")
    func exhaustion() async throws {
        try await withPostgresDatabase { configuration in
            var configuration = configuration
            configuration.maximumConnections = 1
            configuration.acquireTimeout = .seconds(1)
            let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
            defer { pool.close() }
            try await pool.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.code == .poolExhausted)
                #expect(error?.isTransient == true)
            }
            #expect(try await pool.query("SELECT 1").scalar() == 1)
        }
    }

    @Test("Who is cancelled while waiting leaves the queue at once")
    func cancelledWaiter() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            try await pool.withConnection { connection in
                let waiter = Task { try await pool.query("SELECT 1").count }
                await Task.yield()
                waiter.cancel()
                let error = await #expect(throws: PostgresError.self) { try await waiter.value }
                #expect(error?.code == .cancelled)
                _ = try await connection.query("SELECT 1")
            }
            #expect(try await pool.query("SELECT 1").scalar() == 1)
        }
    }

    @Test("Where no server listens, callers hear so in time, and may try again")
    func serverAway() async throws {
        let configuration = try PostgresConfiguration(
            url: "postgres://nobody:secret@127.0.0.1:1/nothing",
            acquireTimeout: .milliseconds(300)
        )
        let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
        defer { pool.close() }
        let began = ContinuousClock.now
        let error = try await #require(throws: PostgresError.self) { try await pool.ping() }
        #expect(error.code == .connectionFailed)
        #expect(error.isTransient)
        #expect(error.message.contains("Connection refused"))
        #expect(!error.debugDescription.contains("secret"))
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test("A refusal that will not pass is told at once")
    func refused() async throws {
        let missing = try PostgresConfiguration(url: #require(PostgresFixture.url)).with(database: "no_such_database")
        let pool = PostgresPool(configuration: missing, logger: PostgresFixture.logger)
        defer { pool.close() }
        let began = ContinuousClock.now
        let error = try await #require(throws: PostgresError.self) { try await pool.ping() }
        #expect(error.code == .connectionFailed)
        #expect(error.sqlState == "3D000")
        #expect(!error.isTransient)
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test("A closed pool lends nothing, and takes back what it lent")
    func closing() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            try await pool.withConnection { (connection) async throws in
                let waiter = Task { try await pool.query("SELECT 1").count }
                await Task.yield()
                pool.close()
                let refusal = await #expect(throws: PostgresError.self) { try await waiter.value }
                #expect(refusal?.code == .poolClosed)
                #expect(try await connection.query("SELECT 1").scalar() == 1)
            }
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error?.code == .poolClosed)
        }
    }

    @Test("Running ends, and closes the pool, on graceful shutdown")
    func service() async throws {
        try await withPostgres { pool in
            let group = ServiceGroup(
                configuration: .init(services: [.init(service: pool)], logger: PostgresFixture.logger)
            )
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await pool.ping()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            let error = await #expect(throws: PostgresError.self) { try await pool.ping() }
            #expect(error?.code == .poolClosed)
        }
    }

    @Test("When the server has ended every connection, the next callers do not notice")
    func allTerminated() async throws {
        try await withPostgres(maximumConnections: 4) { (pool) async throws in
            func burst() async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<40 { group.addTask { _ = try await pool.query("SELECT 1") } }
                    try await group.waitForAll()
                }
            }
            try await burst()
            let database = try #require(pool.configuration.database)
            try await withPostgresAdministration { other in
                _ = try await other.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(database)"
                )
                try await until(other, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = \(database)")
            }
            try await burst()
        }
    }

    @Test("A server that takes the connection and says nothing is away, not busy")
    func silentServer() async throws {
        let silent = try SilentServer()
        let configuration = try PostgresConfiguration(
            url: "postgres://a@127.0.0.1:\(silent.port)/a",
            maximumConnections: 1,
            acquireTimeout: .milliseconds(200)
        )
        let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
        defer { pool.close() }
        let error = try await #require(throws: PostgresError.self) { try await pool.ping() }
        #expect(error.code == .connectionFailed)
        #expect(error.isTransient)
    }

    @Test("The search path and the application's name hold on every connection")
    func sessionSettings() async throws {
        let configuration = try PostgresConfiguration(
            url: #require(PostgresFixture.url),
            applicationName: "tramline settings",
            searchPath: "one, \"t w\\o\""
        )
        let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
        defer { pool.close() }
        #expect(try await pool.query("SHOW search_path").scalar() == "one, \"t w\\o\"")
        #expect(try await pool.query("SHOW application_name").scalar() == "tramline settings")
        #expect(try await pool.query("SHOW client_encoding").scalar() == "UTF8")
    }

    @Test("A connection left inside a transaction is not lent again")
    func leftInTransaction() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            let first = try await pool.withConnection { connection in
                try await connection.execute("BEGIN")
                try await connection.execute("CREATE TABLE forgotten ()")
                return connection.processID
            }
            let second = try await pool.withConnection { $0.processID }
            #expect(first != second)
            #expect(try await pool.query("SELECT to_regclass('forgotten') IS NULL").scalar())
        }
    }
}
