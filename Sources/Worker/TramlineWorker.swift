import ArgumentParser

/// The executable `tramline-worker`.
@main
struct TramlineWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tramline-worker",
        abstract: "Runs Tramline's jobs: sends tickets to Jira, one request at a time for each site.",
        discussion: """
            Start as many as you like, on as many machines as you like: they share the work through PostgreSQL and Redis, \
            and whichever dies, the others go on within seconds. All settings are environment variables; the README lists them.
            """,
        subcommands: [RunCommand.self, CheckCommand.self]
    )
}
