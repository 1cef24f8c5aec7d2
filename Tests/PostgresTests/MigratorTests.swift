import Postgres
import TestEquipment
import Testing

@Suite(.postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct MigratorTests {
    private static let first = Migration(id: 1, name: "one", up: "CREATE TABLE one (a int)", down: "DROP TABLE one")
    private static let second = Migration(
        id: 2,
        name: "two",
        up: "ALTER TABLE one ADD b int; INSERT INTO one VALUES (1, 2); -- a comment; with a semicolon",
        down: "ALTER TABLE one DROP b"
    )
    private static let both = PostgresMigrator(migrations: [second, first])

    private func message(_ body: () async throws -> Void) async throws -> String {
        let error = try await #require(throws: PostgresError.self) { try await body() }
        #expect(error.code == .migration)
        return error.message
    }

    @Test("What is missing is applied in order, once, and can be taken back")
    func applies() async throws {
        try await withPostgres { (pool) async throws in
            #expect(try await Self.both.pending(pool).map(\.id) == [1, 2])
            #expect(try await PostgresMigrator(migrations: [Self.first]).apply(pool).map(\.id) == [1])
            #expect(try await Self.both.apply(pool).map(\.id) == [2])
            #expect(try await Self.both.apply(pool).isEmpty)
            #expect(try await Self.both.pending(pool).isEmpty)
            #expect(try await pool.query("SELECT count(*) FROM one").scalar() == 1)
            #expect(try await Self.both.revert(pool, to: 1).map(\.id) == [2])
            #expect(try await Self.both.pending(pool).map(\.id) == [2])
            #expect(try await Self.both.revert(pool, to: 0).map(\.id) == [1])
            #expect(try await pool.query("SELECT to_regclass('one') IS NULL").scalar())
        }
    }

    @Test("Many processes that migrate at once do it once")
    func concurrent() async throws {
        try await withPostgresDatabase { configuration in
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
                        defer { pool.close() }
                        return try await Self.both.apply(pool).count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts.sorted() == [0, 0, 0, 0, 0, 2])
        }
    }

    @Test("A newer schema is refused")
    func newer() async throws {
        try await withPostgres { pool in
            try await Self.both.apply(pool)
            let old = PostgresMigrator(migrations: [Self.first])
            #expect(try await message { try await old.apply(pool) }.contains("newer"))
            #expect(try await message { _ = try await old.pending(pool) }.contains("newer"))
        }
    }

    @Test("A changed, renamed, lost or late migration is reported")
    func divergence() async throws {
        try await withPostgres { pool in
            try await Self.both.apply(pool)
            let changed = Migration(id: 1, name: "one", up: "CREATE TABLE one (z int)", down: "")
            let renamed = Migration(id: 1, name: "uno", up: Self.first.up, down: "")
            let third = Migration(id: 3, name: "three", up: "SELECT 1", down: "")
            #expect(
                try await message { try await PostgresMigrator(migrations: [changed, Self.second]).apply(pool) }
                    .contains("changed")
            )
            #expect(
                try await message { try await PostgresMigrator(migrations: [renamed, Self.second]).apply(pool) }
                    .contains("uno")
            )
            #expect(
                try await message { try await PostgresMigrator(migrations: [Self.second]).apply(pool) }.contains(
                    "not known"
                )
            )
            try await PostgresMigrator(migrations: [Self.first, Self.second, third]).apply(pool)
            try await pool.execute("DELETE FROM schema_migrations WHERE id = 2")
            let all = PostgresMigrator(migrations: [Self.first, Self.second, third])
            #expect(try await message { try await all.apply(pool) }.contains("later"))
        }
    }

    @Test("A script that fails leaves nothing of itself, says where, and keeps what went before")
    func failure() async throws {
        try await withPostgres { pool in
            let faulty = Migration(
                id: 2,
                name: "faulty",
                up: "CREATE TABLE half ();\n\nCREATE TABEL whole ()",
                down: ""
            )
            let migrator = PostgresMigrator(migrations: [Self.first, faulty])
            let text = try await message { try await migrator.apply(pool) }
            #expect(text.contains("line 3"))
            #expect(text.contains("faulty"))
            #expect(try await pool.query("SELECT to_regclass('half') IS NULL").scalar())
            #expect(try await migrator.pending(pool).map(\.id) == [2])
            let isUnlocked: Bool = try await pool.query(
                """
                SELECT count(*) = 0 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                WHERE locktype = 'advisory' AND datname = current_database()
                """
            ).scalar()
            #expect(isUnlocked)
        }
    }
}
