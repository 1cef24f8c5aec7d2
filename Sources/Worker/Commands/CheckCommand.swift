import ArgumentParser
import Console
import Jira
import Logging
import Postgres
import Record
import Redis
import Settings

/// `tramline-worker check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the settings, PostgreSQL, its tables and Redis; exits 0 when a worker could run."
    )

    func run() async throws {
        let settings = try WorkerSettings()
        var logger = Logger(label: "tramline.check")
        logger.logLevel = .error
        let parts = try WorkerParts(settings, logger: logger)
        var faults: [String] = []
        do {
            try await parts.pool.ping()
            let pending = try await PostgresMigrator(migrations: RecordMigrations.all).pending(parts.pool)
            if !pending.isEmpty {
                faults.append("\(pending.count) migrations are not applied. Run: tramline-api migrate")
            }
        } catch {
            faults.append("PostgreSQL (DATABASE_URL): \(error)")
        }
        await withThrowingTaskGroup { group in
            group.addTask { try await parts.redis.run() }
            do throws(RedisError) {
                try await parts.redis.ping()
            } catch {
                faults.append("Redis (REDIS_URL): \(error)")
            }
            group.cancelAll()
        }
        parts.pool.close()
        await parts.connections.shutdown()
        guard faults.isEmpty else { throw CommandFault(faults.joined(separator: "\n")) }
        print("All is well: settings, PostgreSQL, its tables, Redis.")
    }
}
