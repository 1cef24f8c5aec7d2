import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Jira's limits", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct RateLimitTests {
    @Test("A create that was refused for its rate is probed for once before it is sent again")
    func probes() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(
                .creating(.rateLimited(retryAfter: 1, reason: "jira-burst-based"), title: "Ticket 2", limit: 1)
            )
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            let paths = fixture.jira.journal().filter { $0.method == "POST" }.map { ($0.path, $0.status) }
            let first = try #require(paths.firstIndex { $0.1 == 429 })
            #expect(
                paths[first...].prefix(3).map(\.0) == [
                    "/rest/api/3/issue", "/rest/api/3/issue/bulkfetch", "/rest/api/3/issue",
                ]
            )
            #expect(fixture.jira.issues().map(\.summary) == ["Ticket 1", "Ticket 2", "Ticket 3"])
        }
    }

    @Test("A create that Jira refused for its rate, and made nevertheless, is adopted by the probe")
    func liar() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession([.make(1)])
            let marker = try await fixture.exports.tickets(of: session, on: fixture.pool)[0].marker
            fixture.jira.add(.creating(.rateLimited(retryAfter: 2, reason: "jira-burst-based"), limit: 1))
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                try await fixture.jira.journal { $0.contains { $0.status == 429 } }
                // What a gateway does that answers before what stands behind it is done.
                try await fixture.createInJira(title: "Ticket 1", marker: marker)
                _ = try await fixture.messages(of: session)
            }
            #expect(fixture.jira.issues().count == 1)
            #expect(try await fixture.operations() == ["adopted"])
        }
    }

    @Test("A burst closes the site's gate for everybody, for as long as Jira asks")
    func burst() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(.creating(.rateLimited(retryAfter: 2, reason: "jira-burst-based"), limit: 1))
            let (team, one) = try await fixture.importSession([.make(1)])
            let (_, two) = try await fixture.importSession([.make(1)])
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(one, team: team)
                try await fixture.jira.journal { $0.contains { $0.status == 429 } }
                try await fixture.start(two, team: team)
                _ = try await fixture.messages(of: one)
                _ = try await fixture.messages(of: two)
            }
            let journal = fixture.jira.journal()
            let refused = try #require(journal.firstIndex { $0.status == 429 })
            let gap = journal[refused + 1].arrived.monotonic - (journal[refused].ended?.monotonic ?? 0)
            #expect(gap >= 1_900_000)
        }
    }

    @Test("A limit of one issue delays what is written to it, and nothing else")
    func perIssue() async throws {
        try await ExportFixture.run { fixture in
            let limit = ScriptedFault(
                .rateLimited(retryAfter: 2, reason: "jira-per-issue-on-write"),
                method: "POST",
                path: "/rest/api/3/issue/PROJ-1/attachments",
                limit: 1
            )
            fixture.jira.add(limit)
            func file(_ name: String) -> SessionDraft.Attachment {
                .init(filename: name, contentType: "text/plain", bytes: Array(name.utf8))
            }
            let (team, session) = try await fixture.importSession([
                .make(1, attachments: [file("a")]), .make(2, dependsOn: ["T1"], attachments: [file("b")]),
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            let writes = fixture.jira.journal().filter { $0.writes && $0.path != "/rest/api/3/issue" }.map(\.path)
            #expect(
                writes == [
                    "/rest/api/3/issue/PROJ-1/attachments", "/rest/api/3/issue/PROJ-2/attachments",
                    "/rest/api/3/issueLink", "/rest/api/3/issue/PROJ-1/attachments",
                ]
            )
            #expect(fixture.jira.issues().map(\.attachments.count) == [1, 1])
        }
    }

    @Test("Limits beyond the attempts fail the export as temporary")
    func usedUp() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(.creating(.rateLimited(retryAfter: 0, reason: "jira-quota-tenant-based")))
            let (team, session) = try await fixture.importSession([.make(1)])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"temporary""#) == true)
            #expect(try await fixture.row(of: session).fault?.code == "jira_rate_limited")
            #expect(fixture.creates.count == 3)
        }
    }
}
