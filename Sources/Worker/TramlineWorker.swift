import ArgumentParser
import Console
import TramlineModel

/// The executable `tramline-worker`.
@main
struct TramlineWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tramline-worker",
        abstract: "Runs Tramline's jobs: sends tickets to Jira, one request at a time for each site.",
        discussion: """
            Start as many as you like, on as many machines as you like: they share the work through PostgreSQL and Redis, \
            and whichever dies, the others go on within seconds. All settings are environment variables; the README lists them.

            Something is wrong? In this order: workers list (does anybody work?), queue stats (does anything wait, and \
            where?), jobs list --state failed (what went wrong?), jobs show ID (what exactly?).
            """,
        version: Release.version,
        subcommands: [
            RunCommand.self, CheckCommand.self, JobsCommand.self, QueueCommand.self, WorkersCommand.self,
        ]
    )

    static func main() async { await runProgram() }
}
