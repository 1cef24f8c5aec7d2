import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Record
import Telemetry
import TramlineModel

/// The start of an export.
struct ExportRoutes {
    let backend: Backend

    /// How long the answer waits for the queue. The job is in the record by then: the sweep delivers what this does not.
    private static let deliveryPatience = Duration.seconds(1)

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
        let owner = try context.owner
        let id = try context.sessionID
        try await request.requireNoContent()
        let outcome: ExportStart
        do {
            outcome = try await backend.sessions.startExport(
                of: id,
                team: owner.team,
                actor: "key:\(owner.key)",
                maximumAttempts: backend.jobMaxAttempts
            )
        } catch let error as RecordError where error.code == .notFound {
            throw APIError.sessionNotFound(id)
        } catch let error as RecordError where error.code == .conflict {
            throw try await refusal(of: id, team: owner.team, error)
        }
        let counts = try await backend.sessions.counts(of: id, on: backend.pool)
        switch outcome {
        case .started(let job, let session):
            await deliver(job, context.logger)
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
            if job.state == .queued { await deliver(job, context.logger) }
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

    /// Puts the committed job on the road, within a moment: the sweep finds in the record what this does not bring there.
    private func deliver(_ job: Job, _ logger: Logger) async {
        let queue = JobQueue(delivery: backend.delivery, logger: logger)
        do {
            try await withDeadline(Self.deliveryPatience) { await queue.deliver(job) }
        } catch {
            logger.warning(
                "job not pushed to the queue in time",
                metadata: [LogKey.jobID: "\(job.id)", LogKey.error: "\(error)"]
            )
        }
    }

    /// Why a session cannot be exported now, by the state it is in.
    private func refusal(of id: SessionID, team: TeamID, _ error: RecordError) async throws -> APIError {
        let session = try await backend.sessions.find(id, team: team, on: backend.pool)
        let (code, actions): (APIError.Code, [String])
        switch session?.status {
        case .completed:
            (code, actions) = (.sessionExported, ["See the result: GET /api/jira/export-results/\(id)"])
        case .exportFailed:
            (code, actions) = (
                .exportFailed,
                ["See what failed: GET /api/jira/export-status/\(id)", "Mend the cause, then retry the export"]
            )
        case .cancelled:
            (code, actions) = (.exportCancelled, ["Import the tickets that are missing in Jira as a new session"])
        case .ready where session?.totalTickets == 0:
            (code, actions) = (.sessionEmpty, ["Import a session with at least one ticket"])
        case .ready, .exporting, nil:
            // It changed in between: the same request will get the right answer.
            var conflict = APIError(sorting: error)
            conflict.headers[.retryAfter] = "1"
            return conflict
        }
        return APIError(
            status: .unprocessableContent,
            code: code,
            message: error.message,
            recoveryActions: actions,
            cause: error
        )
    }
}
