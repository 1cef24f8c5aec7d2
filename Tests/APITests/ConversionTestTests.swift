import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import Secrets
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("The test of conversions", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ConversionTestTests {
    private func post(
        _ client: any TestClientProtocol,
        _ api: APIFixture,
        _ session: SessionID,
        _ body: String = #"{"ticket_ids": []}"#
    ) async throws -> TestResponse {
        try await client.execute(
            uri: "/api/jira/test-adf-conversion/\(session)",
            method: .post,
            headers: api.headers([.contentType: "application/json"]),
            body: ByteBuffer(string: body)
        )
    }

    private func results(_ response: TestResponse) throws -> [JSONValue] {
        #expect(response.status == .ok)
        return try #require(try response.json["results"]?.array)
    }

    private func importSession(
        _ api: APIFixture,
        _ htmls: [String?],
        files: [SessionDraft.Attachment] = []
    ) async throws -> SessionID {
        try await api.backend.sessions.importSession(
            SessionDraft(
                site: APIFixture.site,
                projectKey: "PROJ",
                tickets: htmls.enumerated().map { index, html in
                    SessionDraft.Ticket(
                        ref: "T\(index + 1)",
                        content: TicketContent(title: "Ticket \(index + 1)", descriptionHTML: html),
                        attachments: index == 0 ? files : [],
                        exportOrder: index + 1
                    )
                }
            ),
            team: api.team,
            actor: .commandLine,
            idempotency: nil,
            hash: Digest.sha256
        ).id
    }

    private static let file = SessionDraft.Attachment(filename: "a.txt", bytes: [1, 2, 3])

    private static func allowance(
        _ allowance: AttachmentAllowance
    )
        -> @Sendable (SiteQuestion) throws -> (
            JobOutcome, String?
        )
    {
        { question in
            #expect(question.subject == .attachments)
            return (.succeeded, try AnswerJSON.encode(allowance))
        }
    }

    @Test("All tickets, or some, in the order of creation, each with its size, its reduction or what to do")
    func conversions() async throws {
        try await APIFixture.run { api in
            let long = "<p>" + String(repeating: "x", count: 40_000) + "</p>"
            let session = try await importSession(api, ["<p>Some <b>bold</b> text</p>", long, nil])
            try await api.application.test(.router) { client in
                let response = try await post(client, api, session)
                let all = try results(response)
                let report = try response.json
                #expect(
                    Set(report.keys) == [
                        "session_id", "tickets_tested", "all_passed", "passed", "failed", "results",
                    ]
                )
                #expect(report["session_id"]?.string == "\(session)")
                #expect(report["tickets_tested"]?.integer == 3)
                #expect(report["all_passed"] == .bool(false))
                #expect(report["passed"]?.integer == 2)
                #expect(report["failed"]?.integer == 1)
                #expect(all.map { $0["ticket_title"]?.string } == ["Ticket 1", "Ticket 2", "Ticket 3"])
                guard case .object(let members) = all[0] else { throw RecordError(.unreadable, "no object") }
                #expect(
                    Set(members.map(\.name)) == [
                        "ticket_id", "ticket_title", "status", "adf_size_bytes", "character_reduction",
                        "error_message", "suggested_fix", "attachment_upload_tested", "attachment_upload_status",
                    ]
                )
                #expect(all[0]["status"]?.string == "passed")
                #expect(all[0]["adf_size_bytes"]?.integer ?? 0 > 50)
                // 14 characters are seen of 28.
                #expect(all[0]["character_reduction"]?.double == 50)
                #expect(all[0]["error_message"] == .null && all[0]["suggested_fix"] == .null)
                #expect(all[0]["attachment_upload_tested"] == .bool(false))
                #expect(all[0]["attachment_upload_status"] == .null)
                #expect(all[1]["status"]?.string == "failed")
                #expect(all[1]["adf_size_bytes"] == .null)
                #expect(all[1]["error_message"]?.string?.contains("40,000 characters") == true)
                #expect(all[1]["suggested_fix"]?.string?.contains("Shorten by 7,233") == true)

                let id = try #require(all[2]["ticket_id"]?.string)
                let some = try await post(client, api, session, #"{"ticket_ids": ["\#(id)"]}"#)
                #expect(try results(some).map { $0["ticket_id"]?.string } == [id])
                #expect(try some.json["all_passed"] == .bool(true))

                // People edit in between: nothing is remembered.
                try await api.backend.pool.execute(
                    "UPDATE tickets SET description_html = '<p>short</p>' WHERE session_id = \(session)"
                )
                #expect(try await post(client, api, session).json["all_passed"] == .bool(true))
            }
        }
    }

    @Test("More tickets than are read at once are all tested")
    func pages() async throws {
        try await APIFixture.run { api in
            let session = try await importSession(api, (1...40).map { "<p>\($0)</p>" })
            try await api.application.test(.router) { client in
                let titles = try results(try await post(client, api, session)).compactMap { $0["ticket_title"]?.string }
                #expect(titles == (1...40).map { "Ticket \($0)" })
            }
        }
    }

    struct Attached: CustomTestStringConvertible {
        let testDescription: String
        var file = ConversionTestTests.file
        var allowance = AttachmentAllowance(isEnabled: true, isPermitted: true, uploadLimit: 3)
        var breaks = false
        let status: String
        var message = ""
    }

    @Test(
        "Files are checked without being sent",
        arguments: [
            Attached(testDescription: "a file that fits", status: "passed"),
            Attached(
                testDescription: "a file beyond Jira's limit",
                allowance: AttachmentAllowance(isEnabled: true, isPermitted: true, uploadLimit: 2),
                status: "failed",
                message: "a.txt has 3 bytes; this Jira site takes 2"
            ),
            Attached(
                testDescription: "no limit known",
                allowance: AttachmentAllowance(isEnabled: true, isPermitted: true, uploadLimit: nil),
                status: "passed"
            ),
            Attached(
                testDescription: "attachments switched off",
                allowance: AttachmentAllowance(isEnabled: false, isPermitted: true, uploadLimit: 3),
                status: "failed",
                message: "takes no attachments"
            ),
            Attached(
                testDescription: "no permission",
                allowance: AttachmentAllowance(isEnabled: true, isPermitted: false, uploadLimit: 3),
                status: "failed",
                message: "may not attach"
            ),
            Attached(
                testDescription: "an empty file",
                file: SessionDraft.Attachment(filename: "a.txt", bytes: []),
                status: "failed",
                message: "a.txt is empty"
            ),
            Attached(
                testDescription: "a file of which a piece is gone",
                breaks: true,
                status: "failed",
                message: "a.txt is not stored completely"
            ),
        ]
    )
    func attachments(_ attached: Attached) async throws {
        try await APIFixture.run { api in
            let session = try await importSession(api, ["<p>x</p>", "<p>y</p>"], files: [attached.file])
            if attached.breaks { try await api.backend.pool.execute("DELETE FROM attachment_chunks") }
            let answer = Self.allowance(attached.allowance)
            try await api.withWorker(answering: { try answer($0) }) {
                try await api.application.test(.router) { client in
                    let tested = try results(try await post(client, api, session))
                    #expect(tested[0]["attachment_upload_tested"] == .bool(true))
                    #expect(tested[0]["attachment_upload_status"]?.string == attached.status)
                    #expect(tested[0]["status"]?.string == attached.status)
                    #expect(tested[0]["error_message"]?.string?.contains(attached.message) ?? attached.message.isEmpty)
                    // The description was converted all the same.
                    #expect(tested[0]["adf_size_bytes"]?.integer != nil)
                    #expect(tested[1]["attachment_upload_tested"] == .bool(false))
                    #expect(tested[1]["attachment_upload_status"] == .null)
                }
            }
        }
    }

    @Test("Where no worker tells what Jira takes, that check is skipped, and what can be seen here counts")
    func skipped() async throws {
        try await APIFixture.run { api in
            var api = api
            api.backend.allowancePatience = .milliseconds(50)
            let empty = SessionDraft.Attachment(filename: "empty", bytes: [])
            let whole = try await importSession(api, ["<p>x</p>"], files: [Self.file])
            let broken = try await importSession(api, ["<p>x</p>"], files: [empty])
            try await api.application.test(.router) { [api] client in
                let first = try results(try await post(client, api, whole))[0]
                #expect(first["status"]?.string == "passed")
                #expect(first["attachment_upload_tested"] == .bool(false))
                #expect(first["attachment_upload_status"]?.string == "skipped")
                let second = try results(try await post(client, api, broken))[0]
                #expect(second["attachment_upload_tested"] == .bool(true))
                #expect(second["attachment_upload_status"]?.string == "failed")
            }
            let states = try await api.backend.pool.query("SELECT state FROM jobs").map {
                try $0.get("state", as: String.self)
            }
            #expect(states == ["cancelled", "cancelled"])
        }
    }

    @Test("Without attachments nobody is asked")
    func unasked() async throws {
        try await APIFixture.run { api in
            let session = try await importSession(api, ["<p>x</p>"], files: [Self.file])
            try await api.application.test(.router) { client in
                let body = #"{"ticket_ids": [], "include_attachments": false}"#
                let result = try results(try await post(client, api, session, body))[0]
                #expect(result["attachment_upload_tested"] == .bool(false))
                #expect(result["attachment_upload_status"] == .null)
            }
            #expect(try await api.backend.pool.query("SELECT count(*) FROM jobs").scalar(as: Int.self) == 0)
        }
    }

    @Test("Tickets of another session, and what is no request, are refused by their places")
    func refused() async throws {
        try await APIFixture.run { api in
            let session = try await importSession(api, ["<p>x</p>"])
            let stranger = TicketID()
            try await api.application.test(.router) { client in
                let unknown = try await post(client, api, session, #"{"ticket_ids": ["\#(stranger)"]}"#)
                #expect(unknown.status == .unprocessableContent)
                #expect(try unknown.error().code == "invalid_request")
                #expect(try unknown.error().details?.map(\.at) == ["ticket_ids[0]"])
                let bad = try await post(
                    client,
                    api,
                    session,
                    #"{"ticket_ids": ["x", "\#(stranger)", "\#(stranger)"]}"#
                )
                #expect(
                    try bad.error().details?.map { "\($0.at) \($0.message)" } == [
                        "ticket_ids[0] must be a UUID", "ticket_ids[2] stands here twice",
                    ]
                )
                #expect(try await post(client, api, SessionID()).status == .notFound)
                #expect(try await post(client, api, session, "{").status == .badRequest)
            }
        }
    }
}
