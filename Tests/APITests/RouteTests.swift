import Delivery
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

@Suite("Routes", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct RouteTests {
    static let body = """
        {"site": "acme", "project_key": "PROJ", "name": "Sprint 12",
         "tickets": [{"ref": "A", "title": "First"}, {"ref": "B", "title": "Second", "depends_on": ["A"]}]}
        """

    private func post(
        _ client: any TestClientProtocol,
        _ api: APIFixture,
        _ body: String,
        idempotencyKey: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
        headers[.idempotencyKey] = idempotencyKey
        return try await client.execute(
            uri: "/api/sessions",
            method: .post,
            headers: api.headers(headers),
            body: ByteBuffer(string: body)
        )
    }

    @Test("A session is imported, shown and listed")
    func importing() async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let created = try await post(client, api, Self.body)
                #expect(created.status == .created)
                let id = try #require(try created.json["session_id"]?.string)
                #expect(try created.json["total_tickets"]?.integer == 2)
                #expect(try created.json["status"]?.string == "ready")
                #expect(created.headers[.location] == "/api/sessions/\(id)")

                let shown = try await client.execute(uri: "/api/sessions/\(id)", method: .get, headers: api.headers())
                #expect(shown.status == .ok)
                #expect(shown.body == created.body)

                _ = try await post(client, api, Self.body)
                let list = try await client.execute(uri: "/api/sessions?limit=1", method: .get, headers: api.headers())
                let sessions = try #require(try list.json["sessions"]?.array)
                #expect(sessions.count == 1)
                #expect(sessions.first?["session_id"]?.string != id)
            }
        }
    }

    @Test("An import that is repeated with its key gives the same session; another body is refused")
    func idempotency() async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let first = try await post(client, api, Self.body, idempotencyKey: "k1")
                let again = try await post(client, api, Self.body.replacing("\n", with: " "), idempotencyKey: "k1")
                #expect(first.status == .created)
                #expect(again.status == .ok)
                #expect(first.body == again.body)
                let other = try await post(
                    client,
                    api,
                    Self.body.replacing("First", with: "Else"),
                    idempotencyKey: "k1"
                )
                #expect(other.status == .unprocessableContent)
                #expect(try other.error().code == "idempotency_key_reused")
            }
        }
    }

    @Test("Each fault of an import is named by its place, and nothing is stored")
    func faults() async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let response = try await post(
                    client,
                    api,
                    """
                    {"site": "acme", "project_key": "PROJ", "tickets": [{"ref": "A", "title": "x", "depends_on": ["Z"]},
                     {"ref": "B", "colour": "red"}]}
                    """
                )
                #expect(response.status == .unprocessableContent)
                let places = try #require(try response.error().details?.map(\.at))
                #expect(Set(places).isSuperset(of: ["tickets[1].title", "tickets[1].colour"]))
                let list = try await client.execute(uri: "/api/sessions", method: .get, headers: api.headers())
                #expect(try list.json["sessions"]?.array?.isEmpty == true)
            }
        }
    }

    @Test("An export is started once; a repeat gives the same task")
    func starting() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 3)
            try await api.application.test(.router) { client in
                let path = "/api/jira/export-session/\(session)"
                let first = try await client.execute(uri: path, method: .post, headers: api.headers())
                #expect(first.status == .accepted)
                let started = try first.json
                #expect(
                    Set(started.keys) == [
                        "task_id", "session_id", "status", "total_tickets", "estimated_duration_minutes",
                        "jira_project_key", "started_at",
                    ]
                )
                #expect(started["total_tickets"]?.integer == 3)
                #expect(started["estimated_duration_minutes"]?.integer == 1)

                let second = try await client.execute(
                    uri: path,
                    method: .post,
                    headers: api.headers(),
                    body: ByteBuffer(string: "{}")
                )
                #expect(second.status == .accepted)
                let running = try second.json
                #expect(
                    Set(running.keys) == [
                        "task_id", "session_id", "status", "progress_percentage", "current_ticket_title", "started_at",
                    ]
                )
                #expect(running["task_id"] == started["task_id"])
                #expect(running["current_ticket_title"]?.string == "Ticket 1")
                #expect(running["started_at"] == started["started_at"])
            }
            #expect(try await api.backend.delivery.stats().ready == 1)
        }
    }

    @Test("Many who start one export at once get one task")
    func startingAtOnce() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.application.test(.router) { client in
                let tasks = try await withThrowingTaskGroup(of: String?.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            let response = try await client.execute(
                                uri: "/api/jira/export-session/\(session)",
                                method: .post,
                                headers: api.headers()
                            )
                            #expect(response.status == .accepted)
                            return try response.json["task_id"]?.string
                        }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(tasks.count == 1)
            }
        }
    }

    @Test(
        "What cannot be exported is refused with what to do",
        arguments: ["session_empty", "session_already_exported", "export_failed", "export_cancelled"]
    )
    func refusals(code: String) async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: code == "session_empty" ? 0 : 1)
            let store = api.backend.sessions
            if code != "session_empty" {
                _ = try await store.startExport(of: session, team: api.team, actor: .test, maximumAttempts: 1)
                let fault = Fault(category: .temporary, code: "x", userMessage: "It broke.", recoveryActions: [])
                try await api.backend.pool.withTransaction { connection in
                    switch code {
                    case "session_already_exported": try await store.completeExport(session, on: connection)
                    case "export_failed": try await store.failExport(session, at: 1, fault: fault, on: connection)
                    default: try await store.cancelExport(session, on: connection)
                    }
                }
            }
            try await api.application.test(.router) { client in
                let response = try await client.execute(
                    uri: "/api/jira/export-session/\(session)",
                    method: .post,
                    headers: api.headers()
                )
                #expect(response.status == .unprocessableContent)
                let error = try response.error()
                #expect(error.code == code)
                #expect(error.recoveryActions?.isEmpty == false)
            }
        }
    }

    @Test("The description names every endpoint, and nothing else")
    func description() async throws {
        guard case .object(let document) = try JSONValue(parsing: Data(PackageResourcesView.openAPI)),
            case .object(let paths)? = document.first(where: { $0.name == "paths" })?.value
        else {
            Issue.record("the description is no object")
            return
        }
        var described: Set<String> = []
        for path in paths {
            guard case .object(let members) = path.value else { continue }
            for member in members where ["get", "post", "put", "patch", "delete"].contains(member.name) {
                described.insert("\(member.name.uppercased()) \(path.name)")
            }
        }
        #expect(described == Set(Endpoint.allCases.map { "\($0.method.rawValue) \($0.path)" }))
    }
}

extension RouteTests {
    @Test("The description lists the codes of all errors")
    func codes() throws {
        let document = try JSONValue(parsing: Data(PackageResourcesView.openAPI))
        let code = document["components"]?["schemas"]?["Error"]?["properties"]?["error"]?["properties"]?["code"]
        let listed = Set(code?["enum"]?.array?.compactMap(\.string) ?? [])
        // This one leaves in a body of its own, without its code.
        let own: Set = [APIError.Code.retriesUsedUp.rawValue]
        #expect(listed == Set(APIError.Code.allCases.map(\.rawValue)).subtracting(own))
    }
}

/// The bytes of the description.
enum PackageResourcesView {
    static var openAPI: [UInt8] { Array(OpenAPIDocument.bytes.readableBytesView) }
}
