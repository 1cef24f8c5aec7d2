package import ArgumentParser
import Foundation

extension AsyncParsableCommand {
    /// Runs the command that the process's arguments name. A mistake ends in one line on standard error and a status that
    /// is not 0.
    package static func runProgram() async {
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
                FileHandle.standardError.write(Data("\(configuration.commandName ?? "tramline"): \(line)\n".utf8))
            }
            exit(withError: code)
        }
    }
}
