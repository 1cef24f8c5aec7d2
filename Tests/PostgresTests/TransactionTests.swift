import Foundation
import Postgres
import Synchronization
import TestEquipment
import Testing

@Suite(.postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct TransactionTests {
    private struct Stop: Error {}

    private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
        try await withPostgres(maximumConnections: 4) { pool in
            try await pool.withConnection {
                try await $0.simple(
                    "CREATE TABLE accounts (id int PRIMARY KEY, sum int); INSERT INTO accounts VALUES (1, 0), (2, 0)"
                )
            }
            try await body(pool)
        }
    }

    private func sum(_ pool: PostgresPool) async throws -> Int {
        try await pool.query("SELECT sum(sum) FROM accounts").scalar()
    }

    @Test("What returns is committed, what throws is rolled back")
    func outcomes() async throws {
        try await withTable { (pool) async throws in
            let value: Int = try await pool.withTransaction { connection in
                try await connection.execute("UPDATE accounts SET sum = 5 WHERE id = 1")
                return try await connection.query("SELECT sum FROM accounts WHERE id = 1").scalar()
            }
            #expect(value == 5)
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { connection in
                    try await connection.execute("UPDATE accounts SET sum = 7")
                    throw Stop()
                }
            }
            #expect(try await sum(pool) == 5)
        }
    }

    @Test("A transaction in which nothing is asked for asks nothing of the server")
    func empty() async throws {
        try await withTable { (pool) async throws in
            #expect(try await pool.withTransaction { _ in 1 } == 1)
            await #expect(throws: Stop.self) { try await pool.withTransaction { _ in throw Stop() } }
            #expect(try await sum(pool) == 0)
            // Outside it, statements stand by themselves again.
            try await pool.execute("UPDATE accounts SET sum = 1")
            #expect(try await sum(pool) == 2)
        }
    }

    @Test("A script and a pipeline may begin a transaction")
    func otherBeginnings() async throws {
        try await withTable { (pool) async throws in
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { connection in
                    try await connection.simple("UPDATE accounts SET sum = 1; UPDATE accounts SET sum = 2")
                    throw Stop()
                }
            }
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { (connection) async throws in
                    _ = try await connection.pipeline(["UPDATE accounts SET sum = 1", "SELECT 1"])
                    throw Stop()
                }
            }
            #expect(try await sum(pool) == 0)
        }
    }

    @Test("A preparation goes with the beginning, holds for the transaction, and adds nothing to the answers")
    func preparation() async throws {
        try await withTable { (pool) async throws in
            let name: PostgresQuery = "SELECT current_setting('tramline.test', true)"
            let preparation: PostgresQuery = "SELECT set_config('tramline.test', \("ada's"), true)"
            let names = try await pool.withTransaction(preparation: preparation) { connection in
                let both = try await connection.pipeline([name, "SELECT 'second'"])
                return try both.map { try $0.scalar(as: String.self) }
                    + [try await connection.query(name).scalar(as: String.self)]
            }
            #expect(names == ["ada's", "second", "ada's"])
            #expect(try await pool.withTransaction(preparation: preparation) { _ in 1 } == 1)
            // No connection of the pool keeps it.
            let kept = try await pool.query("SELECT COALESCE(current_setting('tramline.test', true), '')")
            #expect(try kept.scalar(as: String.self) == "")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction(preparation: "SELECT 1 / 0") { try await $0.query(name) }
            }
            #expect(error?.sqlState == "22012")
        }
    }

    @Test("A body that swallows the error which ended its transaction does not hear of a commit")
    func swallowed() async throws {
        try await withTable { (pool) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { (connection) async throws in
                    try await connection.execute("UPDATE accounts SET sum = 1")
                    _ = try? await connection.query("SELECT 1 / 0")  // the mistake that the test is about
                }
            }
            #expect(error?.code == .rolledBack)
            #expect(try await sum(pool) == 0)
        }
    }

    @Test("The first error is the one that is seen, also when the connection is gone")
    func firstError() async throws {
        try await withTable { (pool) async throws in
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { (connection) async throws in
                    try await connection.execute("UPDATE accounts SET sum = 1")
                    _ = try await pool.query("SELECT pg_terminate_backend(\(connection.processID))")
                    throw Stop()
                }
            }
            #expect(try await sum(pool) == 0)
        }
    }

    @Test("A transaction that its client has forsaken is ended by the server, and its locks with it")
    func forsaken() async throws {
        try await withPostgresDatabase { configuration in
            let url = try #require(configuration.testURL)
            let client = PostgresPool(
                configuration: try PostgresConfiguration(url: url, forsakenTimeout: .milliseconds(100)),
                logger: PostgresFixture.logger
            )
            defer { client.close() }
            try await client.execute("CREATE TABLE accounts AS SELECT 0 AS sum")
            let error = await #expect(throws: PostgresError.self) {
                try await client.withTransaction { connection in
                    try await connection.execute("UPDATE accounts SET sum = 1")
                    // Waits for the lock of the other one, which says nothing until this has it.
                    try await client.execute("UPDATE accounts SET sum = 2")
                    try await connection.execute("UPDATE accounts SET sum = 3")
                }
            }
            #expect(error?.code == .connectionLost && error?.isTransient == true)
            #expect(try await sum(client) == 2)
        }
    }

    @Test("A commit without an answer is uncertain")
    func uncertain() async throws {
        try await withTable { (pool) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { connection in
                    try await connection.execute("UPDATE accounts SET sum = 1")
                    _ = try await pool.query("SELECT pg_terminate_backend(\(connection.processID))")
                    try await until(
                        pool,
                        "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(connection.processID)"
                    )
                }
            }
            #expect(error?.code == .commitUncertain)
            #expect(error?.isTransient == true)
        }
    }

    @Test("Cancellation rolls back")
    func cancellation() async throws {
        try await withTable { (pool) async throws in
            let isInside = Probe<Void>()
            let task = Task {
                try await pool.withTransaction { connection in
                    try await connection.execute("UPDATE accounts SET sum = 1")
                    isInside.set(())
                    _ = try await connection.query("SELECT pg_sleep(50)")
                }
            }
            await isInside.value
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            // The row's lock is free again, so the server has let go.
            try await pool.execute("UPDATE accounts SET sum = 3")
            #expect(try await sum(pool) == 6)
        }
    }

    @Test("Transactions that lose against each other are repeated until all are done")
    func serialization() async throws {
        try await withTable { (pool) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await pool.withTransaction(isolation: .serializable, retries: 50) { connection in
                            let sum: Int = try await connection.query("SELECT sum FROM accounts WHERE id = 1").scalar()
                            try await connection.execute("UPDATE accounts SET sum = \(sum + 1) WHERE id = 1")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await sum(pool) == 8)
        }
    }

    @Test("Without retries the loser hears of it")
    func serializationFailure() async throws {
        try await withTable { (pool) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction(isolation: .repeatableRead) { connection in
                    _ = try await connection.query("SELECT 1 FROM accounts")
                    try await pool.execute("UPDATE accounts SET sum = 1")
                    try await connection.execute("UPDATE accounts SET sum = 2")
                }
            }
            #expect(error?.isSerializationFailure == true)
        }
    }

    @Test("A table that changes under a transaction's prepared statement costs one repetition")
    func stalePlan() async throws {
        try await withPostgres(maximumConnections: 1) { (pool) async throws in
            try await pool.execute("CREATE TABLE things (a int)")
            for _ in 0..<2 { _ = try await pool.query("SELECT * FROM things") }
            try await pool.execute("ALTER TABLE things ADD b text")
            let width = try await pool.withTransaction(retries: 1) {
                try await $0.query("SELECT * FROM things").columns.count
            }
            #expect(width == 2)
        }
    }

    @Test("A read-only transaction cannot write")
    func readOnly() async throws {
        try await withTable { (pool) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction(isReadOnly: true) { try await $0.execute("UPDATE accounts SET sum = 1") }
            }
            #expect(error?.sqlState == "25006")
        }
    }
}
