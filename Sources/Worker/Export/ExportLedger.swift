import Record
import TramlineModel

/// Where every ticket of a session stands while its export runs, and which comes next. Pure: the clock is passed in.
///
/// An undecided ticket does not hold the others up; what stands below it does wait.
struct ExportLedger {
    /// Where a ticket stands.
    enum Standing: Sendable {
        /// To be created. A former request that Jira refused for its rate is probed first.
        case waiting(probe: CreateOperation?)
        case exported(ExportedIssue)
        /// A request has an unknown end.
        case lost(CreateOperation, lookAt: ContinuousClock.Instant)
        /// Nobody can tell whether it is in Jira.
        case parked(CreateOperation)
        /// Not to be exported.
        case skipped
    }

    /// In the order of creation.
    let tickets: [Ticket]
    /// One for each ticket, in the same order.
    private var standings: [Standing]
    private let places: [TicketID: Int]
    /// No ticket before this place waits to be created.
    private var firstWaiting = 0
    /// The places of tickets whose request has an unknown end.
    private var undecided: Set<Int> = []

    /// - Parameters:
    ///   - operations: the newest request of each ticket that is not in Jira.
    ///   - claim: of the job that exports. A retry is a person's word: what an earlier job parked is looked for once more.
    init(
        _ tickets: [Ticket],
        operations: [TicketID: CreateOperation],
        claim: JobClaim,
        now: ContinuousClock.Instant
    ) {
        self.tickets = tickets
        places = Dictionary(uniqueKeysWithValues: tickets.enumerated().map { ($1.id, $0) })
        standings = tickets.map { Self.standing($0, operations[$0.id], claim, now) }
        for (place, standing) in standings.enumerated() {
            if case .lost = standing { undecided.insert(place) }
        }
    }

    private static func standing(
        _ ticket: Ticket,
        _ operation: CreateOperation?,
        _ claim: JobClaim,
        _ now: ContinuousClock.Instant
    ) -> Standing {
        if let issue = ticket.issue { return .exported(issue) }
        if ticket.status == .skipped { return .skipped }
        guard let operation else { return .waiting(probe: nil) }
        switch operation.state {
        case .intended, .uncertain: return .lost(operation, lookAt: now)
        case .parked: return isPersonsWord(operation, claim) ? .lost(operation, lookAt: now) : .parked(operation)
        case .refused: return .waiting(probe: operation.httpStatus == 429 ? operation : nil)
        case .created: return .waiting(probe: nil)
        }
    }

    /// Whether a person has asked to go on with what was parked.
    static func isPersonsWord(_ operation: CreateOperation, _ claim: JobClaim) -> Bool {
        operation.state == .parked && claim.job.kind == .retry && operation.job != claim.job.id
    }

    // MARK: Changes

    mutating func record(_ issue: ExportedIssue, for ticket: TicketID) { set(.exported(issue), of: ticket) }

    mutating func lose(_ operation: CreateOperation, lookAt instant: ContinuousClock.Instant) {
        set(.lost(operation, lookAt: instant), of: operation.ticket)
    }

    mutating func park(_ operation: CreateOperation) { set(.parked(operation), of: operation.ticket) }

    /// The request has made nothing: the ticket is created anew.
    mutating func release(_ ticket: TicketID) { set(.waiting(probe: nil), of: ticket) }

    private mutating func set(_ standing: Standing, of ticket: TicketID) {
        guard let place = places[ticket] else { preconditionFailure("a ledger knows its tickets") }
        standings[place] = standing
        if case .lost = standing { undecided.insert(place) } else { undecided.remove(place) }
        if case .waiting = standing { firstWaiting = min(firstWaiting, place) }
    }

    // MARK: What comes next

    /// The first ticket that can be created now, with the request to be probed for first.
    mutating func next() -> (ticket: Ticket, probe: CreateOperation?)? {
        while firstWaiting < tickets.count {
            if case .waiting = standings[firstWaiting] { break }
            firstWaiting += 1
        }
        for place in firstWaiting..<tickets.count {
            if case .waiting(let probe) = standings[place], !mustWait(tickets[place]) { return (tickets[place], probe) }
        }
        return nil
    }

    /// Whether a ticket must wait because what stands above it is not in Jira yet.
    private func mustWait(_ ticket: Ticket) -> Bool {
        guard case .ticket(let parent) = ticket.parent, let place = places[parent] else { return false }
        return switch standings[place] {
        case .waiting, .lost, .parked: true
        case .exported, .skipped: false
        }
    }

    /// All lost creates, as soon as one of them is to be looked for: one look serves all.
    func lost(dueAt now: ContinuousClock.Instant) -> [LostCreate] {
        guard let look = nextLook, look <= now else { return [] }
        return undecided.sorted().compactMap { place in
            guard case .lost(let operation, _) = standings[place] else { return nil }
            return LostCreate(newest: operation, of: tickets[place])
        }
    }

    /// When lost creates are to be looked for; `nil` when there are none.
    var nextLook: ContinuousClock.Instant? {
        undecided.compactMap { place in
            if case .lost(_, let instant) = standings[place] { instant } else { nil }
        }.min()
    }

    /// The tickets that a person must look at.
    var parked: [(ticket: Ticket, operation: CreateOperation)] {
        zip(tickets, standings).compactMap { ticket, standing in
            if case .parked(let operation) = standing { (ticket, operation) } else { nil }
        }
    }

    /// The issue that a ticket has become.
    func issue(of ticket: TicketID) -> ExportedIssue? {
        guard let place = places[ticket], case .exported(let issue) = standings[place] else { return nil }
        return issue
    }

    /// The key of the issue that stands above a ticket.
    func parentKey(of ticket: Ticket) -> String? {
        switch ticket.parent {
        case .ticket(let parent): issue(of: parent)?.key
        case .key(let key): key
        case nil: nil
        }
    }
}
