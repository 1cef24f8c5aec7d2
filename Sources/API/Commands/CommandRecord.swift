import Logging
import Postgres
import Record
import Secrets
import Settings
import Telemetry

/// The record, as a command opens it: for a moment, with few connections.
enum CommandRecord {
    /// Logging is set up once in a process; the first settings count.
    private static let logging = Once()

    /// Opens the record for the length of a closure.
    static func with<R: Sendable>(
        _ settings: RecordSettings,
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        logging.run { bootstrapLogging(level: settings.logLevel, format: settings.logFormat) }
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(
                url: settings.databaseURL.reveal(),
                maximumConnections: 2,
                applicationName: "tramline-command"
            ),
            logger: Logger(label: "tramline-api")
        )
        defer { pool.close() }
        return try await body(pool)
    }

    /// Opens the record for whom a key speaks.
    ///
    /// - Parameter variable: the environment variable that holds the key.
    static func with<R: Sendable>(
        keyIn variable: String,
        _ body: (PostgresPool, KeyOwner) async throws -> R
    ) async throws -> R {
        let text = try CommandEnvironment.secret(in: variable, is: "the API key")
        guard let key = APIKey(parsing: text.reveal()) else {
            throw CommandFault("\(variable) holds no API key; a key looks like trk_1aB2cD3e_… (43 more characters)")
        }
        return try await with(try RecordSettings()) { pool in
            guard let owner = try await KeyStore(pool: pool).owner(ofKeyHashed: key.hash) else {
                throw CommandFault("the key \(key) in \(variable) is not valid: it was revoked, or is another record's")
            }
            return try await body(pool, owner)
        }
    }
}
