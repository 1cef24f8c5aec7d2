package import Logging
import ServiceLifecycle
import Synchronization

/// Keeps a process's subscriptions hearing: says something to itself now and then, and makes the connection anew when it
/// does not come back.
package final class HearingKeeper: Service, Sendable {
    private let delivery: Delivery
    private let logger: Logger
    private let name = String(UInt64.random(in: .min ... .max), radix: 36)
    private let probe: Mutex<HearingProbe>

    package init(delivery: Delivery, logger: Logger, probe: HearingProbe = HearingProbe()) {
        self.delivery = delivery
        self.logger = logger
        self.probe = Mutex(probe)
    }

    /// Whether nothing has been heard for too long although something was said.
    package var isDeaf: Bool { probe.withLock { $0.isDeaf(at: .now) } }

    /// Runs until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.listen() }
                while !Task.isCancelled {
                    await self.say()
                    let pause = self.probe.withLock { $0.interval }
                    await Doorbell().sleep(until: .now + pause)
                }
                group.cancelAll()
            }
        }
    }

    private func say() async {
        let (shouldRenew, number) = probe.withLock { probe in (probe.shouldRenew(at: .now), probe.say(at: .now)) }
        if shouldRenew {
            logger.warning("Nothing is heard from Redis; the process subscribes anew")
            delivery.renewSubscriptions()
        }
        do throws(DeliveryError) {
            try await delivery.say(number, to: name)
        } catch {
            probe.withLock { $0.failed(number) }
            logger.debug("Nothing can be said to Redis", metadata: ["error": "\(error)"])
        }
    }

    private func listen() async {
        while !Task.isCancelled {
            do throws(DeliveryError) {
                for await number in try await delivery.sayings(to: name) {
                    probe.withLock { $0.heard(number, at: .now) }
                }
            } catch {
                logger.debug("Cannot listen", metadata: ["error": "\(error)"])
            }
            await Doorbell().sleep(until: .now + .seconds(1))
        }
    }
}
