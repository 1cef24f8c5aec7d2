import TramlineModel

/// Why a waiter's sleep ended.
enum GateSignal: Sendable {
    case askAgain
    case deadline
    case closed
}

/// In what places at gates last: one generation of Redis's data, and one unbroken lease of the worker.
struct GateEra: Sendable, Equatable {
    let generation: Int64
    let term: Int
}

/// Something that Redis must hear of, although nobody waits for it any more.
struct GateErrand: Sendable {
    enum Content: Sendable {
        case giveBack(GatePass, GateDeparture)
        case withdraw(member: String)
    }

    let ticket: UInt64
    let site: SiteID
    let content: Content
}

/// Who waits in this process, for which site, until when: the rules of the gate keeper, without Redis or a clock.
///
/// A waiter asks Redis and then sleeps. Four things end the sleep: a wake for its ticket, the instant that Redis named, its
/// deadline, and cancellation. A wake that comes while the waiter is still asking is remembered, so none is lost. Each site
/// with waiters has one pulse, which finds what a lost wake would have told; no answer puts it off, since answers to some
/// say nothing of the wakes of others. Passes are given back, and places given up, by
/// errands, which are repeated until Redis has heard them.
struct GateWaitingRoom<Sleeper> {
    typealias Instant = ContinuousClock.Instant
    typealias Ticket = UInt64

    private struct Waiter {
        let job: JobID
        let site: SiteID
        var deadline: Instant
        /// How long it would wait at first.
        let patience: Duration
        var sleeper: Sleeper?
        var hasWake = false
    }

    private struct Site {
        var tickets: Set<Ticket> = []
        /// What the newest answer came from.
        var era: GateEra?
    }

    private var waiters: [Ticket: Waiter] = [:]
    private var sites: [SiteID: Site] = [:]
    private var passes: [Ticket: GatePass] = [:]
    /// When a sleeper asks again by itself.
    private var alarms = TimerTable<Ticket>()
    /// When a sleeper gives up.
    private var deadlines = TimerTable<Ticket>()
    private var pulses = TimerTable<SiteID>()
    private var errands: [(errand: GateErrand, due: Instant)] = []
    private var errandsUnderWay = 0
    private var errandTickets: Set<Ticket> = []
    private(set) var isClosed = false
    private let pulse: Duration

    init(pulse: Duration) {
        self.pulse = pulse
    }

    /// Whether nothing is left to be done for anybody.
    var isEmpty: Bool { waiters.isEmpty && passes.isEmpty && errands.isEmpty && errandsUnderWay == 0 }

    var heldPasses: [GatePass] { Array(passes.values) }

    // MARK: Waiters

    /// Begins to wait, before the first asking. Returns `false` when the keeper has stopped.
    mutating func arrive(
        _ ticket: Ticket,
        of job: JobID,
        at site: SiteID,
        deadline: Instant,
        now: Instant
    ) -> Bool {
        guard !isClosed else { return false }
        waiters[ticket] = Waiter(job: job, site: site, deadline: deadline, patience: now.duration(to: deadline))
        if sites[site] == nil { pulses[site] = now + pulse }
        sites[site, default: Site()].tickets.insert(ticket)
        return true
    }

    /// Notes that Redis has answered about a site. In a new era all other places at the gate are lost.
    ///
    /// - Parameter era: `nil` when Redis remembers nothing now.
    /// - Returns: Sleepers that must ask again.
    mutating func answered(_ site: SiteID, era: GateEra?) -> [Sleeper] {
        guard let era, let known = sites[site] else { return [] }
        sites[site]?.era = era
        return (known.era ?? era) == era ? [] : wakeAll(at: site)
    }

    /// Puts a waiter to sleep, until `alarm` at the latest. Returns the reason not to.
    mutating func sleep(_ ticket: Ticket, _ sleeper: Sleeper, until alarm: Instant?, now: Instant) -> GateSignal? {
        guard !isClosed else { return .closed }
        guard let waiter = waiters[ticket] else { preconditionFailure("A waiter arrives before it sleeps") }
        precondition(waiter.sleeper == nil, "A waiter sleeps once")
        if waiter.deadline <= now { return .deadline }
        if waiter.hasWake {
            waiters[ticket]?.hasWake = false
            return .askAgain
        }
        waiters[ticket]?.sleeper = sleeper
        alarms[ticket] = alarm
        deadlines[ticket] = waiter.deadline
        return nil
    }

    /// Wakes a waiter; remembers it when the waiter is not asleep.
    mutating func wake(_ ticket: Ticket) -> Sleeper? {
        guard waiters[ticket] != nil else { return nil }
        if let sleeper = takeSleeper(ticket) { return sleeper }
        waiters[ticket]?.hasWake = true
        return nil
    }

    /// Wakes everybody at a site.
    mutating func wakeAll(at site: SiteID) -> [Sleeper] {
        // Tickets are in order of arrival, and so are the new places.
        (sites[site]?.tickets ?? []).sorted().compactMap { wake($0) }
    }

