import NIOCore
import NIOHTTP1

/// One request, ready to be sent to any site.
struct JiraCall: Sendable {
    enum Body: Sendable {
        case none
        case json([UInt8])
        /// A body of a known length, written as it is read.
        case stream(head: ByteBuffer, chunks: JiraUpload.Chunks, tail: ByteBuffer, length: Int64, contentType: String)
    }

    /// Method and path without ids: for errors and logs.
    let name: String
    let method: HTTPMethod
    /// Encoded, from the site's base URL.
    let path: String
    var body = Body.none
    var headers: [(String, String)] = []
    /// The statuses of success.
    let expected: ClosedRange<Int>
    /// Whether it changes nothing, whatever its method.
    let onlyReads: Bool
    /// What the deadline of all requests is too short by.
    var additionalTime = Duration.zero

    static func get(_ name: String, _ path: String, query: [(name: String, value: String)] = []) -> JiraCall {
        JiraCall(
            name: "GET \(name)",
            method: .GET,
            path: path + PercentEncoding.query(query),
            expected: 200...200,
            onlyReads: true
        )
    }

    /// A request with a JSON body, which writes unless `onlyReads`.
    static func post(_ path: String, json: [UInt8], onlyReads: Bool = false) -> JiraCall {
        JiraCall(
            name: "POST \(path)",
            method: .POST,
            path: path,
            body: .json(json),
            expected: onlyReads ? 200...200 : 201...201,
            onlyReads: onlyReads
        )
    }

    /// Whether it has no body, so that nothing tells when it is written.
    var isBodiless: Bool {
        if case .none = body { true } else { false }
    }
}
