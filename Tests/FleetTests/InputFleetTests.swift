import Foundation
import TestEquipment
import Testing

@Suite("A fleet that is spoken to badly", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct InputFleetTests {
    private struct Refusal: Decodable {
        struct Content: Decodable {
            let code: String
            let errorCategory: String
            let userMessage: String
            let requestId: String
        }

        let error: Content
    }

    /// A bad request and its answer's status.
    private struct Example {
        let name: String
        let method: String
        let path: String
        var key: String?
        var body: Data?
        let status: Int
    }

    @Test("Every refusal has its status, and all of them one shape")
    func refusals() async throws {
        try await Fleet.run(.init(workers: 0)) { fleet in
            let key = fleet.key
            let empty = try await fleet.importSession(ImportBody("E", count: 0))
            let status = "/api/jira/export-status/"
            let start = "/api/jira/export-session/"
            let large = Data(repeating: UInt8(ascii: " "), count: 20 << 20)
            let examples = [
                Example(name: "no key", method: "GET", path: "/api/sessions", status: 401),
                Example(name: "a wrong key", method: "GET", path: "/api/sessions", key: "trm_wrong", status: 401),
                Example(name: "a bad UUID", method: "GET", path: status + "nonsense", key: key, status: 400),
                Example(name: "an unknown session", method: "GET", path: status + UUID().wire, key: key, status: 404),
                Example(name: "its export", method: "POST", path: start + UUID().wire, key: key, status: 404),
                Example(name: "an empty session", method: "POST", path: start + empty.wire, key: key, status: 422),
                Example(
                    name: "malformed JSON",
                    method: "POST",
                    path: "/api/sessions",
                    key: key,
                    body: Data("{\"site\": ".utf8),
                    status: 400
                ),
                Example(name: "20 MB", method: "POST", path: "/api/sessions", key: key, body: large, status: 413),
            ]
            for example in examples {
                let answer = try await fleet.send(example.method, example.path, key: example.key, body: example.body)
                try #require(answer.status == example.status, "\(example.name)")
                try #require(answer.contentType == "application/json", "\(example.name)")
                let error = try answer.decode(Refusal.self).error
                try #require(!error.code.isEmpty && !error.userMessage.isEmpty && !error.requestId.isEmpty)
                try #require(["user_fixable", "admin_required", "temporary"].contains(error.errorCategory))
            }
            try #require(try await fleet.send("GET", "/health", key: nil).status == 200)
            try #require(try await fleet.send("GET", "/ready", key: nil).status == 200)
            try #require(try await fleet.send("GET", "/openapi.json", key: nil).status == 200)
        }
    }

    @Test("An API without its Redis is alive and not ready")
    func notReady() async throws {
        try await Fleet.run(.init(workers: 0)) { fleet in
            fleet.redis.kill()
            try #require(try await fleet.send("GET", "/health", key: nil).status == 200)
            let answer = try await fleet.send("GET", "/ready", key: nil)
            try #require(answer.status == 503)
        }
    }
}
