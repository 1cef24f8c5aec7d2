import HTTPTypes
import Hummingbird
import HummingbirdCore
import Record
import TramlineModel

/// A client that may listen to a session.
struct ProgressAdmission: Sendable {
    let session: SessionID
    let team: TeamID
    /// The newest message that the client has seen.
    let after: Int64?
    /// What the answer must repeat.
    let subprotocol: String?
}

/// Decides who may listen.
///
/// It is asked before the upgrade, and again by the route of the same path where the upgrade is refused: so a refusal is
/// an answer like any other.
struct ProgressDoor: Sendable {
    let backend: Backend

    /// - Throws: ``APIError``: 401, 403, 400, 404, 426, in this order.
    func admit(_ request: HTTPRequest) async throws -> ProgressAdmission {
        let uri = URI(request.path ?? "")
        let owner = try await backend.keys.owner(listening: request.headerFields)
        if let scope = Endpoint.exportProgress.scope { try owner.require(scope) }
        guard Endpoint.matching(uri.path).contains(.exportProgress),
            let id = uri.path.split(separator: "/").last.flatMap({ SessionID(String($0)) })
        else { throw APIError.invalidParameter("session_id", "must be a UUID") }
        let after = try uri.integer("after", in: 0...(.greatestInJSON))
        guard try await backend.sessions.find(id, team: owner.team, on: backend.pool) != nil else {
            throw APIError.sessionNotFound(id)
        }
        guard WebSocketHandshake.isSound(request) else {
            throw WebSocketHandshake.required("This is a WebSocket: open it with a handshake of version 13.")
        }
        return ProgressAdmission(
            session: id,
            team: owner.team,
            after: after,
            subprotocol: WebSocketHandshake.bearer(request.headerFields)?.subprotocol
        )
    }

    /// Adds the route that answers what is refused.
    func add(to router: some RouterMethods<APIContext>) {
        router.on(.exportProgress) { request, _ in
            _ = try await admit(request.head)
            throw WebSocketHandshake.required("Open the WebSocket with the first request of a connection.")
        }
    }
}
