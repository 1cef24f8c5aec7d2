import Foundation
import JiraSimulator
import Postgres
import Record
import ServiceLifecycle
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Exports", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ExportTests {
    @Test("A session's tickets become issues, once each and in order, with files, links and manual fixes")
    func exportsASession() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession([
                .make(
                    1,
                    attachments: [.init(filename: "a.txt", contentType: "text/plain", bytes: Array("hello".utf8))]
                ),
                .make(
                    2,
                    TicketContent(title: "Odd priority", priority: "Blocker-ish", labels: ["red"]),
                    dependsOn: ["T1"]
                ),
                .make(
                    3,
                    TicketContent(
                        title: "Nobody's",
                        assignee: .email("nobody@acme.example"),
                        sprint: .name("Sprint 12")
                    ),
                    dependsOn: ["T1", "T2"]
                ),
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""type":"export_complete""#) == true)

            let issues = fixture.jira.issues()
            #expect(issues.map(\.summary) == ["Ticket 1", "Odd priority", "Nobody's"])
            #expect(fixture.jira.duplicates().isEmpty)
            let summary = try #require(fixture.jira.summary().sites.values.first)
            #expect(summary.maxInFlight == 1)

            let tickets = try await ExportStore(pool: fixture.pool).tickets(of: session, on: fixture.pool)
            #expect(tickets.map { $0.issue?.key } == issues.map(\.key))
            let fixes = try await ExportStore(pool: fixture.pool).fixes(of: session)
            #expect(Set(fixes.map(\.fix.issueType)) == ["priority_not_available", "assignee_invalid"])
            let counts = try await SessionStore(pool: fixture.pool).counts(of: session, on: fixture.pool)
            #expect(counts.settledAttachments == 1)
            #expect(counts.linkedLinks == 3)
            #expect(counts.remainingWrites == 0)
        }
    }

    @Test("A create whose answer was lost is found and adopted, not repeated")
    func adopts() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(.creating(.dropAfterCommit, .nth(2)))
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().count == 3)
            #expect(fixture.jira.duplicates().isEmpty)
            let adopted = try await fixture.pool.query("SELECT count(*) FROM operations WHERE adopted").scalar(
                as: Int.self
            )
            #expect(adopted == 1)
        }
    }

    @Test("A create that never happened is repeated after the settle time, while the other tickets go on")
    func repeatsAfterSettling() async throws {
        try await ExportFixture.run(requestTimeout: .milliseconds(500), settle: .milliseconds(500)) { fixture in
            fixture.jira.add(.creating(.dropBeforeCommit, .nth(1)))
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(Set(fixture.jira.issues().map(\.summary)) == ["Ticket 1", "Ticket 2", "Ticket 3"])
            // The lost one came last: it did not hold the others up.
            #expect(fixture.jira.issues().map(\.summary).last == "Ticket 1")
            #expect(fixture.jira.duplicates().isEmpty)
        }
    }

    @Test("A credential that Jira refuses ends the export at once, for an administrator to mend")
    func refusedCredential() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession([.make(1)], token: "wrong")
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"admin_required""#) == true)
            let row = try #require(try await SessionStore(pool: fixture.pool).load(session, on: fixture.pool))
            #expect(row.status == .exportFailed)
            #expect(row.failedAtTicketOrder == 1)
            #expect(fixture.jira.issues().isEmpty)
        }
    }

    @Test("Jira's 5xx uses the job's attempts and fails the session as temporary only after the last")
    func serverFaults() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(Fault(.errorBeforeCommit(status: 503), path: "/rest/api/3/issue/createmeta/*/issuetypes"))
            let (team, session) = try await fixture.importSession([.make(1)])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"temporary""#) == true)
            let attempts = try await fixture.pool.query("SELECT attempts, state FROM jobs").only()
            #expect(try attempts.get("state", as: String.self) == "failed")
            #expect(try attempts.get("attempts", as: Int.self) == 3)
        }
    }

    @Test("A worker that stops hands its export over between two tickets; the other one goes on")
    func handsOver() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession((1...8).map { .make($0) })
            let first = fixture.makeRunner("first")
            try await fixture.withWorkers([first]) { groups in
                try await fixture.start(session, team: team)
                _ = try await fixture.follow(session) { $0.count >= 3 }
                await groups[0].triggerGracefulShutdown()
            }
            #expect((1..<8).contains(fixture.jira.issues().count))
            _ = try await fixture.withWorkers([fixture.makeRunner("second")]) { _ in
                try await fixture.messages(of: session)
            }
            #expect(fixture.jira.issues().map(\.summary) == (1...8).map { "Ticket \($0)" })
            #expect(fixture.jira.duplicates().isEmpty)
            let job = try await fixture.pool.query("SELECT attempts, deaths, epoch FROM jobs").only()
            #expect(try job.get("attempts", as: Int.self) == 0)
            #expect(try job.get("deaths", as: Int.self) == 0)
            #expect(try job.get("epoch", as: Int.self) == 2)
        }
    }
}
