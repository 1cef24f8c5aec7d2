import ArgumentParser
import Foundation
import Logging
import Settings
import Telemetry

/// `tramline-worker run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs jobs until it is told to stop.",
        discussion: """
            Stops on SIGTERM or SIGINT: it claims nothing more, ends the step that each job is at, hands the jobs over to the \
            other workers and exits 0. Nothing is lost when it is killed instead; it only takes a few seconds longer.
            """
    )

    func run() async throws {
        let settings = try WorkerSettings.orExplain()
        bootstrapLogging(level: settings.common.logLevel, format: settings.common.logFormat)
        // C libraries write to sockets; a peer that has gone must be an error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        try await WorkerProcess(settings).run()
    }
}

extension WorkerSettings {
    /// Reads the environment; what is wrong goes to standard error in words, all of it at once.
    static func orExplain() throws -> WorkerSettings {
        do throws(SettingsError) {
            return try WorkerSettings()
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
