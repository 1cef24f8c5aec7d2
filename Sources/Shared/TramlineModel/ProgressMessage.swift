import Foundation

/// What a session's listeners are told: the three messages of an export, as they stand on the wire.
package enum ProgressMessage: Sendable, Hashable {
    case progress(Progress)
    case complete(Complete)
    case failed(Failed)

    /// A step of an export that goes on.
    package struct Progress: Sendable, Hashable, Encodable {
        package let type = "export_progress"
        package var sequence: Int64
        package var sessionID: SessionID
        package var taskID: JobID
        package let status = "exporting"
        package var progressPercentage: Double
        package var currentStage: String
        package var ticketsCompleted: Int
        package var ticketsFailed: Int
        package var totalTickets: Int
        package var estimatedTimeRemainingMinutes: Int
        package var currentJiraProject: String

        package init(
            sequence: Int64,
            session: SessionID,
            task: JobID,
            counts: ExportCounts,
            project: String,
            spacing: Duration
        ) {
            self.sequence = sequence
            self.sessionID = session
            self.taskID = task
            self.progressPercentage = counts.percentage
            self.currentStage = counts.currentStage
            self.ticketsCompleted = counts.exportedTickets
            self.ticketsFailed = counts.failedTickets
            self.totalTickets = counts.totalTickets
            self.estimatedTimeRemainingMinutes = counts.minutesRemaining(spacing: spacing)
            self.currentJiraProject = project
        }

        private enum CodingKeys: String, CodingKey {
            case type, sequence, status
            case sessionID = "session_id"
            case taskID = "task_id"
            case progressPercentage = "progress_percentage"
            case currentStage = "current_stage"
            case ticketsCompleted = "tickets_completed"
            case ticketsFailed = "tickets_failed"
            case totalTickets = "total_tickets"
            case estimatedTimeRemainingMinutes = "estimated_time_remaining_minutes"
            case currentJiraProject = "current_jira_project"
        }
    }

    /// The end of an export that has created every ticket.
    package struct Complete: Sendable, Hashable, Encodable {
        package let type = "export_complete"
        package var sequence: Int64
        package var sessionID: SessionID
        package var taskID: JobID
        package let status = "completed"
        package var ticketsCreated: Int
        package var dependenciesCreated: Int
        package var manualFixesNeeded: Int
        package var totalProcessingTimeMinutes: Double

        /// - Parameter duration: from the start of the export to its end.
        package init(sequence: Int64, session: SessionID, task: JobID, counts: ExportCounts, duration: Duration) {
            self.sequence = sequence
            self.sessionID = session
            self.taskID = task
            self.ticketsCreated = counts.exportedTickets
            self.dependenciesCreated = counts.linkedLinks
            self.manualFixesNeeded = counts.manualFixes
            self.totalProcessingTimeMinutes = duration.inMinutes
        }

        private enum CodingKeys: String, CodingKey {
            case type, sequence, status
            case sessionID = "session_id"
            case taskID = "task_id"
            case ticketsCreated = "tickets_created"
            case dependenciesCreated = "dependencies_created"
            case manualFixesNeeded = "manual_fixes_needed"
            case totalProcessingTimeMinutes = "total_processing_time_minutes"
        }
    }

    /// The end of an export that could not go on, or was cancelled.
    package struct Failed: Sendable, Hashable, Encodable {
        package let type = "export_failed"
        package var sequence: Int64
        package var sessionID: SessionID
        package var taskID: JobID
        /// `failed`, or `cancelled`.
        package private(set) var status = "failed"
        /// The ticket, by its place in the order of creation, at which it failed or stopped.
        package var failedAtTicket: Int
        package var errorCategory: FaultCategory
        package var retryAvailable: Bool
        package var errorMessage: String

        package init(
            sequence: Int64,
            session: SessionID,
            task: JobID,
            failedAtTicket: Int,
            fault: Fault,
            retryAvailable: Bool
        ) {
            self.sequence = sequence
            self.sessionID = session
            self.taskID = task
            self.failedAtTicket = failedAtTicket
            self.errorCategory = fault.category
            self.retryAvailable = retryAvailable
            self.errorMessage = fault.userMessage
        }

        /// The end of an export that a person cancelled. Going on with it is always possible, and costs nothing.
        /// - Parameter next: the ticket at which it would go on.
        package static func cancelled(
            sequence: Int64,
            session: SessionID,
            task: JobID,
            stoppedAtTicket next: Int
        ) -> Failed {
            var message = Failed(
                sequence: sequence,
                session: session,
                task: task,
                failedAtTicket: next,
                fault: Fault(
                    category: .userFixable,
                    code: "export_cancelled",
                    userMessage: "The export was cancelled.",
                    recoveryActions: []
                ),
                retryAvailable: true
            )
            message.status = "cancelled"
            return message
        }

        private enum CodingKeys: String, CodingKey {
            case type, sequence, status
            case sessionID = "session_id"
            case taskID = "task_id"
            case failedAtTicket = "failed_at_ticket"
            case errorCategory = "error_category"
            case retryAvailable = "retry_available"
            case errorMessage = "error_message"
        }
    }

    /// The message's `type` member.
    package var type: String {
        switch self {
        case .progress(let message): message.type
        case .complete(let message): message.type
        case .failed(let message): message.type
        }
    }

    /// Whether the stream ends with this message.
    package var isEnd: Bool {
        switch self {
        case .progress: false
        case .complete, .failed: true
        }
    }

    /// The message as it is sent: compact JSON, members sorted, so that equal messages are equal bytes.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data =
            switch self {
            case .progress(let message): try encoder.encode(message)
            case .complete(let message): try encoder.encode(message)
            case .failed(let message): try encoder.encode(message)
            }
        return String(decoding: data, as: UTF8.self)
    }
}
