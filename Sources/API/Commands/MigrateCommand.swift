import ArgumentParser
import Console
import Postgres
import Record
import Settings
import TramlineModel

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the database to the shape that this version needs.",
        discussion: """
            Safe to repeat, and safe to run from several places at once: one of them does it, the others wait. Run it \
            before the servers of a new version start.
            """
    )

    @Flag(help: "Change nothing; fail when something is to be applied.")
    var check = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandRecord.with(try RecordSettings()) { pool in
            let migrator = PostgresMigrator(migrations: RecordMigrations.all)
            let migrations = check ? try await migrator.pending(pool) : try await migrator.apply(pool)
            if output.json {
                let list = JSONValue.array(
                    migrations.map { .members(["id": .integer($0.id), "name": .string($0.name)]) }
                )
                print(JSONValue.members([check ? "pending" : "applied": list]).text)
            } else if migrations.isEmpty {
                print("The database is up to date.")
            } else {
                for migration in migrations {
                    print("\(check ? "Not applied yet:" : "Applied") \(migration.id) \(migration.name)")
                }
            }
            if check, !migrations.isEmpty { throw ExitCode.failure }
        }
    }
}
