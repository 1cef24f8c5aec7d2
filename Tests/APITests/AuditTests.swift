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

@Suite("A session's history", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct AuditTests {
    private static let fault = Fault(category: .temporary, code: "x", userMessage: "It broke.", recoveryActions: [])

    private func post(
        _ client: any TestClientProtocol,
        _ api: APIFixture,
        _ path: String,
        _ body: String = ""
    ) async throws -> TestResponse {
        try await client.execute(
            uri: "/api/\(path)",
            method: .post,
            headers: api.headers([.contentType: "application/json"]),
            body: ByteBuffer(string: body)
        )
    }

    private func history(
        _ client: any TestClientProtocol,
        _ api: APIFixture,
        _ path: String
    ) async throws -> TestResponse {
        try await client.execute(uri: "/api/sessions/\(path)", method: .get, headers: api.headers())
    }

    @Test("It tells what was done by requests and by workers, who did each, and in which order")
    func told() async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let imported = try await post(
                    client,
                    api,
                    "sessions",
                    #"{"site": "acme", "project_key": "PROJ", "tickets": [{"ref": "A", "title": "Secret plan"}]}"#
                )
                let text = try #require(try imported.json["session_id"]?.string)
                let session = try #require(SessionID(text))
                #expect(try await post(client, api, "jira/export-session/\(session)").status == .accepted)
                try await ExportStandIn(pool: api.backend.pool).run(session, to: .failed(Self.fault))
                #expect(try await post(client, api, "jira/retry-failed/\(session)").status == .accepted)

                let response = try await history(client, api, "\(session)/audit")
                #expect(response.status == .ok)
                #expect(!String(buffer: response.body).contains("Secret plan"))
                let page = try response.json
                #expect(Set(page.keys) == ["session_id", "entries", "next"])
                #expect(page["session_id"]?.string == text && page["next"] == .null)
                let entries = try #require(page["entries"]?.array)
                let key = try #require(try await KeyStore(pool: api.backend.pool).list(team: "team").first).id
                let lines = entries.map { entry in
                    let actor = entry["actor"]?.string?.replacing("key:\(key)", with: "KEY") ?? ""
                    let states = "\(entry["from"]?.string ?? "–") → \(entry["to"]?.string ?? "")"
                    return "\(actor) \(entry["entity"]?.string ?? "") \(entry["ticket_ref"]?.string ?? "-") \(states)"
                }
                #expect(
                    lines == [
                        "KEY session - – → ready", "KEY ticket A – → pending",
                        "KEY job - – → queued", "KEY session - ready → exporting",
                        "worker:stand-in job - queued → running",
                        "worker:stand-in session - exporting → export_failed",
                        "worker:stand-in ticket A pending → failed", "worker:stand-in job - running → failed",
                        "KEY job - – → queued", "KEY session - export_failed → exporting",
                        "KEY ticket A failed → pending",
                    ]
                )
                for entry in entries {
                    guard case .object(let members) = entry else { continue }
                    let names = Set(members.map(\.name))
                    let always: Set = ["id", "at", "entity", "entity_id", "actor", "from", "to", "reason"]
                    #expect(names == (entry["ticket_ref"] == nil ? always : always.union(["ticket_ref"])))
                    let at = try #require(entry["at"]?.string)
                    #expect(at.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(at)")
                    #expect(UUID(uuidString: entry["entity_id"]?.string ?? "") != nil)
                }
                let times = entries.compactMap { $0["at"]?.string }
                #expect(times == times.sorted())
                #expect(entries[0]["from"] == .null && entries[0]["entity_id"]?.string == text)
                #expect(entries[5]["reason"]?.string == "x: It broke.")
            }
            #expect(try await anonymousChanges(in: api.backend.pool) == [])
        }
    }

    @Test("It comes in pages: each entry once, and the last page says so")
    func pages() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 5)
            try await api.application.test(.router) { client in
                var ids: [Int64] = []
                var sizes: [Int] = []
                var next: Int64? = 0
                while let after = next {
                    let page = try await history(client, api, "\(session)/audit?after=\(after)&limit=2").json
                    let entries = try #require(page["entries"]?.array)
                    ids += entries.compactMap { $0["id"]?.integer }
                    sizes.append(entries.count)
                    next = page["next"]?.integer
                    #expect(next == nil || next == ids.last)
                }
                #expect(sizes == [2, 2, 2])
                #expect(ids == ids.sorted() && Set(ids).count == 6)
                let behind = try await history(client, api, "\(session)/audit?after=\(ids.last ?? 0)").json
                #expect(behind["entries"] == .array([]) && behind["next"] == .null)
            }
        }
    }

    @Test(
        "A page that cannot be is refused, by the parameter's name",
        arguments: ["after=-1", "after=x", "after=9007199254740992", "limit=0", "limit=1001", "limit=", "limit=1.5"]
    )
    func badPage(query: String) async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.application.test(.router) { client in
                let response = try await history(client, api, "\(session)/audit?\(query)")
                #expect(response.status == .badRequest)
                let error = try response.error()
                #expect(error.code == "invalid_parameter")
                #expect(error.details?.map(\.at) == [String(query.prefix { $0 != "=" })])
            }
        }
    }
}
