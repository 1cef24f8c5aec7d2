import Jobs
import Logging
import Telemetry
import TramlineModel

extension Backend {
    /// How long an answer waits for the queue. The job is in the record by then: the sweep delivers what this does not.
    private static let deliveryPatience = Duration.seconds(1)

    /// Puts a committed job on the road, within a moment: the sweep finds in the record what this does not bring there.
    func deliver(_ job: Job, _ logger: Logger) async {
        let queue = JobQueue(delivery: delivery, logger: logger)
        do {
            try await withDeadline(Self.deliveryPatience) { await queue.deliver(job) }
        } catch {
            logger.warning(
                "job not pushed to the queue in time",
                metadata: [LogKey.jobID: "\(job.id)", LogKey.error: "\(error)"]
            )
        }
    }
}
