import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Creates whose answer was lost", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ReconciliationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var faults: [ScriptedFault]
        var site = SiteConfiguration()
        /// How many creates reach Jira for three tickets.
        var creates = 3
    }

    private static let lost = ScriptedFault.creating(.dropAfterCommit, title: "Ticket 2", limit: 1)

    static let adopted = [
        Case(testDescription: "dropped after the commit", faults: [lost]),
        Case(
            testDescription: "5xx after the commit",
            faults: [.creating(.errorAfterCommit(status: 502), title: "Ticket 2", limit: 1)]
        ),
        Case(testDescription: "truncated", faults: [.creating(.truncated, title: "Ticket 2", limit: 1)]),
        Case(
            testDescription: "timed out after the commit",
            faults: [.creating(.timeOut(milliseconds: 60_000, commits: true), title: "Ticket 2", limit: 1)]
        ),
        Case(
            testDescription: "committed later",
            faults: [.creating(.delayedCommit(milliseconds: 700), title: "Ticket 2", limit: 1)]
        ),
        Case(
            testDescription: "the first of the project",
            faults: [.creating(.dropAfterCommit, title: "Ticket 1", limit: 1)]
        ),
        Case(
            testDescription: "beyond a gap of the keys that the search sees",
            faults: [lost, .creating(.keyGap(350), title: "Ticket 2", limit: 1)]
        ),
        Case(
            testDescription: "within a gap that the index does not know yet",
            faults: [
                lost, .creating(.keyGap(60), title: "Ticket 2", limit: 1),
                .creating(.indexLag(milliseconds: 600_000)),
            ]
        ),
        Case(
            testDescription: "the property lost, the label there",
            faults: [lost, .creating(.propertyLost, title: "Ticket 2", limit: 1)]
        ),
        Case(
            testDescription: "no labels in the project",
            faults: [lost],
            site: SiteConfiguration(projects: [ProjectConfiguration(labelsOnScreen: false)])
        ),
        Case(
            testDescription: "the property refused, once and for all",
            faults: [lost, .creating(.propertyRefused)],
            creates: 4
        ),
        Case(
            testDescription: "Jira's clock an hour ahead",
            faults: [lost],
            site: SiteConfiguration(clockSkew: 3_600_000)
        ),
        Case(
            testDescription: "Jira's clock a day behind",
            faults: [lost],
            site: SiteConfiguration(clockSkew: -86_400_000)
        ),
        Case(
            testDescription: "Jira's clock set back meanwhile",
            faults: [
                lost, ScriptedFault(.clockSkew(milliseconds: -7_200_000), path: "/rest/api/3/issue/bulkfetch"),
            ]
        ),
    ]

    @Test("It is found by its marker and adopted, not repeated", arguments: adopted)
    func adopts(_ example: Case) async throws {
        let jira = JiraSimulator.Configuration(sites: [example.site], latency: .milliseconds(2), faults: example.faults)
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .seconds(2), jira: jira) { fixture in
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(Set(fixture.jira.issues().map(\.summary)) == ["Ticket 1", "Ticket 2", "Ticket 3"])
            #expect(fixture.jira.issues().count == 3 && fixture.creates.count == example.creates)
            #expect(try await fixture.operations().filter { $0 == "adopted" }.count == 1)
            let keys = Set(try await fixture.keys(of: session))
            #expect(keys == Set(fixture.jira.issues().map(\.key)))
        }
    }

    static let neverMade = [
        Case(testDescription: "dropped before", faults: [.creating(.dropBeforeCommit, title: "Ticket 2", limit: 1)]),
        Case(
            testDescription: "5xx before",
            faults: [.creating(.errorBeforeCommit(status: 500), title: "Ticket 2", limit: 1)]
        ),
        Case(
            testDescription: "timed out before",
            faults: [.creating(.timeOut(milliseconds: 60_000, commits: false), title: "Ticket 2", limit: 1)]
        ),
        Case(
            testDescription: "twice in a row",
            faults: [.creating(.dropBeforeCommit, title: "Ticket 2", limit: 2)],
            creates: 5
        ),
    ]

    @Test("One that never was is repeated once that is certain, after all others", arguments: neverMade)
    func repeats(_ example: Case) async throws {
        let jira = JiraSimulator.Configuration(latency: .milliseconds(2), faults: example.faults)
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .milliseconds(500), jira: jira) { fixture in
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().map(\.summary) == ["Ticket 1", "Ticket 3", "Ticket 2"])
            #expect(fixture.creates.count == max(4, example.creates) && fixture.jira.duplicates().isEmpty)
            let creates = fixture.creates.filter { $0.title == "Ticket 2" }
            // Not before the settle time was over: 1 s until the deadline, 0.5 s from there.
            let distance = creates[1].arrived.monotonic - creates[0].arrived.monotonic
            #expect(distance >= 1_500_000)
            // What was repeated is audited.
            #expect(try await fixture.pool.query("SELECT count(*) FROM jobs WHERE kind = 'audit'").scalar() == 1)
        }
    }

    @Test("An issue that was moved meanwhile is adopted under its new key, whose number misleads nobody")
    func moved() async throws {
        let projects = [ProjectConfiguration(), ProjectConfiguration(key: "OTHER")]
        let jira = JiraSimulator.Configuration(
            sites: [SiteConfiguration(projects: projects)],
            latency: .milliseconds(2),
            faults: [
                .creating(.keyGap(300), title: "Ticket 1", limit: 1),
                // The walk finds nothing at first: Jira is still at it.
                .creating(.delayedCommit(milliseconds: 300), title: "Ticket 2", limit: 1),
            ]
        )
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .seconds(5), jira: jira) { fixture in
            let (team, session) = try await fixture.importSession((1...2).map { .make($0) })
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                // The first look has come and gone by the time that the settled simulator shows the issue.
                _ = try await fixture.jira.journal { entries in
                    entries.contains { $0.path == "/rest/api/3/issue/bulkfetch" }
                }
                fixture.jira.advance(by: .seconds(1))
                let made = try #require(fixture.jira.issues().first { $0.summary == "Ticket 2" })
                #expect(fixture.jira.move(made.key, to: "OTHER"))
                _ = try await fixture.messages(of: session)
            }
            #expect(try await fixture.keys(of: session) == ["PROJ-301", "OTHER-1"])
            let low = try await OperationStore.highestKeyNumber(
                inProject: "PROJ",
                of: try await fixture.row(of: session).integration,
                on: fixture.pool
            )
            #expect(low == 301)
        }
    }

    @Test("Where an old project has issues already, the walk begins above them")
    func oldProject() async throws {
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .seconds(2)) { fixture in
            // Somebody else's issues, more than a walk would pass at a time.
            fixture.jira.add(.creating(.keyGap(5000), .nth(1)))
            let (team, first) = try await fixture.importSession([.make(1)])
            _ = try await fixture.export(first, team: team)
            // To this fleet the project is new.
            try await fixture.pool.execute("DELETE FROM sessions")
            fixture.jira.add(.creating(.dropAfterCommit, limit: 1))
            let (_, second) = try await fixture.importSession([.make(2)])
            _ = try await fixture.export(second, team: team)
            #expect(try await fixture.keys(of: second) == ["PROJ-5002"])
            let low = try await fixture.pool.query("SELECT low_key_number FROM operations").scalar(as: Int64.self)
            #expect(low == 5001)
            let reads = fixture.jira.journal().filter { $0.path == "/rest/api/3/issue/bulkfetch" }
            #expect(reads.count == 1)
        }
    }

    @Test("Twins are told with their keys; the oldest is the ticket's, and none is deleted")
    func twins() async throws {
        // The first request is executed when its repetition has been lost too.
        let faults: [ScriptedFault] = [
            .creating(.delayedCommit(milliseconds: 4000), .nth(1)),
            .creating(.delayedCommit(milliseconds: 2000), .nth(2)),
        ]
        let jira = JiraSimulator.Configuration(latency: .milliseconds(2), faults: faults)
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .milliseconds(500), jira: jira) { fixture in
            let (team, session) = try await fixture.importSession([.make(1)])
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                _ = try await fixture.jira.journal { entries in
                    entries.count { $0.path == "/rest/api/3/issue" && $0.outcome == .dropped } == 2
                }
                fixture.jira.advance(by: .seconds(10))
                _ = try await fixture.messages(of: session)
            }
            #expect(fixture.jira.issues().map(\.key) == ["PROJ-1", "PROJ-2"])
            #expect(try await fixture.keys(of: session) == ["PROJ-1"])
            #expect(try await fixture.fixes(of: session) == ["duplicate_issue PROJ-2 PROJ-2"])
            let told = try await AuditStore(pool: fixture.pool).entries(of: session, after: 0, limit: 1000).map(
                \.reason
            )
            #expect(told.contains("duplicate_issue: PROJ-2"))
        }
    }

    @Test("What an adopted issue lacks is told as well, and what would not fit goes along")
    func adoptedFixes() async throws {
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .seconds(2)) { fixture in
            fixture.jira.add(.creating(.dropAfterCommit, limit: 1))
            let content = TicketContent(
                title: "Long",
                descriptionHTML: "<p>" + String(repeating: "word ", count: 8000) + "</p>",
                assignee: .email("nobody@acme.example")
            )
            let (team, session) = try await fixture.importSession([.make(1, content)])
            _ = try await fixture.export(session, team: team)
            #expect(try await fixture.operations() == ["adopted"])
            #expect(
                try await fixture.fixes(of: session)
                    == ["assignee_invalid assignee PROJ-1", "description_cut description PROJ-1"]
            )
            #expect(fixture.jira.issues()[0].attachments.map(\.filename) == ["full-description.txt"])
        }
    }

    @Test("When every create ends unknown, the export fails as temporary within its attempts")
    func neverAnswers() async throws {
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .seconds(300)) { fixture in
            fixture.jira.add(.creating(.errorBeforeCommit(status: 503)))
            let (team, session) = try await fixture.importSession((1...30).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"temporary""#) == true)
            // Three in a row end a run, and three runs are all there are.
            #expect(fixture.creates.count == 9)
        }
    }

    @Test("A ticket whose every create ends unknown fails the export as temporary within its attempts")
    func neverAnswersOne() async throws {
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .zero) { fixture in
            fixture.jira.add(.creating(.dropBeforeCommit, title: "Ticket 2"))
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"temporary""#) == true)
            #expect(messages.last?.contains(#""failed_at_ticket":2"#) == true)
            #expect(try await fixture.operations().count { $0 == "uncertain" } == 1)
            #expect(fixture.creates.count { $0.title == "Ticket 2" } == 3)
        }
    }
}
