/// Brings a database's schema to what the migrations say, once, however many processes try at the same time.
///
/// The history stands in the table `schema_migrations` of the first schema of the search path.
package struct PostgresMigrator: Sendable {
    /// What an advisory lock of ours is known by: "tramline" in ASCII.
    private static let lockKey: Int64 = 0x7472_616D_6C69_6E65

    private let migrations: [Migration]
    private let timeout: Duration

    /// - Parameters:
    ///   - migrations: In any order; their ids are unique and positive.
    ///   - timeout: For each script, and for waiting until another process has finished its migrations; default 10 min.
    package init(migrations: [Migration], timeout: Duration = .seconds(600)) {
        precondition(migrations.allSatisfy { $0.id > 0 }, "a migration's id must be greater than 0")
        precondition(Set(migrations.map(\.id)).count == migrations.count, "two migrations have the same id")
        self.migrations = migrations.sorted { $0.id < $1.id }
        self.timeout = timeout
    }

    /// Applies what is missing, each step in a transaction with its row of the history: what was done stays done when a later one fails.
    ///
    /// - Returns: The migrations that this call applied; empty when there was nothing to do.
    /// - Throws: ``PostgresError`` with `.migration` when the database is newer than we are or has another history (then nothing was
    ///   done), or when a script failed; its cause is then the server's error.
    @discardableResult
    package func apply(_ pool: PostgresPool) async throws -> [Migration] {
        try await locked(pool) { connection in
            try await connection.simple(Self.historyTable)
            let plan = try await makePlan(connection)
            for migration in plan.pending {
                let checksum = try await checksums(of: [migration], connection)[migration.id] ?? ""
                try await step(migration, migration.up, connection) {
                    """
                    INSERT INTO schema_migrations (id, name, checksum)
                    VALUES (\(migration.id), \(migration.name), \(checksum))
                    """
                }
            }
            return plan.pending
        }
    }

    /// The migrations that are still to be applied. Changes nothing, so it serves readiness checks.
    ///
    /// - Throws: As ``apply(_:)``.
    package func pending(_ pool: PostgresPool) async throws -> [Migration] {
        try await pool.withConnection { connection in
            let exists: Bool = try await connection.query(
                "SELECT to_regclass('schema_migrations') IS NOT NULL"
            ).scalar()
            return exists ? try await makePlan(connection).pending : migrations
        }
    }

    /// Takes the newest migrations back, down to and without the given one.
    ///
    /// - Parameter id: The last migration that stays; 0 takes all back.
    /// - Returns: What was taken back, newest first.
    /// - Throws: As ``apply(_:)``.
    @discardableResult
    package func revert(_ pool: PostgresPool, to id: Int) async throws -> [Migration] {
        try await locked(pool) { connection in
            try await connection.simple(Self.historyTable)
            let reverted = try await makePlan(connection).applied.reversed().filter { $0.id > id }
            for migration in reverted {
                try await step(migration, migration.down, connection) {
                    "DELETE FROM schema_migrations WHERE id = \(migration.id)"
                }
            }
            return reverted
        }
    }

    // MARK: Steps

    private static let historyTable = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            id integer PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """

    /// Nobody else's work waits for a migration, so one on a busy machine has longer between two statements than a job has.
    private static let opening = TransactionOpening(
        begin: "BEGIN",
        preparation: "SET LOCAL idle_in_transaction_session_timeout = '60s'"
    )

    /// Runs with the database's migration lock. The lock is the session's, so it goes with the connection at the latest.
    private func locked<R: Sendable>(
        _ pool: PostgresPool,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await pool.withConnection { connection in
            _ = try await connection.query("SELECT pg_advisory_lock(\(Self.lockKey))", timeout: timeout)
            let result: R
            do {
                result = try await body(connection)
            } catch {
                // The first error is the one to be seen; where the unlocking fails, the connection is broken and the lock gone.
                _ = try? await connection.query("SELECT pg_advisory_unlock(\(Self.lockKey))")
                throw error
            }
            _ = try await connection.query("SELECT pg_advisory_unlock(\(Self.lockKey))")
            return result
        }
    }

    private func step(
        _ migration: Migration,
        _ script: String,
        _ connection: PostgresConnection,
        _ record: () -> PostgresQuery
    ) async throws {
        do {
            try await connection.withTransaction(Self.opening) { connection in
                try await connection.simple(script, timeout: timeout)
                try await connection.execute(record())
            }
        } catch let error as PostgresError {
            let line =
                error.fields[.position].flatMap { Int($0) }.map { " in line \(script.line(ofCharacter: $0))" } ?? ""
            throw PostgresError(
                .migration,
                "Migration \(migration.id) (\(migration.name)) failed\(line): \(error.message)",
                fields: error.fields,
                sqlState: error.sqlState,
                cause: error
            )
        }
    }

    private func makePlan(_ connection: PostgresConnection) async throws(PostgresError) -> MigrationPlan {
        let rows = try await connection.query("SELECT id, name, checksum FROM schema_migrations ORDER BY id")
        var applied: [MigrationPlan.Applied] = []
        for row in rows {
            applied.append(
                MigrationPlan.Applied(
                    id: try row.get("id"),
                    name: try row.get("name"),
                    checksum: try row.get("checksum")
                )
            )
        }
        return try MigrationPlan(
            known: migrations,
            checksums: try await checksums(of: migrations, connection),
            applied: applied
        )
    }

    /// SHA-256 of each script, made by the server: it has the function, this module does not.
    private func checksums(
        of migrations: [Migration],
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> [Int: String] {
        let rows = try await connection.query(
            """
            SELECT id, encode(sha256(script), 'hex') AS checksum
            FROM unnest(\(migrations.map(\.id)), \(migrations.map { Array($0.up.utf8) })) AS known (id, script)
            """
        )
        var checksums: [Int: String] = [:]
        for row in rows { checksums[try row.get("id")] = try row.get("checksum") as String }
        return checksums
    }
}

extension String {
    /// The line, from 1, of a character counted from 1, as PostgreSQL counts: in Unicode scalars.
    fileprivate func line(ofCharacter position: Int) -> Int {
        unicodeScalars.prefix(max(0, position - 1)).count { $0 == "\n" } + 1
    }
}
