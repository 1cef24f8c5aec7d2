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

@Suite("Retries", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct RetryTests {
    @Test("A failed export goes on as a new task, and the answer counts what is kept and what is left")
    func accepted() async throws {
        try await APIFixture.run { api in
            let (session, task) = try await api.startExport(tickets: 5)
            try await api.standIn.run(session, creating: 3, to: .failed(.jiraAway))
            try await api.application.test(.router) { client in
                let response = try await api.ask(.retryExport, about: session, client, body: "{}")
                #expect(response.status == .accepted)
                let answer = try response.json
                #expect(
                    Set(answer.keys) == [
                        "task_id", "session_id", "status", "retry_attempt", "remaining_retries",
                        "resuming_from_ticket_order", "preserved_successful_tickets",
                    ]
                )
                let newTask = try #require(answer["task_id"]?.string.flatMap { JobID($0) })
                #expect(newTask != task)
                #expect(answer["session_id"]?.string == session.description)
                #expect(answer["status"]?.string == "exporting")
                #expect(answer["retry_attempt"]?.integer == 1)
                #expect(answer["remaining_retries"]?.integer == 2)
                #expect(answer["resuming_from_ticket_order"]?.integer == 4)
                #expect(answer["preserved_successful_tickets"]?.integer == 3)

                let status = try await client.execute(
                    uri: "/api/jira/export-status/\(session)",
                    method: .get,
                    headers: api.headers()
                ).json
                #expect(status["task_id"]?.string == newTask.description)
                #expect(status["status"]?.string == "exporting")
                #expect(status["tickets_completed"]?.integer == 3)

                let again = try await api.ask(.retryExport, about: session, client)
                #expect(again.status == .conflict)
                let error = try again.error()
                #expect(error.code == "export_running" && error.errorCategory == "temporary")
            }
            #expect(try await api.backend.delivery.stats().ready == 1)
        }
    }

    @Test("Many who retry at once get one task between them, and one retry is used")
    func atOnce() async throws {
        try await APIFixture.run { api in
            let (session, _) = try await api.startExport(tickets: 1)
            try await api.standIn.run(session, to: .failed(.jiraAway))
            try await api.application.test(.router) { client in
                let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                    for _ in 0..<10 { group.addTask { try await api.ask(.retryExport, about: session, client).status } }
                    return try await group.reduce(into: [HTTPResponse.Status]()) { $0.append($1) }
                }
                #expect(statuses.count { $0 == .accepted } == 1)
                #expect(statuses.count { $0 == .conflict } == 9)
            }
            let row = try await api.backend.sessions.find(session, team: api.team, on: api.backend.pool)
            #expect(row?.retryCount == 1)
        }
    }

    @Test("After three retries the answer is the bare object that says so")
    func usedUp() async throws {
        try await APIFixture.run { api in
            let (session, _) = try await api.startExport(tickets: 2)
            try await api.standIn.run(session, creating: 1, to: .failed(.jiraAway))
            try await api.application.test(.router) { client in
                for number: Int64 in 1...3 {
                    let answer = try await api.ask(.retryExport, about: session, client).json
                    #expect(answer["retry_attempt"]?.integer == number)
                    #expect(answer["remaining_retries"]?.integer == 3 - number)
                    try await api.standIn.run(session, to: .failed(.jiraAway))
                }
                let failed = try await client.execute(
                    uri: "/api/jira/export-status/\(session)",
                    method: .get,
                    headers: api.headers()
                ).json
                #expect(failed["retry_available"] == .bool(false))
                #expect(failed["retry_attempts_used"]?.integer == 3)

                let response = try await api.ask(.retryExport, about: session, client)
                #expect(response.status == .unprocessableContent)
                #expect(response.headers[.contentType] == "application/json")
                #expect(response.headers[.requestID] != nil)
                let answer = try response.json
                #expect(
                    Set(answer.keys) == [
                        "error_category", "user_message", "recovery_actions", "retry_attempts_used", "first_error_at",
                    ]
                )
                #expect(answer["error_category"]?.string == "admin_required")
                #expect(
                    answer["user_message"]?.string
                        == "Maximum retry attempts (3) exceeded. Please contact administrator."
                )
                #expect(
                    answer["recovery_actions"]?.array?.map(\.string)
                        == ["Contact system administrator", "Session may need manual cleanup"]
                )
                #expect(answer["retry_attempts_used"]?.integer == 3)
                let row = try await api.backend.sessions.find(session, team: api.team, on: api.backend.pool)
                let first = try #require(row?.firstErrorAt)
                #expect(answer["first_error_at"]?.string == first.formatted(.iso8601))
            }
        }
    }

    @Test("A cancelled export goes on without using a retry")
    func cancelled() async throws {
        try await APIFixture.run { api in
            let (session, _) = try await api.startExport(tickets: 2)
            try await api.standIn.run(session, creating: 1, to: .cancelled)
            try await api.application.test(.router) { client in
                let answer = try await api.ask(.retryExport, about: session, client).json
                #expect(answer["retry_attempt"]?.integer == 0)
                #expect(answer["remaining_retries"]?.integer == 3)
                #expect(answer["resuming_from_ticket_order"]?.integer == 2)
            }
        }
    }

    @Test("What was never exported, or is all in Jira, is refused with what to do")
    func nothing() async throws {
        try await APIFixture.run { api in
            let ready = try await api.importSession(tickets: 1)
            let (completed, _) = try await api.startExport(tickets: 1)
            try await api.standIn.run(completed, creating: 1, to: .succeeded)
            try await api.application.test(.router) { client in
                for (session, code) in [(ready, "export_not_started"), (completed, "session_already_exported")] {
                    let response = try await api.ask(.retryExport, about: session, client)
                    #expect(response.status == .unprocessableContent)
                    let error = try response.error()
                    #expect(error.code == code && error.errorCategory == "user_fixable")
                    #expect(error.recoveryActions?.isEmpty == false)
                }
            }
        }
    }

    @Test("A parked integration forbids retry and export, as something for an administrator")
    func parked() async throws {
        try await APIFixture.run { api in
            let ready = try await api.importSession(tickets: 1)
            let (failed, _) = try await api.startExport(tickets: 1)
            try await api.standIn.run(failed, to: .failed(.jiraAway))
            try await api.standIn.parkIntegration(of: failed, because: "Jira did not accept the token.")
            try await api.application.test(.router) { client in
                let start = try await client.execute(
                    uri: "/api/jira/export-session/\(ready)",
                    method: .post,
                    headers: api.headers()
                )
                for response in [try await api.ask(.retryExport, about: failed, client), start] {
                    #expect(response.status == .forbidden)
                    let error = try response.error()
                    #expect(error.code == "integration_parked" && error.errorCategory == "admin_required")
                    #expect(error.userMessage.contains("Jira did not accept the token."))
                    #expect(error.recoveryActions?.isEmpty == false)
                }
            }
        }
    }
}
