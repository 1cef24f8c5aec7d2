import Delivery
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("Cancelled exports", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct CancelTests {
    private func status(
        _ session: SessionID,
        _ client: any TestClientProtocol,
        _ api: APIFixture
    ) async throws -> [String: JSONValue] {
        try await api.forgetStatus(session)
        return try await client.execute(
            uri: "/api/jira/export-status/\(session)",
            method: .get,
            headers: api.headers()
        ).json
    }

    @Test("One that waits ends at once, has left the queue, and tells its listeners")
    func waiting() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 2)
            try await api.serve { port in
                try await RawConnection.open(port: port) { connection in
                    #expect(
                        try await connection.openProgress("\(session)", headers: [api.authorization]).status == 101
                    )
                    #expect(try await connection.readText().contains(#""status":"ready""#))
                    try await api.application.test(.router) { client in
                        let path = "/api/jira/export-session/\(session)"
                        let started = try await client.execute(uri: path, method: .post, headers: api.headers()).json
                        let response = try await api.ask(.cancelExport, about: session, client, body: "{}")
                        #expect(response.status == .accepted)
                        let answer = try response.json
                        #expect(Set(answer.keys) == ["session_id", "task_id", "status"])
                        #expect(answer["session_id"]?.string == session.description)
                        #expect(answer["task_id"] == started["task_id"])
                        #expect(answer["status"]?.string == "cancelled")
                        #expect(try await api.backend.delivery.stats().ready == 0)

                        let now = try await status(session, client, api)
                        #expect(now["status"]?.string == "cancelled")
                        #expect(now["task_id"] == started["task_id"])
                        #expect(now["current_ticket_title"] == .null)
                        #expect(now["estimated_time_remaining_minutes"] == .null)

                        let again = try await api.ask(.cancelExport, about: session, client)
                        #expect(again.status == .accepted && again.body == response.body)
                        let export = try await client.execute(uri: path, method: .post, headers: api.headers())
                        #expect(export.status == .unprocessableContent)
                        #expect(try export.error().code == "export_cancelled")
                    }
                    let (texts, code) = try await connection.readToClose()
                    #expect(code == 1000)
                    let end = try #require(texts.last)
                    for part in [
                        #""type":"export_failed""#, #""status":"cancelled""#, #""retry_available":true"#,
                        #""error_message":"The export was cancelled.""#,
                    ] { #expect(end.contains(part)) }
                }
            }
        }
    }

    @Test("One that runs is cancelling until its step is done, and can be retried then")
    func running() async throws {
        try await APIFixture.run { api in
            let (session, task) = try await api.startExport(tickets: 2)
            let claim = try await api.standIn.claim(session)
            try await api.application.test(.router) { client in
                for _ in 1...2 {
                    let response = try await api.ask(.cancelExport, about: session, client)
                    #expect(response.status == .accepted)
                    #expect(try response.json["status"]?.string == "cancelling")
                    #expect(try response.json["task_id"]?.string == task.description)
                    let now = try await status(session, client, api)
                    #expect(now["status"]?.string == "cancelling")
                    #expect(now["estimated_time_remaining_minutes"] == .null)
                    #expect(now["current_ticket_title"]?.string == "Ticket 1")
                }
                let retry = HTTPRequest.Method.post
                let path = "/api/jira/retry-failed/\(session)"
                let early = try await client.execute(uri: path, method: retry, headers: api.headers())
                #expect(early.status == .conflict)

                try await api.standIn.end(claim, creating: 1, as: .cancelled)
                #expect(try await status(session, client, api)["status"]?.string == "cancelled")
                #expect(try await api.ask(.cancelExport, about: session, client).json["status"]?.string == "cancelled")
                let resumed = try await client.execute(uri: path, method: retry, headers: api.headers())
                #expect(resumed.status == .accepted)
                #expect(try resumed.json["resuming_from_ticket_order"]?.integer == 2)
                #expect(try resumed.json["remaining_retries"]?.integer == 3)
            }
        }
    }

    @Test("What has not begun, has completed or has failed is refused with what to do")
    func nothing() async throws {
        try await APIFixture.run { api in
            let ready = try await api.importSession(tickets: 1)
            let (completed, _) = try await api.startExport(tickets: 1)
            try await api.standIn.run(completed, creating: 1, to: .succeeded)
            let (failed, _) = try await api.startExport(tickets: 1)
            try await api.standIn.run(failed, to: .failed(.jiraAway))
            try await api.application.test(.router) { client in
                for (session, code) in [
                    (ready, "export_not_started"), (completed, "session_already_exported"), (failed, "export_failed"),
                ] {
                    let response = try await api.ask(.cancelExport, about: session, client)
                    #expect(response.status == .unprocessableContent)
                    let error = try response.error()
                    #expect(error.code == code && error.recoveryActions?.isEmpty == false)
                }
            }
        }
    }
}
