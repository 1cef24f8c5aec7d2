import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("Errors", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ErrorTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var method = HTTPRequest.Method.get
        var path: String
        var headers: HTTPFields = [:]
        var body: String?
        var hasKey = true
        let status: HTTPResponse.Status
        let code: String
    }

    static let json: HTTPFields = [.contentType: "application/json"]

    static let cases = [
        Case(
            testDescription: "no key",
            path: "/api/sessions",
            hasKey: false,
            status: .unauthorized,
            code: "unauthorized"
        ),
        Case(
            testDescription: "an unknown path without a key",
            path: "/nowhere",
            hasKey: false,
            status: .unauthorized,
            code: "unauthorized"
        ),
        Case(
            testDescription: "a bad UUID without a key",
            path: "/api/sessions/x",
            hasKey: false,
            status: .unauthorized,
            code: "unauthorized"
        ),
        Case(testDescription: "an unknown path", path: "/nowhere", status: .notFound, code: "not_found"),
        Case(
            testDescription: "a method that is not taken",
            method: .delete,
            path: "/api/sessions",
            status: .methodNotAllowed,
            code: "method_not_allowed"
        ),
        Case(
            testDescription: "a method of somebody's own, without a key",
            method: .init("BREW")!,
            path: "/health",
            hasKey: false,
            status: .methodNotAllowed,
            code: "method_not_allowed"
        ),
        Case(testDescription: "a bad UUID", path: "/api/sessions/x", status: .badRequest, code: "invalid_parameter"),
        Case(
            testDescription: "an unknown session",
            path: "/api/jira/export-status/\(UUID())",
            status: .notFound,
            code: "session_not_found"
        ),
        Case(
            testDescription: "an export of an unknown session",
            method: .post,
            path: "/api/jira/export-session/\(UUID())",
            status: .notFound,
            code: "session_not_found"
        ),
        Case(
            testDescription: "results of an unknown session",
            path: "/api/jira/export-results/\(UUID())",
            status: .notFound,
            code: "session_not_found"
        ),
        Case(
            testDescription: "a limit of zero",
            path: "/api/sessions?limit=0",
            status: .badRequest,
            code: "invalid_parameter"
        ),
        Case(
            testDescription: "malformed JSON",
            method: .post,
            path: "/api/sessions",
            headers: json,
            body: "{\"site\": ",
            status: .badRequest,
            code: "malformed_json"
        ),
        Case(
            testDescription: "another content type",
            method: .post,
            path: "/api/sessions",
            headers: [.contentType: "text/plain"],
            body: "{}",
            status: .unsupportedMediaType,
            code: "unsupported_media_type"
        ),
        Case(
            testDescription: "a body that is no session",
            method: .post,
            path: "/api/sessions",
            headers: json,
            body: "{\"tickets\": [{}]}",
            status: .unprocessableContent,
            code: "invalid_session"
        ),
        Case(
            testDescription: "a site without an integration",
            method: .post,
            path: "/api/sessions",
            headers: json,
            body: "{\"site\": \"other\", \"project_key\": \"PROJ\", \"tickets\": []}",
            status: .unprocessableContent,
            code: "unknown_site"
        ),
        Case(
            testDescription: "an idempotency key with a space",
            method: .post,
            path: "/api/sessions",
            headers: [.contentType: "application/json", .init("Idempotency-Key")!: "a b"],
            body: "{}",
            status: .badRequest,
            code: "invalid_parameter"
        ),
        Case(
            testDescription: "a body where none belongs",
            method: .post,
            path: "/api/jira/export-session/\(UUID())",
            body: "{\"a\": 1}",
            status: .badRequest,
            code: "malformed_request"
        ),
    ]

    @Test("Every error has the one shape", arguments: cases)
    func shape(_ expected: Case) async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let response = try await client.execute(
                    uri: expected.path,
                    method: expected.method,
                    headers: expected.hasKey ? api.headers(expected.headers) : expected.headers,
                    body: expected.body.map { ByteBuffer(string: $0) }
                )
                #expect(response.status == expected.status)
                #expect(try response.error().code == expected.code)
            }
        }
    }

    @Test("A key that is unknown, malformed or revoked is refused, and says how to do better")
    func keys() async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                for header in ["Bearer trk_nonsense", "Basic abc", "Bearer", String(repeating: "x", count: 2000)] {
                    let response = try await client.execute(
                        uri: "/api/sessions",
                        method: .get,
                        headers: [.authorization: header]
                    )
                    #expect(response.status == .unauthorized)
                    #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                    #expect(try response.error().code == "unauthorized")
                }
                let store = KeyStore(pool: api.backend.pool)
                let key = try #require(try await store.list(team: "team").first)
                #expect(try await store.revoke(key.id))
                let response = try await client.execute(uri: "/api/sessions", method: .get, headers: api.headers())
                #expect(response.status == .unauthorized)
            }
        }
    }

    @Test("Another team's session is not there")
    func otherTeam() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            let (_, other) = try await APIFixture.makeTeam("other", api.backend.pool)
            try await api.application.test(.router) { client in
                for path in [
                    "sessions/\(session)", "sessions/\(session)/audit", "jira/export-status/\(session)",
                    "jira/export-results/\(session)", "jira/export/progress/\(session)",
                ] {
                    let response = try await client.execute(
                        uri: "/api/\(path)",
                        method: .get,
                        headers: [.authorization: "Bearer \(other)"]
                    )
                    #expect(response.status == .notFound)
                    #expect(try response.error().code == "session_not_found")
                }
                let start = try await client.execute(
                    uri: "/api/jira/export-session/\(session)",
                    method: .post,
                    headers: [.authorization: "Bearer \(other)"]
                )
                #expect(start.status == .notFound)
            }
        }
    }

    @Test("A sane request id comes back, another one is replaced")
    func requestIDs() async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let name = HTTPField.Name("X-Request-ID")!
                let kept = try await client.execute(uri: "/health", method: .get, headers: [name: "abc-1.2_3"])
                #expect(kept.headers[name] == "abc-1.2_3")
                let replaced = try await client.execute(uri: "/health", method: .get, headers: [name: "a b"])
                #expect(UUID(uuidString: replaced.headers[name] ?? "") != nil)
            }
        }
    }

    @Test("While the database is away every request that needs it answers 503, and readiness names it")
    func databaseAway() async throws {
        try await APIFixture.run { api in
            api.backend.pool.close()
            try await api.application.test(.router) { client in
                let response = try await client.execute(uri: "/api/sessions", method: .get, headers: api.headers())
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter] != nil)
                #expect(try response.error().code == "unavailable")
                let ready = try await client.execute(uri: "/ready", method: .get)
                #expect(ready.status == .serviceUnavailable)
                #expect(try ready.error().details?.map(\.at) == ["postgresql"])
                #expect(try await client.execute(uri: "/health", method: .get).status == .ok)
            }
        }
    }
}
