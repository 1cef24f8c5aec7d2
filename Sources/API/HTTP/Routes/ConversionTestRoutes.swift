import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat
import Record
import Telemetry
import TramlineModel

/// The test of a session's conversions: fresh each time, since people edit in between.
struct ConversionTestRoutes {
    let backend: Backend

    /// How many tickets are read at once: a description has up to 1 MiB.
    private static let page = 16

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.testConversion, test)
    }

    private struct Report: Encodable {
        let sessionId: SessionID
        let ticketsTested: Int
        let allPassed: Bool
        let passed: Int
        let failed: Int
        let results: [ConversionTest.Result]
    }

    @Sendable private func test(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let id = try context.sessionID
        try request.requireJSON()
        let wanted = try await request.readRequest(ConversionTestRequest.parse)
        guard let session = try await backend.sessions.find(id, team: owner.team, on: backend.pool) else {
            throw APIError.sessionNotFound(id)
        }
        let store = ConversionTestStore(pool: backend.pool)
        try await Self.check(wanted.tickets, in: id, store)
        let test = ConversionTest(
            allowance: try await allowance(wanted, session, store, by: .key(owner.key), context.logger)
        )
        var results: [ConversionTest.Result] = []
        var order = 0
        while true {
            let tickets = try await store.tickets(wanted.tickets, of: id, after: order, limit: Self.page)
            for ticket in tickets {
                results.append(test.run(ticket))
                // A conversion keeps its thread for some milliseconds; the others have a turn before the next one.
                await Task.yield()
            }
            guard let last = tickets.last else { break }
            order = last.exportOrder
        }
        let passed = results.count { $0.status == .passed }
        return try Response.json(
            .ok,
            Report(
                sessionId: id,
                ticketsTested: results.count,
                allPassed: passed == results.count,
                passed: passed,
                failed: results.count - passed,
                results: results
            )
        )
    }

    /// Refuses ids of tickets that the session does not have, all at once.
    private static func check(_ ids: [TicketID], in session: SessionID, _ store: ConversionTestStore) async throws {
        guard !ids.isEmpty else { return }
        let unknown = try await store.unknown(ids, in: session)
        guard unknown.isEmpty else {
            throw APIError(
                status: .unprocessableContent,
                code: .invalidRequest,
                message: "Some of these tickets are not of this session.",
                details: ids.enumerated().filter { unknown.contains($1) }.prefix(ImportLimits.listedFaults).map {
                    APIError.Detail(at: "ticket_ids[\($0.offset)]", message: "is not a ticket of this session")
                }
            )
        }
    }

    /// Asks a worker what files Jira takes; it is no failure when none can tell.
    private func allowance(
        _ wanted: ConversionTestRequest,
        _ session: SessionRow,
        _ store: ConversionTestStore,
        by actor: AuditActor,
        _ logger: Logger
    ) async throws -> ConversionTest.Allowance {
        guard wanted.includesAttachments else { return .unasked }
        guard try await store.hasFiles(wanted.tickets, in: session.id),
            let integration = try await backend.integrations.load(session.integration, on: backend.pool)
        else { return .unknown }
        do {
            let end = try await backend.ask(
                SiteQuestion(.attachments, at: integration.id, project: session.projectKey),
                of: integration,
                by: actor,
                patience: backend.allowancePatience,
                logger
            )
            guard let result = end?.result else { return .unknown }
            return .known(try AnswerJSON.decode(from: result))
        } catch {
            logger.notice("nobody can tell what files Jira takes", metadata: [LogKey.error: "\(error)"])
            return .unknown
        }
    }
}
