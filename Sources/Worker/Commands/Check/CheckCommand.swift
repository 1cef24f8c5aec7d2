import ArgumentParser
import Console
import Jobs
import Postgres
import Record
import Settings
import TramlineModel

/// `tramline-worker check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Proves on the live system that PostgreSQL and Redis agree; says what it would mend, or mends it.",
        discussion: """
            Every live job is ready, delayed, put aside or held by a living worker that PostgreSQL names too; Redis knows no \
            other job; gates are held by living workers; pauses are alike; sessions and jobs go together; the servers are \
            as they must be. What looks wrong is looked at twice, some seconds apart, since a busy fleet is always between \
            two states. Exits 1 when something is wrong, after --repair when something still is.

            --repair changes only what is still as it was seen, so it is safe while workers run, and safe to repeat. The \
            scheduler mends the most of it by itself within seconds: when a check finds something, look at workers list first.

            Needs DATABASE_URL and REDIS_URL. Whatever else a worker would need of the environment is checked where it is set.
            """
    )

    @Flag(help: "Mend what can be mended.")
    var repair = false

    @Option(help: "Seconds between the two looks, 1 to 60.")
    var wait = 6

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...60).contains(wait) else { throw ValidationError("--wait must be 1 to 60") }
    }

    func run() async throws {
        let settings = try OperatorSettings(queueIsRequired: true)
        guard let queue = settings.queue else { preconditionFailure("a required setting is there") }
        let view = try await CommandRecord.with(settings.record) { pool in
            let pending = try await PostgresMigrator(migrations: RecordMigrations.all).pending(pool)
            guard pending.isEmpty else {
                throw CommandFault("\(pending.count) migrations are not applied; run tramline-api migrate")
            }
            return try await CommandQueue.with(queue) { delivery in
                let check = FleetCheck(jobs: JobStore(pool: pool), delivery: delivery)
                let report = try await check.run(wait: .seconds(wait))
                guard repair, !report.findings.isEmpty else { return CheckView(report: report, settings: Self.faults) }
                let mended = try await check.repair(report.findings)
                let after = try await check.run(wait: .seconds(wait))
                return CheckView(report: after, mended: mended, settings: Self.faults)
            }
        }
        print(output.json ? view.json.text : view.text)
        if !view.isWell { throw ExitCode.failure }
    }

    /// What is set in this environment and no worker would take. What is not set says nothing: an operator's shell need not
    /// be a worker's.
    private static var faults: [String] {
        do throws(SettingsError) {
            _ = try WorkerSettings()
            return []
        } catch {
            return error.faults.filter { !$0.isMissing }.map(\.description)
        }
    }
}
