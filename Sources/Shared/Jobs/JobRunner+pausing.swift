import Delivery
import Logging
import Synchronization
import TramlineModel

extension JobRunner {
    /// Has the jobs that run here and are paused end their steps; they go back to their places in the queue.
    ///
    /// A job that waits for its turn at a gate gives it up at once. One that is resumed meanwhile is handed back all the same,
    /// and claimed again.
    func obey(_ paused: Set<PauseScope>) {
        let stopped = desk.withLock { $0.pause { paused.hold($0) } }
        guard !stopped.isEmpty else { return }
        logger.notice("Jobs are paused: they go back after their steps", metadata: ["jobs": "\(stopped.count)"])
        for job in stopped { gates.callOff(job) }
    }
}
