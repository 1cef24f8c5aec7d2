import Foundation
import HTTPTypes
import Hummingbird
import Record
import TramlineModel

/// How an export stands, for clients that ask rather than listen.
struct StatusRoutes {
    let backend: Backend
    let limiter: StatusLimiter

    init(backend: Backend) {
        self.backend = backend
        self.limiter = StatusLimiter(delivery: backend.delivery, patience: backend.limiterPatience)
    }

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.exportStatus, status)
    }

    /// Before, during, or cancelled.
    private struct Exporting: Encodable {
        let sessionId: SessionID
        let taskId: Nullable<JobID>
        let status: String
        let progressPercentage: Double
        let ticketsCompleted: Int
        let totalTickets: Int
        let currentTicketTitle: Nullable<String>
        let estimatedTimeRemainingMinutes: Nullable<Int>
    }

    private struct Completed: Encodable {
        let sessionId: SessionID
        let taskId: JobID
        let status = "completed"
        let jiraTicketsCreated: Int
        let dependenciesCreated: Int
        let manualFixesNeeded: Int
        let totalProcessingTimeMinutes: Double
        let completedAt: Date
    }

    private struct Failed: Encodable {
        let sessionId: SessionID
        let taskId: JobID
        let status = "failed"
        let failedAtTicketOrder: Int
        let errorCategory: String
        let userMessage: String
        let recoveryActions: [String]
        let retryAvailable: Bool
        let retryAttemptsUsed: Int
    }

    @Sendable private func status(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let id = try context.sessionID
        // First whether there is one: whoever guesses ids must not slow down the owner.
        guard let session = try await backend.sessions.find(id, team: owner.team, on: backend.pool) else {
            throw APIError.sessionNotFound(id)
        }
        if let wait = await limiter.wait(for: session.id) { throw Self.tooMany(wait) }
        guard let view = try await backend.sessions.view(of: id, team: owner.team) else {
            throw APIError.sessionNotFound(id)
        }
        switch view.session.status {
        case .ready, .exporting, .cancelled: return try Response.json(.ok, unfinished(view))
        case .completed: return try Response.json(.ok, completed(view))
        case .exportFailed: return try Response.json(.ok, failed(view))
        }
    }

    private func unfinished(_ view: ExportView) -> Exporting {
        let isRunning = view.session.status == .exporting
        return Exporting(
            sessionId: view.session.id,
            taskId: Nullable(view.job?.id),
            status: view.isCancelling ? "cancelling" : view.session.status.rawValue,
            progressPercentage: view.counts.percentage,
            ticketsCompleted: view.counts.exportedTickets,
            totalTickets: view.counts.totalTickets,
            currentTicketTitle: Nullable(isRunning ? view.counts.nextTicketTitle : nil),
            estimatedTimeRemainingMinutes: Nullable(
                isRunning && !view.isCancelling ? view.counts.minutesRemaining(spacing: backend.spacing) : nil
            )
        )
    }

    private func completed(_ view: ExportView) throws -> Completed {
        Completed(
            sessionId: view.session.id,
            taskId: try view.task(),
            jiraTicketsCreated: view.counts.exportedTickets,
            dependenciesCreated: view.counts.linkedLinks,
            manualFixesNeeded: view.counts.manualFixes,
            totalProcessingTimeMinutes: view.processingTime().inMinutes,
            completedAt: try view.completedAt()
        )
    }

    private func failed(_ view: ExportView) throws -> Failed {
        let fault = view.session.fault
        return Failed(
            sessionId: view.session.id,
            taskId: try view.task(),
            failedAtTicketOrder: view.failedAtTicketOrder,
            errorCategory: (fault?.category ?? .temporary).rawValue,
            userMessage: fault?.userMessage ?? "The export failed.",
            recoveryActions: fault?.recoveryActions ?? [],
            retryAvailable: view.session.isRetryAvailable,
            retryAttemptsUsed: view.session.retryCount
        )
    }

    private static func tooMany(_ wait: Duration) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: .rateLimited,
            message: "The status of a session may be asked for once in 2 s.",
            recoveryActions: ["Wait as long as Retry-After says", "Listen on the WebSocket instead of asking"],
            headers: [.retryAfter: String(max(1, Int(wait.inSeconds.rounded(.up))))]
        )
    }
}

extension ExportView {
    /// From the start of the first export to the end of the last, or to now while one runs; zero before.
    func processingTime(now: Date = Date()) -> Duration {
        guard let start = session.exportStartedAt else { return .zero }
        let end =
            switch session.status {
            case .completed: session.completedAt
            case .exportFailed: session.exportFailedAt
            case .cancelled: job?.finishedAt
            case .ready, .exporting: now
            }
        return .seconds(max(0, (end ?? now).timeIntervalSince(start)))
    }
}
