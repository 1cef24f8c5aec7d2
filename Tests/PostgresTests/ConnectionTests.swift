import Foundation
import Postgres
import TestEquipment
import Testing

@Suite(.postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("A server's error keeps its SQLSTATE, constraint and table, and shows no row")
    func serverErrors() async throws {
        try await withPostgres { pool in
            try await pool.withConnection { connection in
                try await connection.simple(
                    """
                    CREATE TABLE people (id int PRIMARY KEY, email text CONSTRAINT one_email UNIQUE,
                        age int CONSTRAINT grown CHECK (age > 17));
                    CREATE TABLE pets (owner int CONSTRAINT owned REFERENCES people)
                    """
                )
                try await connection.execute("INSERT INTO people VALUES (1, 'ann@example.com', 30)")
                let twice = try await #require(throws: PostgresError.self) {
                    try await connection.execute("INSERT INTO people VALUES (2, 'ann@example.com', 30)")
                }
                #expect(twice.code == .server)
                #expect(twice.sqlState == "23505")
                #expect(twice.isUniqueViolation(constraint: "one_email"))
                #expect(!twice.isUniqueViolation(constraint: "people_pkey"))
                #expect(twice.fields[.table] == "people")
                #expect(twice.fields[.detail]?.contains("ann@example.com") == true)
                #expect(!twice.debugDescription.contains("ann@example.com"))
                #expect(!twice.isTransient)
                let young = try await #require(throws: PostgresError.self) {
                    try await connection.execute("INSERT INTO people VALUES (3, NULL, 3)")
                }
                #expect(young.isCheckViolation(constraint: "grown"))
                let stray = try await #require(throws: PostgresError.self) {
                    try await connection.execute("INSERT INTO pets VALUES (9)")
                }
                #expect(stray.isForeignKeyViolation(constraint: "owned"))
                let malformed = try await #require(throws: PostgresError.self) {
                    try await connection.query("SELECT \("hunter2")::int")
                }
                #expect(malformed.sqlState == "22P02")
                #expect(!malformed.debugDescription.contains("hunter2"))
                #expect(try await connection.query("SELECT count(*) FROM people").scalar() == 1)
            }
        }
    }

    @Test("Rows affected are counted")
    func rowsAffected() async throws {
        try await withPostgres { pool in
            try await pool.execute("CREATE TABLE numbers (n int)")
            #expect(try await pool.execute("INSERT INTO numbers SELECT generate_series(1, 5)") == 5)
            #expect(try await pool.execute("UPDATE numbers SET n = 0 WHERE n > \(3)") == 2)
            #expect(try await pool.execute("DELETE FROM numbers WHERE n = 77") == 0)
        }
    }

    @Test("A time limit ends a statement, the connection is replaced, and the server gives it up")
    func timeLimit() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            let process = try await pool.withConnection { $0.processID }
            let error = try await #require(throws: PostgresError.self) {
                try await pool.query("SELECT pg_sleep(50)", timeout: .milliseconds(50))
            }
            #expect(error.code == .timedOut)
            #expect(error.isTransient)
            try await expectIdle(process, pool)
            #expect(try await pool.withConnection { $0.processID } != process)
        }
    }

    @Test("Cancelling a task ends its statement at once, and the server gives it up")
    func cancellation() async throws {
        try await withPostgres(maximumConnections: 2) { pool in
            let process = Probe<Int32>()
            let task = Task {
                try await pool.withConnection { connection in
                    process.set(connection.processID)
                    _ = try await connection.query("SELECT pg_sleep(50)")
                }
            }
            let id = await process.value
            try await until(pool, "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = \(id) AND state = 'active'")
            let began = ContinuousClock.now
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(ContinuousClock.now - began < .seconds(5))
            try await expectIdle(id, pool)
        }
    }

    @Test("A task that is cancelled beforehand sends nothing and spares the connection")
    func cancelledBefore() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            let process = try await pool.withConnection { $0.processID }
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await pool.query("SELECT 1").count
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(try await pool.withConnection { $0.processID } == process)
        }
    }

    @Test("A connection that the server ends amid a statement is a lost connection with the server's reason")
    func terminated() async throws {
        try await withPostgres(maximumConnections: 2) { pool in
            try await pool.withConnection { victim in
                let end = Task { _ = try await victim.query("SELECT pg_sleep(50)") }
                try await until(
                    pool,
                    "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = \(victim.processID) AND state = 'active'"
                )
                _ = try await pool.query("SELECT pg_terminate_backend(\(victim.processID))")
                let error = await #expect(throws: PostgresError.self) { try await end.value }
                #expect(error?.code == .connectionLost)
                #expect(error?.sqlState == "57P01")
                #expect(error?.isTransient == true)
            }
            #expect(try await pool.query("SELECT 1").scalar() == 1)
        }
    }

    @Test("A connection that ended while idle is noticed before it is lent")
    func terminatedIdle() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            let process = try await pool.withConnection { $0.processID }
            try await withPostgresAdministration { other in
                _ = try await other.query("SELECT pg_terminate_backend(\(process))")
                try await until(other, "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(process)")
            }
            for _ in 0..<3 { #expect(try await pool.query("SELECT 1").scalar() == 1) }
            #expect(try await pool.withConnection { $0.processID } != process)
        }
    }

    @Test("A pipeline answers in order, stands or falls as one, and goes on after an error")
    func pipelines() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            try await pool.execute("CREATE TABLE numbers (n int PRIMARY KEY)")
            let results = try await pool.pipeline((1...300).map { "INSERT INTO numbers VALUES (\($0)) RETURNING n" })
            #expect(try results.map { try $0.scalar(as: Int.self) } == Array(1...300))
            let error = await #expect(throws: PostgresError.self) {
                try await pool.pipeline([
                    "INSERT INTO numbers VALUES (1001)", "INSERT INTO numbers VALUES (1)", "SELECT nonsense",
                ])
            }
            #expect(error?.isUniqueViolation() == true)
            #expect(try await pool.query("SELECT count(*) FROM numbers").scalar() == 300)
            #expect(try await pool.pipeline([]).isEmpty)
        }
    }

    @Test("A pipeline larger than all buffers neither stops nor mixes its answers")
    func largePipeline() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            let text = String(repeating: "x", count: 300_000)
            let results = try await pool.pipeline((0..<40).map { "SELECT \(text) || \(String($0))" })
            for (index, result) in results.enumerated() {
                #expect(try result.scalar(as: String.self) == text + String(index))
            }
        }
    }

    @Test("More statements than the cache holds: old ones are forgotten here and there")
    func manyStatements() async throws {
        try await withPostgres(maximumConnections: 1) { (pool) async throws in
            for number in 0..<300 {
                #expect(try await pool.query("SELECT \(number) + \(unescaped: String(number))").scalar() == 2 * number)
            }
            #expect(try await pool.query("SELECT count(*) < 260 FROM pg_prepared_statements").scalar())
            // A statement that must be the first of its exchange is, whatever the cache has to make room for.
            try await pool.execute("CREATE TABLE things (a int)")
            try await pool.execute("VACUUM things")
            // What a failing exchange left out is made up for.
            for _ in 0..<20 {
                _ = await #expect(throws: PostgresError.self) {
                    try await pool.query("SELECT 1 / 0 AS \(identifier: "n\(UInt32.random(in: 0...(.max)))")")
                }
            }
            #expect(try await pool.query("SELECT 1").scalar() == 1)
            #expect(try await pool.query("SELECT count(*) < 260 FROM pg_prepared_statements").scalar())
        }
    }

    @Test("A statement whose table changed is prepared anew")
    func stalePlans() async throws {
        try await withPostgres(maximumConnections: 1) { pool in
            try await pool.execute("CREATE TABLE things (a int)")
            try await pool.execute("INSERT INTO things VALUES (1)")
            for _ in 0..<3 { #expect(try await pool.query("SELECT * FROM things").columns.count == 1) }
            try await pool.execute("ALTER TABLE things ADD b text DEFAULT 'b'")
            let row = try await pool.query("SELECT * FROM things").only()
            #expect(try row.get("b", as: String.self) == "b")
            try await pool.execute("DEALLOCATE ALL")
            #expect(try await pool.query("SELECT * FROM things").count == 1)
        }
    }

    @Test("The same text with other types is another statement")
    func types() async throws {
        try await withPostgres(maximumConnections: 1) { (pool) async throws in
            #expect(try await pool.query("SELECT \(1)").columns[0].type == .int8)
            #expect(try await pool.query("SELECT \("1")").columns[0].type == .text)
            #expect(try await pool.query("SELECT \(Int32(1))").columns[0].type == .int4)
        }
    }

    @Test("COPY is refused, and the pool goes on")
    func copy() async throws {
        try await withPostgres(maximumConnections: 1) { (pool) async throws in
            for statement: PostgresQuery in ["COPY pg_class TO STDOUT", "COPY pg_class FROM STDIN"] {
                await #expect(throws: PostgresError.self) { try await pool.query(statement, timeout: .seconds(5)) }
                #expect(try await pool.query("SELECT 1").scalar() == 1)
            }
        }
    }

    /// Waits until a process has given up its statement.
    private func expectIdle(_ process: Int32, _ pool: PostgresPool) async throws {
        try await until(pool, "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(process) AND state = 'active'")
    }
}
