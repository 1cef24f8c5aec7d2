import HTTPTypes
import Hummingbird
import Record
import TramlineModel

/// The retry of an export that failed or was cancelled.
struct RetryRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.retryExport, retry)
    }

    private struct Resumed: Encodable {
        let taskId: JobID
        let sessionId: SessionID
        let status = "exporting"
        let retryAttempt: Int
        let remainingRetries: Int
        let resumingFromTicketOrder: Int
        let preservedSuccessfulTickets: Int
    }

    @Sendable private func retry(_ request: Request, _ context: APIContext) async throws -> Response {
        let (owner, id) = try await context.requireOrder(request)
        let retry = try await backend.sessions.retryExport(
            of: id,
            team: owner.team,
            actor: .key(owner.key),
            maximumAttempts: backend.jobMaxAttempts
        )
        await backend.deliver(retry.job, context.logger)
        return try Response.json(
            .accepted,
            Resumed(
                taskId: retry.job.id,
                sessionId: id,
                retryAttempt: retry.session.retryCount,
                remainingRetries: SessionRow.maximumRetries - retry.session.retryCount,
                resumingFromTicketOrder: retry.counts.resumingTicketOrder,
                preservedSuccessfulTickets: retry.counts.exportedTickets
            )
        )
    }
}
