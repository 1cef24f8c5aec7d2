import Delivery
import Synchronization
import TramlineModel

/// What a worker runs now, and what it is.
struct RunnerDesk {
    private struct Entry {
        let epoch: Epoch
        /// The job as the queue knows it.
        let queued: QueuedJob
        let drop: DropSignal
        let signals: RunSignals
        /// Whether it was told to end; until it has, it takes up room, but the job is no longer the worker's.
        var isDropped = false
    }

    private var entries: [JobID: Entry] = [:]

    /// When the worker last told the queue what it holds.
    var registeredAt: ContinuousClock.Instant?
    /// Whether it is the elected scheduler, as of the last heartbeat.
    private(set) var isLeader = false

    var count: Int { entries.count }

    /// How many more jobs may be claimed: of any kind, and beyond them of those that a request waits for.
    ///
    /// A job that a request waits for has a reserved place where one is free, so that it takes none from the others. Pure
    /// arithmetic over what runs:
    ///
    /// | places | reserved | run | of them waited for | room | reserved room |
    /// |---|---|---|---|---|---|
    /// | 100 | 10 | 0 | 0 | 100 | 10 |
    /// | 100 | 10 | 100 | 0 | 0 | 10 |
    /// | 100 | 10 | 103 | 3 | 0 | 7 |
    /// | 100 | 10 | 60 | 12 | 50 | 0 |
    func room(places: Int, reserved: Int) -> (any: Int, waitedFor: Int) {
        let waitedFor = entries.values.count { $0.queued.priority == .waiting }
        let inReserve = min(waitedFor, reserved)
        return (max(0, places - (entries.count - inReserve)), reserved - inReserve)
    }

    /// The jobs that the worker may say it has.
    var jobs: [QueuedJob] { entries.values.compactMap { $0.isDropped ? nil : $0.queued } }

    /// Notes a new run.
    /// - Returns: The signal of an older run of the same job, to be fired.
    mutating func begin(_ claim: JobClaim, _ drop: DropSignal, _ signals: RunSignals) -> DropSignal? {
        let older = entries[claim.job.id]
        entries[claim.job.id] = Entry(
            epoch: claim.epoch,
            queued: QueuedJob(claim.job),
            drop: drop,
            signals: signals
        )
        return older?.drop
    }

    /// - Returns: Whether the worker has become the scheduler by it.
    mutating func setLeader(_ isLeader: Bool) -> Bool {
        defer { self.isLeader = isLeader }
        return isLeader && !self.isLeader
    }

    /// Of the job's run here; `nil` when there is none.
    func epoch(of job: JobID) -> Epoch? { entries[job]?.epoch }

    /// Whether this run is the job's newest here.
    func isNewest(_ claim: JobClaim) -> Bool { entries[claim.job.id]?.epoch == claim.epoch }

    mutating func end(_ claim: JobClaim) {
        guard entries[claim.job.id]?.epoch == claim.epoch else { return }
        entries[claim.job.id] = nil
    }

    /// Tells the runs of some jobs that somebody wants them cancelled.
    mutating func cancel(_ jobs: [JobID]) {
        for job in jobs { entries[job]?.signals.cancelling.set() }
    }

    /// Tells the runs of the kinds that are held that they are paused.
    /// - Returns: The jobs that were not told before.
    mutating func pause(_ isHeld: (JobKind) -> Bool) -> [JobID] {
        entries.compactMap { job, entry in
            guard isHeld(entry.queued.kind), !entry.signals.pausing.isSet else { return nil }
            entry.signals.pausing.set()
            return job
        }
    }

    /// Gives up some jobs, or all.
    /// - Returns: Their signals, to be fired: they must write nothing more.
    mutating func drop(_ jobs: [JobID]?) -> [DropSignal] {
        (jobs ?? Array(entries.keys)).compactMap { job in
            guard let entry = entries[job], !entry.isDropped else { return nil }
            entries[job]?.isDropped = true
            return entry.drop
        }
    }
}

/// Ends a job's run from outside, at once: its claim is lost.
final class DropSignal: Sendable {
    private let state = Mutex((isFired: false, waiter: CheckedContinuation<Void, Never>?.none))

    func fire() {
        state.withLock { state in
            state.isFired = true
            return state.waiter.take()
        }?.resume()
    }

    /// Runs `work` until it ends or the signal is fired.
    /// - Returns: `nil` when it was fired; `work` has been cancelled and has ended by then.
    func race<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                await self.wait()
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return state.withLock { $0.isFired } ? nil : first
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isFired || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}
