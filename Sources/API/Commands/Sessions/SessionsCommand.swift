import ArgumentParser
import TramlineModel

struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "Imports sessions of tickets, shows how far their exports are, retries and cancels them.",
        subcommands: [
            SessionsImportCommand.self, SessionsListCommand.self, SessionsShowCommand.self, SessionsWatchCommand.self,
            SessionsAuditCommand.self, SessionsRetryCommand.self, SessionsCancelCommand.self,
        ]
    )
}

/// The key for which a command works.
struct KeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The environment variable that holds the API key.", valueName: "variable"))
    var keyEnv = "TRAMLINE_KEY"
}

extension SessionID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
