import Foundation
import Jira

/// The recorded and modelled answers that lie beside the project, not in it.
enum Fixtures {
    /// `TRAMLINE_SHARED`, or `../shared` from the project's root; `nil` when neither is there.
    static let folder: URL? = {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
        let folder =
            ProcessInfo.processInfo.environment["TRAMLINE_SHARED"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared")
        let jira = folder.appending(path: "fixtures/jira")
        return FileManager.default.fileExists(atPath: jira.path(percentEncoded: false)) ? jira : nil
    }()

    static var areThere: Bool { folder != nil }
    static let missing = "no shared fixtures: set TRAMLINE_SHARED"

    static func bytes(_ name: String) throws -> [UInt8] {
        guard let folder else { throw Unexpected(missing) }
        return Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    static func json(_ name: String) throws -> JiraJSON { try JiraJSON(parsing: bytes(name)) }

    /// The bodies of a recording: an array of `{request_url, body}`.
    static func bodies(_ name: String) throws -> [JiraJSON] {
        (try json(name).array ?? []).compactMap { $0["body"] }
    }
}
