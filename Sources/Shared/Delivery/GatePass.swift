import Synchronization
package import TramlineModel

/// The right to send one request to a site, now.
///
/// The holder calls ``requestStarted()`` directly before the request leaves, and may call ``requestSent()`` when it has and
/// ``requestEnded()`` when its answer has come; the spacing is counted from these.
package final class GatePass: Sendable {
    private struct State {
        var turn: Int64
        var startedAt: ContinuousClock.Instant?
        var endedAt: ContinuousClock.Instant?
        var closure: Duration?
    }

    package let site: SiteID
    package let job: JobID
    package let isSpaced: Bool
    let member: String
    /// Redis's clock when the gate was granted; a moment after `askedAt`.
    let grantedMilliseconds: Int64
    /// This machine's clock when the gate was asked for, with the question that was granted.
    let askedAt: ContinuousClock.Instant
    private let lease: WorkerLease
    /// The term of the lease in which the gate was asked for.
    private let term: Int
    private let state: Mutex<State>

    init(
        waiter: GateWaiter,
        site: SiteID,
        term: Int,
        turn: Int64,
        grantedMilliseconds: Int64,
        askedAt: ContinuousClock.Instant
    ) {
        self.site = site
        self.job = waiter.job
        self.isSpaced = waiter.isSpaced
        self.member = waiter.member
        self.lease = waiter.lease
        self.term = term
        self.grantedMilliseconds = grantedMilliseconds
        self.askedAt = askedAt
        self.state = Mutex(State(turn: turn))
    }

    /// Notes that the request leaves now. Call it directly before sending.
    ///
    /// - Throws: ``DeliveryError`` with `.leaseLost` when the worker's lease has ended since the gate was granted, for
    ///   instance while the process was stopped: another worker may have the gate, so the request must not be sent.
    package func requestStarted() throws(DeliveryError) {
        let now = ContinuousClock.now
        let isStale = state.withLock { state in
            if state.turn < 0 || !lease.stands(at: now, term: term) { return true }
            state.startedAt = now
            return false
        }
        if isStale { throw DeliveryError(.leaseLost, "the worker's lease ended before the request was sent") }
    }

    /// Notes that the request's first bytes have just gone out, where the sender can tell; the spacing counts from here.
    package func requestSent() {
        state.withLock { state in
            if state.startedAt != nil { state.startedAt = .now }
        }
    }

    /// Notes that the answer has come; the last call counts. Without it, the end of the pass is taken.
    package func requestEnded() {
        state.withLock { $0.endedAt = .now }
    }

    /// Closes the gate for everybody for so long from now: what a 429 asks for. The longest call counts.
    package func closeGate(for duration: Duration) {
        state.withLock { $0.closure = max($0.closure ?? .zero, duration) }
    }

    /// How the request went, once the pass is given back.
    func departure(at now: ContinuousClock.Instant = .now) -> GateDeparture {
        state.withLock { state in
            GateDeparture(
                turn: state.turn,
                startedAfter: state.startedAt.map { $0 - askedAt },
                roundTrip: state.startedAt.map { (state.endedAt ?? now) - $0 },
                closeFor: state.closure
            )
        }
    }

    /// Takes the number that the pass has been given after Redis forgot it; negative when the gate is another's.
    func renew(turn: Int64) {
        state.withLock { $0.turn = turn }
    }
}

/// What Redis is told when a pass is given back.
struct GateDeparture: Sendable {
    let turn: Int64
    let startedAfter: Duration?
    let roundTrip: Duration?
    let closeFor: Duration?
}