    /// Wakes everybody who waits in the name of a job.
    mutating func wakeAll(of job: JobID) -> [Sleeper] {
        waiters.filter { $0.value.job == job }.keys.compactMap { wake($0) }
    }

    /// Puts the deadlines of all who wait at a paused site off: it is not their turn that is late.
    mutating func holdDeadlines(at site: SiteID, now: Instant) {
        for ticket in sites[site]?.tickets ?? [] {
            guard var waiter = waiters[ticket] else { continue }
            waiter.deadline = max(waiter.deadline, now + waiter.patience)
            waiters[ticket] = waiter
            if waiter.sleeper != nil { deadlines[ticket] = waiter.deadline }
        }
    }

    /// Sees to a place or a pass in our name that nobody here has: left by a question whose asker had gone before Redis
    /// read it. It would hold everybody up for as long as we live.
    ///
    /// - Returns: Whether an errand was added.
    mutating func disown(_ ticket: Ticket, member: String, at site: SiteID, now: Instant) -> Bool {
        guard waiters[ticket] == nil, passes[ticket] == nil, !errandTickets.contains(ticket) else { return false }
        add(GateErrand(ticket: ticket, site: site, content: .withdraw(member: member)), due: now)
        return true
    }

    /// Plans a pulse of every site with waiters, after wakes may have been missed.
    mutating func pulseEverySite(now: Instant) {
        for site in sites.keys { pulses[site] = now }
    }

    /// Takes a waiter out: with its pass, or with the errand to give its place up.
    mutating func leave(_ ticket: Ticket, with pass: GatePass) {
        remove(ticket)
        passes[ticket] = pass
    }

    mutating func leave(_ ticket: Ticket, withdrawing member: String, from site: SiteID, now: Instant) {
        remove(ticket)
        add(GateErrand(ticket: ticket, site: site, content: .withdraw(member: member)), due: now)
    }

    // MARK: Errands

    /// Notes that a pass is to be given back.
    mutating func depart(_ ticket: Ticket, _ departure: GateDeparture, now: Instant) {
        guard let pass = passes.removeValue(forKey: ticket) else { return }
        add(GateErrand(ticket: ticket, site: pass.site, content: .giveBack(pass, departure)), due: now)
    }

    /// Ends one attempt at an errand; a failed one is repeated at `retry`.
    mutating func done(_ errand: GateErrand, retry: Instant?) {
        precondition(errandsUnderWay > 0, "An errand begins before it is done")
        errandsUnderWay -= 1
        errandTickets.remove(errand.ticket)
        if let retry { add(errand, due: retry) }
    }

    // MARK: Time

    struct Due {
        var sleepers: [(sleeper: Sleeper, signal: GateSignal)] = []
        var pulses: [SiteID] = []
        var errands: [GateErrand] = []
    }

    /// Collects what has come due.
    mutating func due(at now: Instant) -> Due {
        var due = Due()
        for ticket in deadlines.popDue(at: now) {
            if let sleeper = takeSleeper(ticket) { due.sleepers.append((sleeper, .deadline)) }
        }
        for ticket in alarms.popDue(at: now) {
            if let sleeper = takeSleeper(ticket) { due.sleepers.append((sleeper, .askAgain)) }
        }
        due.pulses = pulses.popDue(at: now)
        for site in due.pulses { pulses[site] = now + pulse }
        due.errands = takeErrands { $0 <= now }
        return due
    }

    /// No later than when something comes due next.
    var nextAlarm: Instant? {
        [alarms.bound, deadlines.bound, pulses.bound, errands.map(\.due).min()].compactMap { $0 }.min()
    }

    /// Stops: nobody new is let in, and who sleeps is sent away.
    mutating func close() -> [Sleeper] {
        isClosed = true
        return Array(waiters.keys).compactMap { takeSleeper($0) }
    }

    /// Takes all errands that nobody is on, for a last attempt.
    mutating func takeLastErrands() -> [GateErrand] { takeErrands { _ in true } }

    // MARK: Parts

    private mutating func add(_ errand: GateErrand, due: Instant) {
        errandTickets.insert(errand.ticket)
        errands.append((errand, due))
    }

    private mutating func remove(_ ticket: Ticket) {
        guard let waiter = waiters.removeValue(forKey: ticket) else { return }
        precondition(waiter.sleeper == nil, "A waiter is awake when it leaves")
        sites[waiter.site]?.tickets.remove(ticket)
        guard sites[waiter.site]?.tickets.isEmpty == true else { return }
        sites[waiter.site] = nil
        pulses[waiter.site] = nil
    }

    private mutating func takeErrands(_ isDue: (Instant) -> Bool) -> [GateErrand] {
        let taken = errands.filter { isDue($0.due) }.map(\.errand)
        errands.removeAll { isDue($0.due) }
        errandsUnderWay += taken.count
        return taken
    }

    private mutating func takeSleeper(_ ticket: Ticket) -> Sleeper? {
        guard let sleeper = waiters[ticket]?.sleeper.take() else { return nil }
        alarms[ticket] = nil
        deadlines[ticket] = nil
        return sleeper
    }
}
