import ArgumentParser
import Foundation

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
        subcommands: [
            ServeCommand.self, MigrateCommand.self, KeysCommand.self, IntegrationsCommand.self, SessionsCommand.self,
            AdfCommand.self,
        ]
    )

    /// Runs one command. A mistake ends in one line on standard error and a status that is not 0.
    static func main() async {
        // The servers at the other end of a socket may go away; that is an error to handle, not an end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            // Help and version arrive as errors too.
            if code.isSuccess {
                print(fullMessage(for: error))
            } else if let line = FaultLine.text(of: error, by: self) {
                FileHandle.standardError.write(Data("tramline-api: \(line)\n".utf8))
            }
            exit(withError: code)
        }
    }
}
