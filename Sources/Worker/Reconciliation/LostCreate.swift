import Foundation
import TramlineModel

/// A create request with an unknown end, and what tells its issue from all others.
struct LostCreate: Sendable {
    let operation: CreateOperation
    let ticket: Ticket
    /// Whether no other request can have made an issue too: then the first one found is the only one.
    let isOnlyRequest: Bool

    var marker: Marker { operation.marker }

    /// The newest request of a ticket.
    init(newest operation: CreateOperation, of ticket: Ticket) {
        self.operation = operation
        self.ticket = ticket
        isOnlyRequest = operation.attempt == 1
    }

    /// The first of several requests of a ticket: all of their issues are looked for.
    init(firstOfSeveral operation: CreateOperation, of ticket: Ticket) {
        self.operation = operation
        self.ticket = ticket
        isOnlyRequest = false
    }
}

/// When an issue of a lost create can have come into being, by Jira's clock.
///
/// Jira's clock is not ours. Where it had been heard before the request, its reading was recorded with the intention; and
/// what it shows now tells the same again. Where the two differ, the window spans both.
struct JiraWindow: Sendable, Equatable {
    /// Nothing older can be the issue.
    let earliest: Date
    /// When this side gave the request up. Jira may have acted later.
    let deadline: Date

    /// How far clocks and their readings may be off before an issue is taken for older than it is.
    private static let slack: TimeInterval = 120
    /// A reading is whole seconds, and was on its way.
    private static let rounding: TimeInterval = 2

    /// - Parameters:
    ///   - databaseNow: the clock of the operation's own times.
    ///   - jiraNow: Jira's clock at the same moment; `nil` when it has never told it.
    init(_ operation: CreateOperation, databaseNow: Date, jiraNow: Date?) {
        let age = databaseNow.timeIntervalSince(operation.intendedAt)
        let derived = jiraNow?.addingTimeInterval(-age)
        let readings = [operation.jiraTime, derived].compactMap(\.self)
        let first = readings.min() ?? operation.intendedAt
        let last = readings.max() ?? operation.intendedAt
        earliest = first.addingTimeInterval(-Self.slack)
        let timeout = operation.deadlineAt.timeIntervalSince(operation.intendedAt)
        deadline = last.addingTimeInterval(timeout + Self.rounding)
    }
}
