import Delivery
import Logging
import Record
import ServiceLifecycle

/// Finishes refreshes that were cut off, while Atlassian still takes the old refresh token, and keeps grants alive that nobody
/// uses: Atlassian ends those after 90 days.
///
/// Every worker does it; the record gives each overdue grant to one.
final class GrantKeeper: Service {
    struct Configuration: Sendable {
        /// How often to look: default 20 s. A refresh that was cut off must be finished within ten minutes.
        var interval = Duration.seconds(20)
        /// The age of a pair that is renewed though nobody needs it: default 30 days.
        var longestIdle = Duration.seconds(30 * 86_400)
    }

    private let configuration: Configuration
    private let refresher: GrantRefresher
    private let logger: Logger

    init(_ configuration: Configuration = Configuration(), refresher: GrantRefresher, logger: Logger) {
        self.configuration = configuration
        self.refresher = refresher
        self.logger = logger
    }

    /// Runs until graceful shutdown or cancellation.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // Spread, so that a fleet that was started at once does not look at once for ever.
                await Doorbell().sleep(until: .now + self.configuration.interval * Double.random(in: 0.7...1.3))
                guard !Task.isCancelled else { return }
                await self.look()
            }
        }
    }

    /// Looks once, and renews what is overdue.
    func look() async {
        do {
            let begun = ContinuousClock.now
            let claims = try await refresher.grants.claimOverdue(
                unusedFor: configuration.longestIdle,
                for: refresher.claimTime,
                limit: 10
            )
            await withDiscardingTaskGroup { group in
                for claim in claims {
                    group.addTask {
                        do {
                            try await self.refresher.carryOut(claim, begun: begun)
                        } catch {
                            // The refresher has given the claim back, or parked what lived by it.
                            self.logger.debug("An overdue grant was not renewed", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
        } catch {
            logger.debug("No look at grants", metadata: ["error": "\(error)"])
        }
    }
}
