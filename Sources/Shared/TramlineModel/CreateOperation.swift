package import Foundation

/// Where one create request to Jira stands.
///
/// `intended → created | refused | uncertain`, `uncertain → created (adopted) | refused (absent) | parked`,
/// `parked → created (adopted, when a person asks for another look)`.
package enum OperationState: String, Sendable, CaseIterable, Codable {
    /// Committed before the request was sent. Found by a later claim, it counts as uncertain.
    case intended
    /// Jira has the issue; its id and key are in the record.
    case created
    /// Nothing was made: another request is safe.
    case refused
    /// The request may or may not have made an issue: reconcile before anything else is created.
    case uncertain
    /// Could not be decided: a person must look.
    case parked
}

/// One create request to Jira for a ticket.
package struct CreateOperation: Sendable {
    package var id: OperationID
    package var ticket: TicketID
    package var job: JobID
    package var epoch: Epoch
    /// From 1, over all jobs of the ticket.
    package var attempt: Int
    package var marker: Marker
    package var state: OperationState
    /// The highest issue number of the project known before the request: the key walk starts above it.
    package var lowKeyNumber: Int64?
    /// By the database's clock, as ``deadlineAt``.
    package var intendedAt: Date
    /// When this side gives the request up. Jira may act upon it even later.
    package var deadlineAt: Date
    /// Jira's clock at the intention; `nil` when it had not told it yet.
    package var jiraTime: Date?
    /// The status of Jira's answer, if there was one that did not make an issue.
    package var httpStatus: Int?

    package init(
        id: OperationID,
        ticket: TicketID,
        job: JobID,
        epoch: Epoch,
        attempt: Int,
        marker: Marker,
        state: OperationState,
        lowKeyNumber: Int64?,
        intendedAt: Date,
        deadlineAt: Date,
        jiraTime: Date?,
        httpStatus: Int?
    ) {
        self.id = id
        self.ticket = ticket
        self.job = job
        self.epoch = epoch
        self.attempt = attempt
        self.marker = marker
        self.state = state
        self.lowKeyNumber = lowKeyNumber
        self.intendedAt = intendedAt
        self.deadlineAt = deadlineAt
        self.jiraTime = jiraTime
        self.httpStatus = httpStatus
    }
}
