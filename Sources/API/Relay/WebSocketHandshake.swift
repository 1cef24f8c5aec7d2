import Foundation
import HTTPTypes

/// What a client must send to open a WebSocket.
///
/// - SeeAlso: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
enum WebSocketHandshake {
    /// The one version there is.
    static let version = "13"

    /// Whether the request is a whole and sound handshake.
    static func isSound(_ request: HTTPRequest) -> Bool {
        let headers = request.headerFields
        return request.method == .get
            && tokens(headers[values: .upgrade]).contains("websocket")
            && tokens(headers[values: .connection]).contains("upgrade")
            && headers[values: .secWebSocketVersion] == [version]
            && headers[values: .secWebSocketKey].count == 1
            && headers[.secWebSocketKey].flatMap { Data(base64Encoded: $0) }?.count == 16
    }

    /// The subprotocol that carries an API key, and the key.
    static func bearer(_ headers: HTTPFields) -> (subprotocol: String, key: Substring)? {
        for offer in headers[values: .secWebSocketProtocol].flatMap({ $0.split(separator: ",") }) {
            let name = offer.trimmingSpaces()
            if name.hasPrefix("bearer.") { return (String(name), name.dropFirst("bearer.".count)) }
        }
        return nil
    }

    /// 426, for everything that is no such handshake.
    static func required(_ message: String) -> APIError {
        APIError(
            status: .upgradeRequired,
            code: .upgradeRequired,
            message: message,
            recoveryActions: ["Ask for the status instead: GET /api/jira/export-status/{session_id}"],
            headers: [.upgrade: "websocket", .connection: "upgrade", .secWebSocketVersion: version]
        )
    }

    private static func tokens(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { $0.trimmingSpaces().lowercased() }
    }
}
