import ArgumentParser
import CrashPoints
import Metrics
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
        try armCrashPoints()
        let settings = try WorkerSettings()
        bootstrapLogging(level: settings.common.logLevel, format: settings.common.logFormat)
        // Before anything is counted.
        let registry = MetricRegistry()
        MetricsSystem.bootstrap(registry)
        try await WorkerProcess(settings, registry: registry).run()
    }
}
