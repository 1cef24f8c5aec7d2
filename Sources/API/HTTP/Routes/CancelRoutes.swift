import HTTPTypes
import Hummingbird
import Record
import TramlineModel

/// The end of an export because a person wants it.
struct CancelRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.cancelExport, cancel)
    }

    private struct Cancelled: Encodable {
        let sessionId: SessionID
        let taskId: JobID
        /// `cancelling` until the current step is done, then `cancelled`.
        let status: String
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let (owner, id) = try await context.requireOrder(request)
        let cancelled = try await backend.sessions.cancelExport(
            of: id,
            team: owner.team,
            actor: .key(owner.key)
        )
        await backend.announce(cancelled, of: id, context.logger)
        return try Response.json(
            .accepted,
            Cancelled(
                sessionId: id,
                taskId: cancelled.job,
                status: cancelled.isCancelled ? "cancelled" : "cancelling"
            )
        )
    }
}
