import Foundation
import HTTPTypes
import Hummingbird
import Record
import TramlineModel

/// What happened to a session: every change of its state, its tickets', its create requests' and its jobs'.
struct AuditRoutes {
    let backend: Backend

    /// How many entries a page holds unless the client says another number.
    private static let usualLimit: Int64 = 100

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.sessionAudit, audit)
    }

    private struct Page: Encodable {
        struct Entry: Encodable {
            let id: Int64
            let at: String
            let entity: String
            let entityId: String
            /// Absent where it is not about one ticket.
            let ticketRef: String?
            let actor: String
            /// `null` for what has just been made.
            let from: Nullable<String>
            let to: String
            let reason: String

            init(_ entry: AuditEntry) {
                id = entry.id
                at = entry.at.withMilliseconds
                entity = entry.entity.rawValue
                entityId = entry.entityID.uuidString.lowercased()
                ticketRef = entry.ticketRef
                actor = entry.actor.rawValue
                from = Nullable(entry.from)
                to = entry.to
                reason = entry.reason
            }
        }

        let sessionId: SessionID
        let entries: [Entry]
        /// What to ask for behind this page as `after`; `null` at the end.
        let next: Nullable<Int64>
    }

    @Sendable private func audit(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let id = try context.sessionID
        let after = try request.uri.integer("after", in: 0...(.greatestInJSON)) ?? 0
        let limit = Int(try request.uri.integer("limit", in: 1...1000) ?? Self.usualLimit)
        guard try await backend.sessions.find(id, team: owner.team, on: backend.pool) != nil else {
            throw APIError.sessionNotFound(id)
        }
        // One more than the page holds tells whether there is another.
        let entries = try await backend.audit.entries(of: id, after: after, limit: limit + 1)
        let page = entries.prefix(limit)
        return try Response.json(
            .ok,
            Page(
                sessionId: id,
                entries: page.map(Page.Entry.init),
                next: Nullable(entries.count > limit ? page.last?.id : nil)
            )
        )
    }
}

extension Date {
    /// ISO 8601 in UTC, for what happens within a second and whose order matters.
    var withMilliseconds: String { formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}
