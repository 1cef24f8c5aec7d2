package import Delivery
package import Logging
import Record
package import TramlineModel

/// Hands recorded jobs to the queue: the fast half of the outbox; the sweep is the sure one.
package struct JobQueue: Sendable {
    private let delivery: Delivery
    private let logger: Logger

    package init(delivery: Delivery, logger: Logger) {
        self.delivery = delivery
        self.logger = logger
    }

    /// Pushes a committed job. Call it after the commit.
    ///
    /// A push that fails is no error: the job is in the record, and the sweep pushes it within seconds of Redis's return.
    /// - Parameter delay: of a job that is not due yet: how long until it is.
    package func deliver(_ job: Job, after delay: Duration? = nil) async {
        do throws(DeliveryError) {
            try await delivery.enqueue([QueuedJob(id: job.id, priority: job.priority, delay: delay)])
        } catch {
            logger.warning(
                "A job waits for the sweep: the queue did not take it",
                metadata: ["job.id": "\(job.id)", "error": "\(error)"]
            )
        }
    }
}
