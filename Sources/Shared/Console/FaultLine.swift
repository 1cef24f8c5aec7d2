package import ArgumentParser
import Delivery
import Postgres
import Record
import Redis
import Secrets
import Settings
import TramlineModel

/// What a command says when it could not do its work.
package enum FaultLine {
    /// The text for an error; `nil` when the command has said it all itself.
    package static func text(of error: any Error, by command: (some ParsableCommand).Type) -> String? {
        switch error {
        case is ExitCode:
            return nil
        case let error as CommandFault:
            return error.description
        case let error as SettingsError:
            return error.description
        case let error as ImportRefusal:
            return error.description
        case let error as RecordError:
            return error.message
        case let error as ExportRefusal:
            return error.message
        case let error as SecretsError:
            return error.message
        case let error as PostgresError:
            return text(of: error)
        case let error as RedisError:
            return "Redis (REDIS_URL): \(error.message)"
        case let error as DeliveryError:
            return text(of: error)
        case is CancellationError:
            return "stopped"
        default:
            // What the parser of arguments says; for other errors their description.
            let message = command.message(for: error).replacing("\n", with: " ")
            return command.exitCode(for: error) == .validationFailure ? "\(message) (--help says more)" : message
        }
    }

    private static func text(of error: DeliveryError) -> String {
        switch error.code {
        case .unavailable:
            "Redis (REDIS_URL) does not answer: \((error.cause as? RedisError)?.message ?? error.message)"
        default: "the queue: \(error.message)"
        }
    }

    private static func text(of error: PostgresError) -> String {
        switch (error.code, error.sqlState) {
        // undefined_table, undefined_column
        case (.server, "42P01"), (.server, "42703"):
            return "the database has not the tables of this version; run tramline-api migrate"
        case (.server, "22001"), (.server, "23514"):
            return "a value does not fit the record: \(error.constraint ?? error.message)"
        case (.connectionFailed, _):
            return "no connection to PostgreSQL (DATABASE_URL): \(error.message)"
        default:
            return "PostgreSQL: \(error.message)"
        }
    }
}
