import Foundation
import HTTPTypes
import Hummingbird
import Record
import TramlineModel

/// The start of an export.
struct ExportRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.startExport, start)
    }

    private struct Started: Encodable {
        let taskId: JobID
        let sessionId: SessionID
        let status = "exporting"
        let totalTickets: Int
        let estimatedDurationMinutes: Int
        let jiraProjectKey: String
        let startedAt: Date
    }

    private struct AlreadyRunning: Encodable {
        let taskId: JobID
        let sessionId: SessionID
        let status = "exporting"
        let progressPercentage: Double
        let currentTicketTitle: String
        let startedAt: Date
    }

    @Sendable private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        let (owner, id) = try await context.requireOrder(request)
        let outcome = try await backend.sessions.startExport(
            of: id,
            team: owner.team,
            actor: .key(owner.key),
            maximumAttempts: backend.jobMaxAttempts
        )
        let counts = try await backend.sessions.counts(of: id, on: backend.pool)
        switch outcome {
        case .started(let job, let session):
            await backend.deliver(job, context.logger)
            return try Response.json(
                .accepted,
                Started(
                    taskId: job.id,
                    sessionId: id,
                    totalTickets: session.totalTickets,
                    estimatedDurationMinutes: counts.minutesRemaining(spacing: backend.spacing),
                    jiraProjectKey: session.projectKey,
                    startedAt: session.exportStartedAt ?? job.createdAt
                )
            )
        case .running(let job, let session):
            // Whoever asks again may do so because the first push was lost; pushing twice does no harm.
            if job.state == .queued { await backend.deliver(job, context.logger) }
            return try Response.json(
                .accepted,
                AlreadyRunning(
                    taskId: job.id,
                    sessionId: id,
                    progressPercentage: counts.percentage,
                    currentTicketTitle: counts.nextTicketTitle ?? counts.currentStage,
                    startedAt: session.exportStartedAt ?? job.createdAt
                )
            )
        }
    }
}
