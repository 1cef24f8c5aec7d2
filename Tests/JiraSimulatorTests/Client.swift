import AsyncHTTPClient
import Foundation
import HTTPTypes
import JiraSimulator
import NIOCore
import NIOHTTP1

/// A plain client of the simulator: real HTTP, no cleverness.
struct Client: Sendable {
    /// An answer, whole.
    struct Reply: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        func header(_ name: String) -> String? { headers.first(name: name) }
        /// The body as JSON; `null` when it is none.
        var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
    }

    let base: String
    var authorization: String? = Client.basic("bot@acme.example", "simulated-token")

    static func basic(_ email: String, _ token: String) -> String {
        "Basic \(Data("\(email):\(token)".utf8).base64EncodedString())"
    }

    /// The same client without a credential, or with another.
    func with(authorization: String?) -> Client {
        Client(base: base, authorization: authorization)
    }

    func send(
        _ method: String,
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        timeout: TimeAmount = .seconds(10),
        followsNothing: Bool = false
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let http = followsNothing ? Self.unfollowing : HTTPClient.shared
        let response = try await http.execute(request, timeout: timeout)
        let buffer = try await response.body.collect(upTo: 32 << 20)
        return Reply(
            status: Int(response.status.code),
            headers: response.headers,
            bytes: Array(buffer.readableBytesView)
        )
    }

    /// A client that does not follow redirections; it lives as long as the process.
    private static let unfollowing = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: .init(redirectConfiguration: .disallow)
    )

    func get(_ path: String) async throws -> Reply {
        try await send("GET", path)
    }

    func post(_ path: String, _ body: JSON, timeout: TimeAmount = .seconds(10)) async throws -> Reply {
        try await send(
            "POST",
            path,
            headers: [("Content-Type", "application/json")],
            body: body.bytes,
            timeout: timeout
        )
    }

    func put(_ path: String, _ body: JSON) async throws -> Reply {
        try await send("PUT", path, headers: [("Content-Type", "application/json")], body: body.bytes)
    }

    func delete(_ path: String) async throws -> Reply {
        try await send("DELETE", path)
    }

    // MARK: Usual requests

    /// The body of a create.
    static func issue(
        _ summary: String,
        project: String = "PROJ",
        type: String = "Task",
        fields: [String: JSON] = [:],
        marker: String? = nil
    ) -> JSON {
        var all: [String: JSON] = [
            "project": ["key": .string(project)], "issuetype": ["name": .string(type)], "summary": .string(summary),
        ]
        all.merge(fields) { _, new in new }
        var body: [String: JSON] = ["fields": .object(all)]
        if let marker { body["properties"] = [["key": "tramline", "value": ["marker": .string(marker)]]] }
        return .object(body)
    }

    /// Creates an issue and answers its key.
    @discardableResult
    func create(
        _ summary: String,
        project: String = "PROJ",
        type: String = "Task",
        fields: [String: JSON] = [:],
        marker: String? = nil
    ) async throws -> String {
        let reply = try await post(
            "/rest/api/3/issue",
            Self.issue(summary, project: project, type: type, fields: fields, marker: marker)
        )
        guard reply.status == 201, let key = reply.json["key"]?.string else { throw Unexpected(reply: reply) }
        return key
    }

    /// Searches by POST.
    func search(_ jql: String, _ members: [String: JSON] = [:]) async throws -> Reply {
        var body = members
        body["jql"] = .string(jql)
        return try await post("/rest/api/3/search/jql", .object(body))
    }

    struct Unexpected: Error, CustomStringConvertible {
        let reply: Reply
        var description: String { "unexpected answer \(reply.status): \(reply.text)" }
    }
}

/// Runs a simulator without latency, with a client of its first site.
@discardableResult
func withJira<Result: Sendable>(
    _ sites: [SiteConfiguration] = [SiteConfiguration()],
    latency: Duration = .zero,
    faults: [Fault] = [],
    _ body: (JiraSimulator, Client) async throws -> Result
) async throws -> Result {
    try await JiraSimulator.run(.init(sites: sites, latency: latency, faults: faults)) { jira in
        try await body(jira, Client(base: jira.baseURL))
    }
}

/// A document of one paragraph.
func document(_ text: String) -> JSON {
    document([["type": "paragraph", "content": [["type": "text", "text": .string(text)]]]])
}

/// A document of these blocks.
func document(_ blocks: [JSON]) -> JSON {
    ["type": "doc", "version": 1, "content": .array(blocks)]
}
