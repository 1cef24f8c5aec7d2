import ArgumentParser
import Console
import TramlineModel

/// The executable `tramline-api`: the API and the commands that work on the record.
@main
struct TramlineAPI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tramline-api",
        abstract: "Moves sessions of tickets into Jira: the API, and the commands around it.",
        discussion: """
            Every command reads its settings from the environment, as the servers do. Most of them need no more than \
            DATABASE_URL. Secrets are never arguments: an option names the variable that holds one.
            """,
        version: Release.version,
        subcommands: [
            ServeCommand.self, MigrateCommand.self, KeysCommand.self, IntegrationsCommand.self, SessionsCommand.self,
            AdfCommand.self,
        ]
    )

    static func main() async { await runProgram() }
}
