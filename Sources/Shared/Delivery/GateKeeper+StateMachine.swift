import TramlineModel

/// Why a waiter's sleep ended.
enum GateSignal: Sendable {
    case askAgain
    case deadline
    case closed
}

/// Who waits in this process, for which site, until when: the rules of the gate keeper, without Redis or a clock.
///
/// A waiter asks Redis and then sleeps. Four things end the sleep: a wake for its ticket, the instant that Redis named, its
/// deadline, and cancellation. A wake that comes while the waiter is still asking is remembered, so none is lost. Each site with
/// waiters has one pulse, which finds what a lost wake would have told.
struct GateWaitingRoom<Sleeper> {
    typealias Instant = ContinuousClock.Instant
    typealias Ticket = UInt64

    private struct Waiter {
        let site: SiteID
        let deadline: Instant
        var sleeper: Sleeper?
        var alarm: Instant?
        var hasWake = false
    }

    private struct Site {
        var tickets: Set<Ticket> = []
        var nextPulse: Instant
        /// The generation that the newest answer came from.
        var generation: Int64?
    }

    private var waiters: [Ticket: Waiter] = [:]
    private var sites: [SiteID: Site] = [:]
    private var passes: [Ticket: GatePass] = [:]
    private var departures: [(pass: GatePass, departure: GateDeparture, due: Instant)] = []
    private var departing = 0
    private(set) var isClosed = false
    private let pulse: Duration

    init(pulse: Duration) {
        self.pulse = pulse
    }

    /// Whether nothing is left to be done for anybody.
    var isEmpty: Bool { waiters.isEmpty && passes.isEmpty && departures.isEmpty && departing == 0 }

    var heldPasses: [GatePass] { Array(passes.values) }

    // MARK: Waiters

    /// Begins to wait, before the first asking. Returns `false` when the keeper has stopped.
    mutating func arrive(_ ticket: Ticket, at site: SiteID, deadline: Instant, now: Instant) -> Bool {
        guard !isClosed else { return false }
        waiters[ticket] = Waiter(site: site, deadline: deadline)
        sites[site, default: Site(nextPulse: now + pulse)].tickets.insert(ticket)
        return true
    }

    /// Notes that Redis has answered about a site. A new generation means that all other places at the gate are lost.
    ///
    /// - Returns: Sleepers that must ask again.
    mutating func answered(_ site: SiteID, generation: Int64?, now: Instant) -> [Sleeper] {
        guard let old = sites[site], let generation else { return [] }
        sites[site]?.generation = generation
        sites[site]?.nextPulse = now + pulse
        guard let known = old.generation, known != generation else { return [] }
        return wakeAll(at: site)
    }

    /// Puts a waiter to sleep, until `alarm` at the latest. Returns the reason not to.
    mutating func sleep(_ ticket: Ticket, _ sleeper: Sleeper, until alarm: Instant?, now: Instant) -> GateSignal? {
        guard !isClosed else { return .closed }
        guard var waiter = waiters[ticket] else { preconditionFailure("A waiter arrives before it sleeps") }
        precondition(waiter.sleeper == nil, "A waiter sleeps once")
        if waiter.hasWake {
            waiters[ticket]?.hasWake = false
            return .askAgain
        }
        if waiter.deadline <= now { return .deadline }
        waiter.sleeper = sleeper
        waiter.alarm = alarm
        waiters[ticket] = waiter
        return nil
    }

    /// Wakes a waiter; remembers it when the waiter is not asleep. Unknown tickets have gone.
    mutating func wake(_ ticket: Ticket) -> Sleeper? {
        guard waiters[ticket] != nil else { return nil }
        if let sleeper = takeSleeper(ticket) { return sleeper }
        waiters[ticket]?.hasWake = true
        return nil
    }

    mutating func wakeAll(at site: SiteID) -> [Sleeper] {
        (sites[site]?.tickets ?? []).sorted().compactMap { wake($0) }
    }

    /// Plans a pulse of every site with waiters, after wakes may have been missed.
    mutating func pulseEverySite(now: Instant) {
        for site in sites.keys { sites[site]?.nextPulse = now }
    }

    /// Takes a waiter out, granted or not; also ends its sleep.
    mutating func leave(_ ticket: Ticket, with pass: GatePass? = nil) -> Sleeper? {
        guard let waiter = waiters.removeValue(forKey: ticket) else { return nil }
        sites[waiter.site]?.tickets.remove(ticket)
        if sites[waiter.site]?.tickets.isEmpty == true { sites[waiter.site] = nil }
        if let pass { passes[ticket] = pass }
        return waiter.sleeper
    }

    // MARK: Passes

    /// Notes that a pass is to be given back.
    mutating func depart(_ ticket: Ticket, _ departure: GateDeparture, now: Instant) {
        guard let pass = passes.removeValue(forKey: ticket) else { return }
        departures.append((pass, departure, now))
    }

    /// Ends one attempt to give a pass back; a failed one is repeated at `retry`.
    mutating func departed(_ pass: GatePass, _ departure: GateDeparture, retry: Instant?) {
        departing -= 1
        if let retry { departures.append((pass, departure, retry)) }
    }

    // MARK: Time

    struct Due {
        var sleepers: [(sleeper: Sleeper, signal: GateSignal)] = []
        var pulses: [SiteID] = []
        var departures: [(pass: GatePass, departure: GateDeparture)] = []
    }

    /// Collects what has come due.
    mutating func due(at now: Instant) -> Due {
        var due = Due()
        for (ticket, waiter) in waiters where waiter.sleeper != nil {
            let isLate = waiter.deadline <= now
            guard isLate || (waiter.alarm.map { $0 <= now } ?? false), let sleeper = takeSleeper(ticket) else {
                continue
            }
            due.sleepers.append((sleeper, isLate ? .deadline : .askAgain))
        }
        for (site, state) in sites where state.nextPulse <= now {
            sites[site]?.nextPulse = now + pulse
            due.pulses.append(site)
        }
        var later: [(pass: GatePass, departure: GateDeparture, due: Instant)] = []
        for entry in departures {
            if entry.due <= now { due.departures.append((entry.pass, entry.departure)) } else { later.append(entry) }
        }
        departures = later
        departing += due.departures.count
        return due
    }

    /// When something comes due next.
    var nextAlarm: Instant? {
        var next: Instant?
        func consider(_ instant: Instant?) {
            if let instant { next = min(next ?? instant, instant) }
        }
        for waiter in waiters.values where waiter.sleeper != nil {
            consider(waiter.alarm)
            consider(waiter.deadline)
        }
        for site in sites.values { consider(site.nextPulse) }
        for departure in departures { consider(departure.due) }
        return next
    }

    /// Stops: nobody new is let in, and who sleeps is sent away.
    mutating func close() -> [Sleeper] {
        isClosed = true
        return Array(waiters.keys).compactMap { takeSleeper($0) }
    }

    // MARK: Parts

    private mutating func takeSleeper(_ ticket: Ticket) -> Sleeper? {
        waiters[ticket]?.alarm = nil
        return waiters[ticket]?.sleeper.take()
    }
}
