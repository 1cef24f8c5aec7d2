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
        var term = 0
    }

    package let worker: WorkerID
    /// What the worker says of itself, for people; `nil` for nothing.
    package let facts: WorkerFacts?
    private let state = Mutex(State())

    /// - Parameter worker: Not empty, and without spaces: it stands in messages.
    package init(worker: WorkerID, facts: WorkerFacts? = nil) {
        precondition(!worker.rawValue.isEmpty && !worker.rawValue.contains(" "), "A worker's name has no spaces")
        self.worker = worker
        self.facts = facts
    }

    /// When it ends if it is not extended; `nil` when it has not begun, or is known to have ended.
    package var end: ContinuousClock.Instant? { state.withLock { $0.end } }

    /// Whether it stands at an instant.
    package func stands(at instant: ContinuousClock.Instant = .now) -> Bool {
        end.map { $0 > instant } ?? false
    }

    /// Whether it has stood without a break since a term was looked up, and stands at an instant.
    ///
    /// A process that was stopped may find its lease lost and begun anew before it goes on with what it was about to do.
    package func stands(at instant: ContinuousClock.Instant = .now, term: Int) -> Bool {
        state.withLock { $0.term == term && ($0.end.map { $0 > instant } ?? false) }
    }

    /// Grows by one with each break.
    package var term: Int { state.withLock { $0.term } }

    /// The generation of Redis's data that it was registered in.
    var generation: Int64? { state.withLock { $0.generation } }

    /// Begins anew. Where the old one still stood, as after Redis forgot it, there was no break.
    func begin(until end: ContinuousClock.Instant, generation: Int64, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            if state.end.map({ $0 <= now }) ?? true { state.term += 1 }
            state.end = end
            state.generation = generation
        }
    }

    /// An answer that is overtaken by a later one must not shorten it.
    func extend(until end: ContinuousClock.Instant) {
        state.withLock { state in
            guard let current = state.end else { return }
            state.end = max(current, end)
        }
    }

    /// Redis has given what it held to others, or it has been given back.
    func lose() {
        state.withLock { state in
            state.end = nil
            state.term += 1
        }
    }
}
