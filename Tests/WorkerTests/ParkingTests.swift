import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Tickets that nobody can decide on", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ParkingTests {
    /// The second of three tickets gets lost after it was made, and neither property nor label tells so.
    private static let unmarked: [ScriptedFault] = [
        .creating(.dropAfterCommit, title: "Ticket 2", limit: 1), .creating(.propertyLost, title: "Ticket 2", limit: 1),
    ]

    private func run(
        _ faults: [ScriptedFault],
        labels: Bool = false,
        _ body: @Sendable (ExportFixture, TeamID, SessionID) async throws -> Void
    ) async throws {
        let site = SiteConfiguration(projects: [ProjectConfiguration(labelsOnScreen: labels)])
        let jira = JiraSimulator.Configuration(sites: [site], latency: .milliseconds(2), faults: faults)
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .milliseconds(500), jira: jira) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1), .make(2, dependsOn: ["T1"]), .make(3, dependsOn: ["T1"]),
                .make(4, TicketContent(title: "Below", issueType: "Sub-task"), parent: .ref("T2")),
            ])
            try await body(fixture, team, session)
        }
    }

    @Test(
        "A possible orphan stops its ticket and what is below it; all else goes on, and the export says what to look for"
    )
    func parks() async throws {
        try await run(Self.unmarked) { fixture, team, session in
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"user_fixable""#) == true)
            #expect(messages.last?.contains(#""failed_at_ticket":2"#) == true)
            #expect(messages.last?.contains(#""retry_available":true"#) == true)
            // Nothing is created beside it.
            #expect(fixture.jira.issues().map(\.summary) == ["Ticket 1", "Ticket 2", "Ticket 3"])
            #expect(try await fixture.keys(of: session) == ["PROJ-1", nil, "PROJ-3", nil])
            // The link between the others is there.
            #expect(fixture.jira.links().count == 1)
            #expect(try await fixture.fixes(of: session) == ["possible_orphan PROJ-2 PROJ-2"])
            let fault = try #require(try await fixture.row(of: session).fault)
            #expect(fault.code == "ticket_undecided")
            #expect(fault.userMessage.contains("ticket 2 of 4 (\"Ticket 2\")"))
            let ticket = try await fixture.exports.tickets(of: session, on: fixture.pool)[1]
            #expect(ticket.status == .failed)
            #expect(fault.recoveryActions.contains { $0.contains(ticket.marker.label) })
            #expect(fault.recoveryActions.contains { $0.contains("project = \"PROJ\"") })
            #expect(try await fixture.operations().count { $0 == "parked" } == 1)
        }
    }

    @Test("A retry is the person's word: what is still not to be found is created")
    func personsWord() async throws {
        try await run(Self.unmarked) { fixture, team, session in
            _ = try await fixture.export(session, team: team)
            #expect(fixture.jira.delete("PROJ-2"))
            let messages = try await fixture.retry(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(try await fixture.keys(of: session) == ["PROJ-1", "PROJ-4", "PROJ-3", "PROJ-5"])
            #expect(fixture.jira.links().count == 2)
            // It may have been the person's mistake: the audit looks again.
            #expect(try await fixture.pool.query("SELECT count(*) FROM jobs WHERE kind = 'audit'").scalar() == 1)
        }
    }

    @Test("An orphan that a person has labelled is taken for the ticket's issue by the retry")
    func labelled() async throws {
        try await run(Self.unmarked) { fixture, team, session in
            _ = try await fixture.export(session, team: team)
            let marker = try await fixture.exports.tickets(of: session, on: fixture.pool)[1].marker
            #expect(fixture.jira.edit("PROJ-2", labels: [marker.label]))
            let messages = try await fixture.retry(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(try await fixture.keys(of: session) == ["PROJ-1", "PROJ-2", "PROJ-3", "PROJ-4"])
            #expect(try await fixture.fixes(of: session).isEmpty)
            #expect(fixture.creates.count == 4)
        }
    }

    @Test("Our own issue of another ticket with the same title is no orphan")
    func sameTitles() async throws {
        // The first one is made and answered, and loses its marker: the record knows whose it is.
        let faults: [ScriptedFault] = [.creating(.propertyLost, .nth(1)), .creating(.dropBeforeCommit, .nth(2))]
        let site = SiteConfiguration(projects: [ProjectConfiguration(labelsOnScreen: false)])
        let jira = JiraSimulator.Configuration(sites: [site], latency: .milliseconds(2), faults: faults)
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: .milliseconds(500), jira: jira) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, TicketContent(title: "Same")), .make(2, TicketContent(title: "Same")),
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().count == 2)
        }
    }

    @Test(
        "Where Jira refuses to let us look, nothing is created again until a person says so",
        arguments: [
            "/rest/api/3/search/jql", "/rest/api/3/issue/bulkfetch",
        ]
    )
    func refusedLook(_ path: String) async throws {
        let refusal = ScriptedFault(.answer(status: 403, body: ["errorMessages": ["No."]]), path: path)
        let faults: [ScriptedFault] = [.creating(.dropBeforeCommit, title: "Ticket 2", limit: 1), refusal]
        try await run(faults, labels: true) { fixture, team, session in
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"user_fixable""#) == true)
            #expect(try await fixture.row(of: session).fault?.code == "ticket_undecided")
            #expect(fixture.creates.count { $0.title == "Ticket 2" } == 1)
            let again = try await fixture.retry(session, team: team)
            #expect(again.last?.contains("export_complete") == true)
            #expect(fixture.jira.duplicates().isEmpty && fixture.jira.issues().count == 4)
        }
    }

    @Test("Where the account does not see what it creates, absence proves nothing")
    func hidden() async throws {
        let faults: [ScriptedFault] = [.creating(.hidden), .creating(.dropAfterCommit, title: "Ticket 2", limit: 1)]
        try await run(faults, labels: true) { fixture, team, session in
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"user_fixable""#) == true)
            #expect(fixture.creates.count { $0.title == "Ticket 2" } == 1)
            let parked = try await fixture.pool.query("SELECT detail FROM operations WHERE state = 'parked'")
            #expect(try parked.scalar(as: String.self).contains("does not see the issues that it has created"))
        }
    }
}
