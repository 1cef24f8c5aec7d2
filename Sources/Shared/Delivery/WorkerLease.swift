import Synchronization
package import TramlineModel

/// A worker's right to hold anything, as far as the worker itself can know.
///
/// Redis's clock decides when a lease ends. This is the worker's own, careful view of it: a lease that was asked for at
/// some instant ends here one lease length after that instant, so never later than in Redis. The clock goes on while the
/// machine sleeps (`CLOCK_BOOTTIME`), so a process that was stopped and wakes late knows at once.
///
/// One object per run of a worker; ``Delivery`` moves it on, everybody may look.
package final class WorkerLease: Sendable {
    private struct State {
        var end: ContinuousClock.Instant?
        var generation: Int64?
    }

    package let worker: WorkerID
    private let state = Mutex(State())

    package init(worker: WorkerID) {
        self.worker = worker
    }

    /// When it ends if it is not extended; `nil` when it has not begun, or is known to have ended.
    package var end: ContinuousClock.Instant? { state.withLock { $0.end } }

    /// Whether it stands at an instant.
    package func stands(at instant: ContinuousClock.Instant = .now) -> Bool {
        end.map { $0 > instant } ?? false
    }

    /// The generation of Redis's data that it was registered in.
    var generation: Int64? { state.withLock { $0.generation } }

    func begin(until end: ContinuousClock.Instant, generation: Int64) {
        state.withLock { $0 = State(end: end, generation: generation) }
    }

    /// An answer that is overtaken by a later one must not shorten it.
    func extend(until end: ContinuousClock.Instant) {
        state.withLock { state in
            guard let current = state.end else { return }
            state.end = max(current, end)
        }
    }

    /// Redis has given what it held to others, or forgets it.
    func lose() {
        state.withLock { $0.end = nil }
    }
}
