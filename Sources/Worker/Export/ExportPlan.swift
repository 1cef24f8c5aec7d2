import Record
import TramlineModel

/// What an export still has to do, in order: tickets, then their files, then their links.
///
/// Made from the record alone, so that every claim continues where the last one stopped.
struct ExportPlan {
    /// Tickets that are not in Jira, in the order of creation.
    let tickets: [Ticket]
    let attachments: [AttachmentRow]
    let links: [DependencyRow]

    init(_ material: ExportMaterial) {
        tickets = material.tickets.filter { $0.status == .pending || $0.status == .failed }
        attachments = material.attachments.filter { $0.status == .pending }
        links = material.dependencies.filter { !$0.isSettled }
    }
}

/// The tickets of a session as the export goes on: which issue each has become.
struct ExportLedger {
    private(set) var issues: [TicketID: ExportedIssue] = [:]
    let tickets: [TicketID: Ticket]
    /// Tickets whose create request has an unknown end; what needs them waits too.
    private(set) var undecided: Set<TicketID> = []

    init(_ material: ExportMaterial) {
        tickets = Dictionary(uniqueKeysWithValues: material.tickets.map { ($0.id, $0) })
        for ticket in material.tickets { issues[ticket.id] = ticket.issue }
    }

    mutating func record(_ issue: ExportedIssue, for ticket: TicketID) {
        issues[ticket] = issue
        undecided.remove(ticket)
    }

    mutating func postpone(_ ticket: TicketID) { undecided.insert(ticket) }

    /// Whether a ticket must wait because its parent is undecided.
    func mustWait(_ ticket: Ticket) -> Bool {
        guard case .ticket(let parent) = ticket.parent else { return false }
        return undecided.contains(parent)
    }

    /// The key of the issue that stands above a ticket.
    func parentKey(of ticket: Ticket) -> String? {
        switch ticket.parent {
        case .ticket(let parent): issues[parent]?.key
        case .key(let key): key
        case nil: nil
        }
    }
}
