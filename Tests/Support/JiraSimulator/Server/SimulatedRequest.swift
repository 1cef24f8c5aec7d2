import Foundation
import HTTPTypes

/// A request to one site, taken apart.
struct SimulatedRequest: Sendable {
    /// The verb.
    let method: HTTPRequest.Method
    /// The decoded segments of the path below the site's root.
    let segments: [String]
    /// The query's pairs, decoded, in order.
    let query: [(name: String, value: String)]
    /// The header fields.
    let headers: HTTPFields
    /// The body.
    let body: [UInt8]
    /// The address by which the site was reached, for `self` links: `http://127.0.0.1:8080` or `…/ex/jira/{cloudId}`.
    let base: String
    /// Whether it came through the gateway's address.
    let isGateway: Bool
    /// The journal's number for it.
    let sequence: Int

    /// The path below the site's root, decoded.
    var path: String { "/" + segments.joined(separator: "/") }

    /// The first value of the query's `name`.
    func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// All values of the query's `name`, split at commas.
    func queryList(_ name: String) -> [String]? {
        let values = query.filter { $0.name == name }
        return values.isEmpty ? nil : values.flatMap { $0.value.split(separator: ",").map(String.init) }
    }

    /// The body as JSON; nil when it is none.
    var json: JSON? {
        // The fault's text is no use here: routes that need a body say what Jira says.
        try? JSON(parsing: body)
    }

    /// Takes a query apart.
    static func parse(query: Substring) -> [(name: String, value: String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decode(parts[0]), parts.count > 1 ? decode(parts[1]) : "")
        }
    }

    private static func decode(_ text: Substring) -> String {
        let spaced = text.replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? String(spaced)
    }
}
