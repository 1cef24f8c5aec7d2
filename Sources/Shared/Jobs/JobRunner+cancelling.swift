import Delivery
import Logging
import Record
import Synchronization
import TramlineModel

extension JobRunner {
    /// Finds out which of the jobs that run here somebody wants cancelled: one query for all of them, when a wake tells of one
    /// and otherwise now and then. A worker without jobs asks nothing.
    ///
    /// A run also learns of it by its own next commit. This is for one that commits nothing for a while, such as one that
    /// waits for its turn at a closed gate.
    func watchCancellations() async {
        while !Task.isCancelled {
            await cancelBell.sleep(until: .now + configuration.cancelInterval)
            let held = desk.withLock { $0.jobs.map(\.id) }
            guard !Task.isCancelled, !held.isEmpty else { continue }
            do {
                let cancelled = try await jobs.cancelRequests(among: held)
                desk.withLock { $0.cancel(cancelled) }
                for job in cancelled { gates.callOff(job) }
            } catch {
                logger.debug("No look at cancellations", metadata: ["error": "\(error)"])
            }
        }
    }
}
