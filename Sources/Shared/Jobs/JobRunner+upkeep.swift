import Delivery
import Logging
import Synchronization
import TramlineModel

extension JobRunner {
    /// Whether this worker is the scheduler and is not about to go.
    private var isSchedulerAtWork: Bool {
        !Task.isCancelled && !stopping.isSet && lease.stands() && desk.withLock { $0.isLeader }
    }

    /// While this worker is the scheduler: trims what finished work has left behind.
    func keepUp() async {
        guard let upkeep = configuration.upkeep else { return }
        while !Task.isCancelled {
            await Doorbell().sleep(until: .now + configuration.upkeepInterval)
            guard isSchedulerAtWork else { continue }
            do {
                let dropped = try await upkeep.run { self.isSchedulerAtWork }
                guard !dropped.isEmpty else { continue }
                let counts = dropped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
                logger.info("What is old and done is trimmed", metadata: ["dropped": "\(counts)"])
            } catch {
                logger.warning("The upkeep was not finished", metadata: ["error": "\(error)"])
            }
        }
    }
}
