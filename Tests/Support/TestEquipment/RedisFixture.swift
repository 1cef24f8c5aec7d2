import Foundation
import Logging
package import Redis
package import Testing

/// A connected client and a key prefix that nobody else uses.
package struct RedisFixture: Sendable {
    package let client: RedisClient
    package let url: String
    /// Begins every key and channel of the test: "test-<uuid>".
    package let prefix: String

    package init(client: RedisClient, url: String, prefix: String) {
        self.client = client
        self.url = url
        self.prefix = prefix
    }

    package func key(_ name: String) -> String { "\(prefix):\(name)" }
}

/// Lends a client of the shared test server, `TRAMLINE_TEST_REDIS_URL`, and deletes the test's keys afterwards.
///
/// Tests run beside each other on one server: use ``RedisFixture/prefix`` in every key, and a ``PrivateRedis`` for anything
/// that touches the whole server.
///
/// - Throws: ``RedisEnvironment/MissingServer`` when the variable is not set; what `body` throws.
package func withRedis<Result: Sendable>(
    _ body: @Sendable (RedisFixture) async throws -> Result
) async throws -> Result {
    let url = try RedisEnvironment.url()
    return try await withRedisClient(url: url) { client in
        let fixture = RedisFixture(client: client, url: url, prefix: "test-\(UUID().uuidString.lowercased())")
        do {
            let result = try await body(fixture)
            try await fixture.deleteKeys()
            return result
        } catch {
            // The test's own failure is the one to show; keys that stay behind disturb nobody.
            try? await fixture.deleteKeys()
            throw error
        }
    }
}

/// Runs a client for the length of `body`.
package func withRedisClient<Result: Sendable>(
    url: String,
    commandTimeout: Duration = .seconds(5),
    _ body: @Sendable (RedisClient) async throws -> Result
) async throws -> Result {
    let configuration = try RedisConfiguration(url: url, commandTimeout: commandTimeout, clientName: "tramline-tests")
    let client = RedisClient(configuration: configuration, logger: Logger(label: "test.redis"))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}

/// Where the shared test server is: `TRAMLINE_TEST_REDIS_URL`.
package enum RedisEnvironment {
    package static let variable = "TRAMLINE_TEST_REDIS_URL"

    package static var isAvailable: Bool { ProcessInfo.processInfo.environment[variable] != nil }

    /// Whether a missing server is a fault rather than a reason to skip.
    fileprivate static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    fileprivate static func url() throws -> String {
        guard let url = ProcessInfo.processInfo.environment[variable] else { throw MissingServer(variable: variable) }
        return url
    }

    package struct MissingServer: Error, CustomStringConvertible {
        let variable: String
        package var description: String { "\(variable) is not set: no Redis to test with" }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where no Redis server is named; where `CI` is set, ``withRedis(_:)`` fails instead.
    package static var redis: Self {
        .enabled(
            if: RedisEnvironment.isAvailable || RedisEnvironment.isRequired,
            "\(RedisEnvironment.variable) is not set, so there is no Redis to test with"
        )
    }
}

extension RedisFixture {
    fileprivate func deleteKeys() async throws {
        var cursor = "0"
        repeat {
            let page = try await client.send(
                RedisCommand("SCAN", RedisArgument(cursor), "MATCH", RedisArgument("*\(prefix)*"), "COUNT", "1000")
            ).array(atLeast: 2)
            cursor = try page[0].string()
            let keys = try page[1].strings()
            if !keys.isEmpty {
                _ = try await client.send(RedisCommand("UNLINK", arguments: keys.map { RedisArgument($0) }))
            }
        } while cursor != "0"
    }
}
