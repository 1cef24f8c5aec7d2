import Delivery
import Logging
import Synchronization
import TramlineModel

extension JobRunner {
    /// How the worker stands, of all that it can know without asking anybody.
    package func readiness() -> WorkerReadiness {
        let now = ContinuousClock.now
        let (jobs, isScheduler) = desk.withLock { ($0.count, $0.isLeader) }
        let health = health.withLock { $0 }
        let silence = health.hearing.silence(at: now)
        return WorkerReadiness(
            worker: lease.worker,
            parts: [
                .init("worker", fault: stopping.isSet ? "it is stopping" : nil),
                .init("lease", fault: lease.stands(at: now) ? nil : "it has none in Redis, so it may hold no jobs"),
                .init(
                    "wakes",
                    fault: health.hearing.isDeaf(at: now)
                        ? "its subscription has heard nothing for \(silence.components.seconds) s; it is being renewed"
                        : nil
                ),
                .init("claims", fault: health.faultOfClaims(at: now)),
            ],
            jobs: jobs,
            isScheduler: isScheduler,
            paused: health.paused
        )
    }

    /// Proves that wakes arrive, by waking itself now and then; a subscription that hears nothing is renewed.
    func probeWakes() async {
        while !Task.isCancelled {
            let pause = health.withLock { $0.hearing.interval }
            await Doorbell().sleep(until: .now + pause)
            guard !Task.isCancelled else { return }
            let (shouldRenew, number) = health.withLock { health in
                (health.hearing.shouldRenew(at: .now), health.hearing.say(at: .now))
            }
            if shouldRenew {
                logger.warning("The worker hears no wakes; it subscribes anew")
                delivery.renewSubscriptions()
            }
            do throws(DeliveryError) {
                try await delivery.probe(lease.worker, number)
            } catch {
                health.withLock { $0.hearing.failed(number) }
                logger.debug("Nothing can be said to Redis", metadata: ["error": "\(error)"])
            }
        }
    }
}
