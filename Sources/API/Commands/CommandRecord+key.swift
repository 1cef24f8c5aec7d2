import Console
import Postgres
import Record
import Secrets
import Settings
import TramlineModel

extension CommandRecord {
    /// Opens the record for whom a key speaks.
    ///
    /// - Parameters:
    ///   - variable: the environment variable that holds the key.
    ///   - scope: what the key must allow.
    static func with<R: Sendable>(
        keyIn variable: String,
        for scope: KeyScope,
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
            guard owner.scopes.contains(scope) else {
                throw CommandFault(
                    "the key \(key) in \(variable) lacks the scope \(scope.rawValue); "
                        + "tramline-api keys create --scope \(scope.rawValue) makes one that has it"
                )
            }
            return try await body(pool, owner)
        }
    }
}
