package import Delivery
import Logging
import Redis
import Secrets
package import Settings

/// The queue, as a command opens it: for a moment.
package enum CommandQueue {
    /// Opens the queue for the length of a closure.
    ///
    /// What the closure asks of a Redis that is away fails after the command time-out; opening itself never fails on that.
    package static func with<R: Sendable>(
        _ settings: QueueSettings,
        _ body: (Delivery) async throws -> R
    ) async throws -> R {
        CommandLog.begin(level: settings.logLevel, format: settings.logFormat)
        let client = RedisClient(
            configuration: try RedisConfiguration(url: settings.redisURL.reveal(), clientName: "tramline-command"),
            logger: Logger(label: "tramline-command")
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            return try await body(
                Delivery(redis: client, lease: settings.jobLease, spacing: settings.jiraSpacing)
            )
        }
    }
}
