import Delivery
import Logging
import Synchronization
import TramlineModel

extension JobRunner {
    /// Puts back the jobs that the queue says this worker holds and that it does not run.
    ///
    /// A net under whatever may part the two: while the worker lives, nobody else can take such a job, and it would stand
    /// still. Called between two claims, when no claimed job is on its way to its run. A job whose end the queue hears
    /// meanwhile is no longer held, and nothing happens to it.
    func letGoOfStrays() async {
        guard lease.stands() else { return }
        do throws(DeliveryError) {
            let held = try await delivery.held(by: lease.worker)
            for stray in desk.withLock({ desk in held.filter { desk.epoch(of: $0) == nil } }) {
                guard try await delivery.settle(stray, worker: lease.worker, as: .delayed(.zero, nil)) else { continue }
                logger.warning("A job was held and not run; it goes back", metadata: ["job.id": "\(stray)"])
            }
        } catch {
            logger.debug("The queue did not say what this worker holds", metadata: ["error": "\(error)"])
        }
    }
}
