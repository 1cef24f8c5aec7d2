import Delivery
import Jobs
import Logging
import Record
import Telemetry
import TramlineModel

extension Backend {
    /// How long an answer waits for the queue. The job is in the record by then: the sweep delivers what this does not.
    private static let deliveryPatience = Duration.seconds(1)

    /// Puts a committed job on the road, within a moment: the sweep finds in the record what this does not bring there.
    func deliver(_ job: Job, _ logger: Logger) async {
        let queue = JobQueue(delivery: delivery, logger: logger)
        await withPatience(job.id, logger) { await queue.deliver(job) }
    }

    /// Has a committed cancellation felt at once, by whoever runs the export and whoever listens.
    func announce(_ cancelled: ExportCancellation, of session: SessionID, _ logger: Logger) async {
        let queue = JobQueue(delivery: delivery, logger: logger)
        await withPatience(cancelled.job, logger) {
            if let cancellation = cancelled.cancellation { await queue.announce(cancellation) }
            if let sequence = cancelled.sequence {
                await queue.announce(ProgressMark(session: session, sequence: sequence))
            }
        }
    }

    private func withPatience(_ job: JobID, _ logger: Logger, _ work: @escaping @Sendable () async -> Void) async {
        do {
            try await withDeadline(Self.deliveryPatience, work)
        } catch {
            logger.warning(
                "queue not told in time",
                metadata: [LogKey.jobID: "\(job)", LogKey.error: "\(error)"]
            )
        }
    }
}
