import CrashPoints
package import Delivery
package import Logging
package import Record
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
            crashPoint("before-push")
            try await delivery.enqueue([QueuedJob(job, delay: delay)])
            crashPoint("after-push")
        } catch {
            logger.warning(
                "A job waits for the sweep: the queue did not take it",
                metadata: ["job.id": "\(job.id)", "error": "\(error)"]
            )
        }
    }

    /// Wakes a session's listeners. Call it after the commit.
    package func announce(_ mark: ProgressMark) async { await delivery.announce(mark) }

    /// Has a cancellation felt at once. Call it after the commit.
    ///
    /// Nothing depends on it: a job that has ended is not run when it is claimed, and workers look now and then whether one of
    /// theirs is to be cancelled.
    package func announce(_ cancellation: JobCancellation) async {
        do throws(DeliveryError) {
            switch cancellation {
            case .ended(let job): try await delivery.remove(job.id)
            case .requested(let job): if let worker = job.worker { try await delivery.wakeForCancellation(worker) }
            case .tooLate: break
            }
        } catch {
            logger.debug("The queue was not told of a cancellation", metadata: ["error": "\(error)"])
        }
    }
}
