import Foundation
import Postgres

/// A built executable, run as people and scripts run it.
package struct CommandProcess: Sendable {
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String

        /// The answer's members, of a command with `--json`.
        package var json: [String: Any] {
            get throws {
                let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
                return object as? [String: Any] ?? [:]
            }
        }
    }

    /// What the process finds in its environment, and nothing else.
    package var environment: [String: String] = [:]
    private let executable: URL

    /// - Parameter executable: `tramline-api` or `tramline-worker`; it stands beside the tests' own.
    package init(_ executable: String) {
        self.executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: executable
        )
    }

    /// Runs a command to its end, or for a minute.
    package func run(_ arguments: String..., input: String? = nil) async throws -> Outcome {
        try await run(arguments, input: input)
    }

    package func run(_ arguments: [String], input: String? = nil) async throws -> Outcome {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        let (output, errors, standardInput) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = input == nil ? FileHandle.nullDevice : standardInput
        return try await withCheckedThrowingContinuation { continuation in
            // The calls below block, so a thread of their own makes them.
            Thread.detachNewThread {
                do {
                    try process.run()
                    let alarm = DispatchWorkItem { process.terminate() }
                    DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: alarm)
                    if let input {
                        standardInput.fileHandleForWriting.write(Data(input.utf8))
                        standardInput.fileHandleForWriting.closeFile()
                    }
                    // The commands say little on standard error, so one pipe after the other cannot get stuck.
                    let answer = output.fileHandleForReading.readDataToEndOfFile()
                    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    alarm.cancel()
                    continuation.resume(
                        returning: Outcome(
                            status: process.terminationStatus,
                            output: String(decoding: answer, as: UTF8.self),
                            errors: String(decoding: complaint, as: UTF8.self)
                        )
                    )
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// Gives an executable's commands a fresh, empty database.
package func withCommands(
    of executable: String,
    _ body: (inout CommandProcess) async throws -> Void
) async throws {
    try await withPostgresDatabase { configuration in
        guard let url = PostgresFixture.url, let database = configuration.database,
            var parts = URLComponents(string: url)
        else { preconditionFailure("the fixture has made a database on the server that its variable names") }
        parts.path = "/\(database)"
        var commands = CommandProcess(executable)
        commands.environment = [
            "DATABASE_URL": parts.string ?? "",
            "TRAMLINE_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "JIRA_TOKEN": "jira-secret-token",
        ]
        // Where the runtime's libraries are found by a path of the environment, the command needs it as well.
        commands.environment["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
        try await body(&commands)
    }
}
