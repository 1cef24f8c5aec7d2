import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import Record
import Secrets
import TramlineModel

/// Sessions: imported, listed, shown.
struct SessionRoutes {
    let backend: Backend

    /// How many sessions a list holds unless the client says another number.
    private static let usualLimit: Int64 = 50

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.importSession, importSession)
        router.on(.listSessions, list)
        router.on(.showSession, show)
    }

    /// A session as clients see it.
    private struct Body: Encodable {
        let sessionId: SessionID
        let name: Nullable<String>
        let site: String
        let projectKey: String
        let status: String
        let currentStage: String
        let totalTickets: Int
        let createdAt: Date
        let exportStartedAt: Nullable<Date>
        let completedAt: Nullable<Date>
        let exportFailedAt: Nullable<Date>

        init(_ session: SessionRow) {
            sessionId = session.id
            name = Nullable(session.name)
            site = session.site
            projectKey = session.projectKey
            status = session.status.rawValue
            currentStage = session.stage
            totalTickets = session.totalTickets
            createdAt = session.createdAt
            exportStartedAt = Nullable(session.exportStartedAt)
            completedAt = Nullable(session.completedAt)
            exportFailedAt = Nullable(session.exportFailedAt)
        }
    }

    private struct List: Encodable {
        let sessions: [Body]
    }

    /// 201 for a new session; 200 where the `Idempotency-Key` has made the same session before.
    @Sendable private func importSession(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        try request.requireJSON()
        let key = try Self.idempotencyKey(request)
        let body = try await request.readBody(upTo: ImportLimits.bodyBytes)
        let draft = try SessionDraft.parse(Data(buffer: body, byteTransferStrategy: .noCopy))
        let imported: ImportedSession
        do {
            imported = try await backend.sessions.importSession(
                draft,
                team: owner.team,
                actor: .key(owner.key),
                idempotency: key.map { IdempotencyKey(key: $0, fingerprint: draft.fingerprint) },
                hash: Digest.sha256
            )
        } catch let error as RecordError where error.code == .notFound {
            throw APIError(
                status: .unprocessableContent,
                code: .unknownSite,
                message: error.message,
                recoveryActions: ["Correct \"site\"", "Ask an administrator to add the site"],
                details: [APIError.Detail(at: "site", message: "has no integration")],
                cause: error
            )
        }
        guard let session = try await backend.sessions.find(imported.id, team: owner.team, on: backend.pool) else {
            throw APIError.sessionNotFound(imported.id)
        }
        return try Response.json(
            imported.isNew ? .created : .ok,
            Body(session),
            headers: [.location: "/api/sessions/\(imported.id)"]
        )
    }

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let limit = try request.uri.integer("limit", in: 1...1000) ?? Self.usualLimit
        let sessions = try await backend.sessions.list(team: owner.team, limit: Int(limit))
        return try Response.json(.ok, List(sessions: sessions.map(Body.init)))
    }

    @Sendable private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let id = try context.sessionID
        guard let session = try await backend.sessions.find(id, team: owner.team, on: backend.pool) else {
            throw APIError.sessionNotFound(id)
        }
        return try Response.json(.ok, Body(session))
    }

    private static func idempotencyKey(_ request: Request) throws(APIError) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidParameter("Idempotency-Key", "must be 1 to 255 visible characters of ASCII")
        }
        return key
    }
}
