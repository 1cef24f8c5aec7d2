import Console
import Foundation
import TramlineModel

/// Where a session's progress is told.
struct ProgressAddress: Sendable {
    let host: String
    let port: Int
    let isSecure: Bool
    /// What comes before `/api`, where the API stands behind a path of its own.
    private let prefix: String
    let session: SessionID

    /// - Parameter url: the API's address: `http`, `https`, `ws` or `wss`.
    init(url: String, session: SessionID) throws {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), ["http", "https", "ws", "wss"].contains(scheme),
            parts.user == nil, parts.query == nil, parts.fragment == nil
        else {
            throw CommandFault("--url is not the address of an API; it looks like http://localhost:8000")
        }
        isSecure = scheme == "https" || scheme == "wss"
        // An IPv6 address stands in brackets in a URL, and without them everywhere else.
        self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        port = parts.port ?? (isSecure ? 443 : 80)
        prefix = parts.percentEncodedPath.split(separator: "/").map { "/\($0)" }.joined()
        self.session = session
    }

    /// The request's target.
    /// - Parameter sequence: the last message seen; `nil` asks for the snapshot first.
    func target(after sequence: Int64?) -> String {
        "\(prefix)/api/jira/export/progress/\(session)" + (sequence.map { "?after=\($0)" } ?? "")
    }

    /// The value of the `Host` header.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
