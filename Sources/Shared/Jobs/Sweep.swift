package import Delivery
package import Record
package import TramlineModel

/// Puts every live job that the queue has lost back into it.
///
/// Idempotent: a job that is ready, delayed or held anywhere is left alone.
package struct Sweep: Sendable {
    /// How many jobs one look takes: a script of so many keeps Redis busy for a few milliseconds.
    private static let page = 1000

    private let jobs: JobStore
    private let delivery: Delivery
    private let scheduler: WorkerID?

    /// - Parameter scheduler: Who sweeps: what it finds is taken only while it is the scheduler. `nil` for an operator.
    package init(jobs: JobStore, delivery: Delivery, scheduler: WorkerID? = nil) {
        self.jobs = jobs
        self.delivery = delivery
        self.scheduler = scheduler
    }

    /// Looks at all live jobs once.
    /// - Parameter includingRunning: whether jobs that the record calls running may be put back too: only when every
    ///   worker that is alive has told the queue what it holds.
    /// - Returns: How many were missing.
    package func run(includingRunning: Bool) async throws -> Int {
        var restored = 0
        var cursor: JobID?
        repeat {
            let batch = try await jobs.live(after: cursor, limit: Self.page)
            let lost = batch.filter { includingRunning || $0.state != .running }
            restored += try await delivery.restore(
                lost.map { QueuedJob($0) },
                as: scheduler
            )
            cursor = batch.count == Self.page ? batch.last?.id : nil
        } while cursor != nil
        return restored
    }
}

extension QueuedJob {
    /// A live job, due when the record says.
    init(_ job: LiveJob) {
        self.init(
            id: job.id,
            priority: job.priority,
            kind: job.kind,
            team: job.team,
            delay: job.dueIn > .zero ? job.dueIn : nil
        )
    }
}
