import Foundation
package import Logging
package import Postgres
package import Testing

/// The PostgreSQL server of the tests: `TRAMLINE_TEST_DATABASE_URL`, a user who may create databases.
package enum PostgresFixture {
    package static let variable = "TRAMLINE_TEST_DATABASE_URL"

    /// The server's URL, where there is one.
    package static var url: String? { ProcessInfo.processInfo.environment[variable] }

    /// Whether a missing server is a fault rather than a reason to skip.
    fileprivate static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    /// Says little unless something is wrong.
    package static let logger: Logger = {
        var logger = Logger(label: "postgres-fixture")
        logger.logLevel = .warning
        return logger
    }()

    /// The connections by which databases are made and dropped; they end with the process.
    fileprivate static let administration = Result {
        guard let url else {
            throw PostgresError(.configuration, "\(variable) is not set")
        }
        return PostgresPool(
            configuration: try PostgresConfiguration(
                url: url,
                maximumConnections: 2,
                queryTimeout: .seconds(120),
                acquireTimeout: .seconds(120),
                applicationName: "tramline-tests"
            ),
            logger: logger
        )
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where no PostgreSQL server is named; where `CI` is set, ``withPostgres(maximumConnections:migrations:_:)`` fails instead.
    package static var postgres: Self {
        .enabled(
            if: PostgresFixture.url != nil || PostgresFixture.isRequired,
            "\(PostgresFixture.variable) is not set, so there is no PostgreSQL to test with"
        )
    }
}

/// Gives a pool on a fresh, empty database, which is dropped afterwards whatever happens.
///
/// - Parameters:
///   - maximumConnections: The pool's size.
///   - migrations: What to apply before the closure runs.
package func withPostgres<R: Sendable>(
    maximumConnections: Int = 10,
    migrations: [Migration] = [],
    _ body: (PostgresPool) async throws -> R
) async throws -> R {
    try await withPostgresDatabase { configuration in
        var configuration = configuration
        configuration.maximumConnections = maximumConnections
        let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
        defer { pool.close() }
        if !migrations.isEmpty { try await PostgresMigrator(migrations: migrations).apply(pool) }
        return try await body(pool)
    }
}

/// Gives the configuration of a fresh, empty database, for tests that make pools or processes of their own.
package func withPostgresDatabase<R: Sendable>(
    _ body: (PostgresConfiguration) async throws -> R
) async throws -> R {
    let administration = try PostgresFixture.administration.get()
    let name = "tramline_test_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
    try await administration.execute("CREATE DATABASE \(identifier: name) TEMPLATE template0 ENCODING 'UTF8'")
    let result: Result<R, any Error>
    do {
        result = .success(try await body(administration.configuration.with(database: name).forTests))
    } catch {
        result = .failure(error)
    }
    // In a task of its own, so that a cancelled test leaves nothing behind either.
    try await Task { _ = try await administration.execute("DROP DATABASE \(identifier: name) WITH (FORCE)") }.value
    return try result.get()
}

extension PostgresConfiguration {
    fileprivate var forTests: PostgresConfiguration {
        var copy = self
        copy.maximumConnections = 10
        copy.queryTimeout = .seconds(30)
        copy.acquireTimeout = .seconds(10)
        return copy
    }

    /// The URL that names this configuration's database: for processes that a test starts.
    package var testURL: String? {
        guard let url = PostgresFixture.url, let database, var components = URLComponents(string: url) else {
            return nil
        }
        components.path = "/\(database)"
        return components.string
    }
}
