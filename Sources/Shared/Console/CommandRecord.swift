import Logging
package import Postgres
import Secrets
package import Settings

/// The record, as a command opens it: for a moment, with few connections.
package enum CommandRecord {
    /// Opens the record for the length of a closure.
    package static func with<R: Sendable>(
        _ settings: RecordSettings,
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        CommandLog.begin(level: settings.logLevel, format: settings.logFormat)
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(
                url: settings.databaseURL.reveal(),
                maximumConnections: 2,
                applicationName: "tramline-command"
            ),
            logger: Logger(label: "tramline-command")
        )
        defer { pool.close() }
        return try await body(pool)
    }
}
