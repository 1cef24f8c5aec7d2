import HTTPTypes
import Hummingbird
import Record
import TramlineModel

/// What an export has made.
struct ResultRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.exportResults, results)
    }

    private struct Results: Encodable {
        struct Ticket: Encodable {
            let ticketId: TicketID
            let jiraKey: String
            let jiraUrl: String
            let title: String
        }

        struct Fix: Encodable {
            let jiraKey: String
            let title: String
            let issueType: String
            let recommendedAction: String
            let jiraUrl: String
        }

        let sessionId: SessionID
        let totalTicketsCreated: Int
        let jiraTickets: [Ticket]
        let dependenciesCreated: Int
        let manualFixes: [Fix]
        let totalProcessingTimeMinutes: Double
    }

    /// At any time: what is there so far. A failed export has its results too.
    @Sendable private func results(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let id = try context.sessionID
        guard let view = try await backend.sessions.view(of: id, team: owner.team) else {
            throw APIError.sessionNotFound(id)
        }
        let tickets = try await backend.exports.exported(of: id)
        let fixes = try await backend.exports.fixes(of: id)
        return try Response.json(
            .ok,
            Results(
                sessionId: id,
                totalTicketsCreated: tickets.count,
                jiraTickets: tickets.map {
                    Results.Ticket(ticketId: $0.id, jiraKey: $0.issue.key, jiraUrl: $0.issue.url, title: $0.title)
                },
                dependenciesCreated: view.counts.linkedLinks,
                manualFixes: fixes.map {
                    Results.Fix(
                        jiraKey: $0.issue.key,
                        title: $0.title,
                        issueType: $0.fix.issueType,
                        recommendedAction: $0.fix.guidance,
                        jiraUrl: $0.issue.url
                    )
                },
                totalProcessingTimeMinutes: view.processingTime().inMinutes
            )
        )
    }
}
