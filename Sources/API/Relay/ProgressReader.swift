import Foundation
import NIOCore
import Record
import TramlineModel

/// Reads a session's progress from the record, as it is sent.
struct ProgressReader: Sendable {
    let sessions: SessionStore
    let spacing: Duration

    /// More than are kept, so that one reading gets all.
    private static let pageLimit = Int(SessionStore.keptMessages) * 2

    /// - Returns: `nil` when there is no such session.
    func read(_ session: SessionID, _ request: ProgressRequest) async throws -> ProgressReading? {
        let page =
            if request.wantsSnapshot {
                try await sessions.progressSnapshot(of: session, after: request.after, limit: Self.pageLimit)
            } else {
                try await sessions.progressPage(of: session, after: request.after ?? .max, limit: Self.pageLimit)
            }
        guard let page else { return nil }
        let newest = page.messages.last
        let isNewer = (newest?.sequence ?? 0) > page.mark.sequence
        return ProgressReading(
            sequence: isNewer ? newest?.sequence ?? 0 : page.mark.sequence,
            isOver: page.mark.status.isOver,
            endsWithEnd: isNewer ? newest?.isEnd ?? false : page.mark.endsWithEnd,
            lines: page.messages.map(Self.line),
            snapshot: try page.view.map { try snapshot($0, end: page.end) }
        )
    }

    private static func line(_ message: StoredMessage) -> ProgressLine {
        ProgressLine(sequence: message.sequence, isEnd: message.isEnd, text: ByteBuffer(string: message.json))
    }

    private func snapshot(_ view: ExportView, end: StoredMessage?) throws -> ProgressLine {
        let session = view.session
        if session.status.isOver {
            if let end { return Self.line(end) }
            if let made = Self.end(view) {
                return ProgressLine(
                    sequence: session.progressSequence,
                    isEnd: true,
                    text: ByteBuffer(string: try made.json())
                )
            }
        }
        let snapshot = ProgressSnapshot(view, spacing: spacing)
        return ProgressLine(
            sequence: session.progressSequence,
            isEnd: session.status.isOver,
            text: ByteBuffer(string: try snapshot.json())
        )
    }

    /// The end message of an export that has ended without storing one.
    private static func end(_ view: ExportView) -> ProgressMessage? {
        let session = view.session
        guard let task = view.job?.id else { return nil }
        if session.status == .completed {
            return .complete(
                ProgressMessage.Complete(
                    sequence: session.progressSequence,
                    session: session.id,
                    task: task,
                    counts: view.counts,
                    duration: view.processingTime()
                )
            )
        }
        guard let fault = session.fault else {
            return .failed(
                .cancelled(
                    sequence: session.progressSequence,
                    session: session.id,
                    task: task,
                    stoppedAtTicket: view.counts.resumingTicketOrder
                )
            )
        }
        return .failed(
            ProgressMessage.Failed(
                sequence: session.progressSequence,
                session: session.id,
                task: task,
                failedAtTicket: view.failedAtTicketOrder,
                fault: fault,
                retryAvailable: session.isRetryAvailable
            )
        )
    }
}

/// How an export stands, as a message that was made for whoever has just come.
struct ProgressSnapshot: Encodable {
    let type = "export_progress"
    let snapshot = true
    let sequence: Int64
    let sessionId: SessionID
    /// Absent before the first export.
    let taskId: JobID?
    let status: String
    let progressPercentage: Double
    let currentStage: String
    let ticketsCompleted: Int
    let ticketsFailed: Int
    let totalTickets: Int
    let estimatedTimeRemainingMinutes: Int
    let currentJiraProject: String

    init(_ view: ExportView, spacing: Duration) {
        sequence = view.session.progressSequence
        sessionId = view.session.id
        taskId = view.job?.id
        status = view.session.status.rawValue
        progressPercentage = view.counts.percentage
        currentStage =
            if view.isCancelling {
                "Stopping after the current step"
            } else {
                view.session.status == .ready ? "Not started" : view.counts.currentStage
            }
        ticketsCompleted = view.counts.exportedTickets
        ticketsFailed = view.counts.failedTickets
        totalTickets = view.counts.totalTickets
        estimatedTimeRemainingMinutes = view.counts.minutesRemaining(spacing: spacing)
        currentJiraProject = view.session.projectKey
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension SessionRow.Status {
    /// Whether the export has ended; a retry may begin another.
    var isOver: Bool {
        switch self {
        case .ready, .exporting: false
        case .completed, .exportFailed, .cancelled: true
        }
    }
}
