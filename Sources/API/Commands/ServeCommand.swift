import ArgumentParser
import CrashPoints
import Logging
import Settings
import Telemetry

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves the API until SIGTERM or SIGINT.",
        discussion: """
            Listens at TRAMLINE_HOST and TRAMLINE_PORT. Start as many as you like behind one address: they share \
            everything through PostgreSQL and Redis. GET /openapi.json describes the endpoints.
            """
    )

    func run() async throws {
        try armCrashPoints()
        let settings = try APISettings()
        bootstrapLogging(level: settings.common.logLevel, format: settings.common.logFormat)
        try await Server.run(settings: settings, logger: Logger(label: "tramline-api"))
    }
}
