import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Fields that Jira cannot take", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct FieldTests {
    private func run(
        _ site: SiteConfiguration = SiteConfiguration(),
        _ faults: [ScriptedFault] = [],
        _ body: @Sendable (ExportFixture) async throws -> Void
    ) async throws {
        let jira = JiraSimulator.Configuration(sites: [site], latency: .milliseconds(2), faults: faults)
        try await ExportFixture.run(jira: jira, body)
    }

    @Test("What the create screen rules out is left out of the first create already")
    func preflight() async throws {
        let project = ProjectConfiguration(labelsOnScreen: false)
        let site = SiteConfiguration(
            projects: [project],
            customFields: [CustomField(id: "customfield_10200", name: "Hidden", isOnScreen: false)]
        )
        try await run(site) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(
                    1,
                    TicketContent(
                        title: "Much",
                        priority: "Blocker-ish",
                        labels: ["red"],
                        fields: #"{"customfield_10200": "x"}"#
                    )
                ),
                .make(2, TicketContent(title: "High", priority: "high")),
            ])
            _ = try await fixture.export(session, team: team)
            #expect(fixture.creates.map(\.status) == [201, 201])
            #expect(
                Set(try await fixture.fixes(of: session)) == [
                    "priority_not_available priority PROJ-1", "labels_not_set labels PROJ-1",
                    "field_not_set customfield_10200 PROJ-1",
                ]
            )
            #expect(fixture.jira.issues().map(\.priority) == ["Medium", "High"])
            let advice = try await fixture.exports.fixes(of: session).map(\.fix)
                .first { $0.issueType == "priority_not_available" }
            #expect(advice?.recommendedAction.contains("High") == true)
        }
    }

    @Test("A refusal drops exactly the optional fields that it names, and the create is repeated")
    func exactly() async throws {
        try await run { fixture in
            let content = TicketContent(
                title: "Closed sprint",
                priority: "High",
                assignee: .accountID("712020:dan-0003"),
                sprint: .number(36),
                storyPoints: 3,
                labels: ["red"]
            )
            let (team, session) = try await fixture.importSession([.make(1, content)])
            _ = try await fixture.export(session, team: team)
            #expect(fixture.creates.map(\.status) == [400, 201])
            #expect(try await fixture.operations() == ["refused", "created"])
            #expect(
                Set(try await fixture.exports.fixes(of: session).map(\.fix.issueType))
                    == ["sprint_not_found", "assignee_invalid"]
            )
            let issue = try #require(fixture.jira.issues().first)
            #expect(issue.priority == "High" && issue.storyPoints == 3 && issue.labels.contains("red"))
            #expect(issue.assignee == nil && issue.sprint == nil)
        }
    }

    @Test("A refused field that the ticket cannot do without stops the export and keeps the others")
    func required() async throws {
        let project = ProjectConfiguration(requiredFields: ["customfield_10100"])
        let site = SiteConfiguration(
            projects: [project],
            customFields: [CustomField(id: "customfield_10100", name: "Team", kind: .select(["A", "B"]))]
        )
        try await run(site) { fixture in
            let content = TicketContent(
                title: "Bad option",
                priority: "High",
                fields: #"{"customfield_10100": {"value": "C"}}"#
            )
            let (team, session) = try await fixture.importSession([.make(1, content)])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"user_fixable""#) == true)
            #expect(fixture.creates.map(\.status) == [400])
            #expect(try await fixture.row(of: session).fault?.code == "jira_rejected")
        }
    }

    @Test("Create screens are asked for once by an export, and again when one has promised too much")
    func cached() async throws {
        try await run { fixture in
            func screens() -> Int { fixture.jira.journal().count { $0.path.contains("/createmeta/") } }
            for _ in 1...2 {
                let (team, session) = try await fixture.importSession([.make(1), .make(2)])
                _ = try await fixture.export(session, team: team)
            }
            // The types and one screen, for each export's look at the project; none for a ticket.
            #expect(screens() == 4)
            fixture.jira.add(.creating(.labelsOffScreen, limit: 1))
            for _ in 1...2 {
                let (team, session) = try await fixture.importSession([.make(1), .make(2)])
                _ = try await fixture.export(session, team: team)
            }
            // The third export asks once more after the refusal.
            #expect(screens() == 10)
            // Twice a create, and once one that was refused and repeated.
            #expect(fixture.creates.count == 9)
        }
    }

    @Test(
        "A create that is refused without a field's name goes once more with the plainest description and the whole text"
    )
    func plain() async throws {
        let refusal = ScriptedFault.creating(
            .answer(status: 400, body: ["errorMessages": ["INVALID_INPUT"], "errors": [:]]),
            title: "Rich",
            limit: 1
        )
        try await run(SiteConfiguration(), [refusal]) { fixture in
            let html =
                "<div data-panel-type=\"info\"><p>Panel <u>underlined</u></p></div><p style=\"color:#ff0000\">Red</p>"
            let (team, session) = try await fixture.importSession([
                .make(1, TicketContent(title: "Rich", descriptionHTML: html))
            ])
            _ = try await fixture.export(session, team: team)
            #expect(fixture.creates.map(\.status) == [400, 201])
            #expect(try await fixture.fixes(of: session) == ["description_simplified description PROJ-1"])
            let issue = try #require(fixture.jira.issues().first)
            #expect(issue.attachments.map(\.filename) == ["full-description.html"])
            #expect(issue.attachments.first?.bytes == Array(html.utf8))
            #expect(!issue.description.text.contains("panel") && issue.description.text.contains("underlined"))
            #expect(fixture.jira.marker(of: issue) != nil)
        }
    }

    @Test("A description that Jira refuses by its name is worded more simply, then cut; the whole of it goes along")
    func descriptionRefused() async throws {
        let refusals: [ScriptedFault] = [
            .creating(
                .answer(status: 400, body: ["errors": ["description": "?", "parentId": "?"]]),
                title: "Rich",
                .nth(1)
            ),
            .creating(.answer(status: 400, body: ["errors": ["description": "?"]]), title: "Rich", .nth(2)),
        ]
        try await run(SiteConfiguration(), refusals) { fixture in
            let html =
                "<p><u>Text</u></p>" + String(repeating: "<p>\(String(repeating: "x", count: 99))</p>", count: 200)
            let content = TicketContent(title: "Rich", descriptionHTML: html)
            let (team, session) = try await fixture.importSession([
                .make(1, TicketContent(title: "Epic", issueType: "Epic")), .make(2, content, parent: .ref("T1")),
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.creates.map(\.status) == [201, 400, 400, 201])
            #expect(
                try await fixture.fixes(of: session).sorted() == [
                    "description_cut description PROJ-2", "description_simplified description PROJ-2",
                    "parent_not_set parent PROJ-2",
                ]
            )
            let issue = try #require(fixture.jira.issues().last)
            #expect(issue.attachments.map(\.filename) == ["full-description.html"])
            #expect(issue.attachments.first?.bytes == Array(html.utf8))
            #expect((1000..<12_000).contains(issue.description.text.count { $0 == "x" }))
        }
    }

    @Test("A file that went along with a wording which did not help is left out again")
    func companionTakenBack() async throws {
        let refusals: [ScriptedFault] = [
            .creating(.answer(status: 400, body: ["errorMessages": ["?"], "errors": [:]]), title: "Rich", limit: 2)
        ]
        try await run(SiteConfiguration(), refusals) { fixture in
            let file = SessionDraft.Attachment(
                filename: "full-description.html",
                contentType: "text/html; charset=utf-8",
                bytes: Array("mine".utf8)
            )
            let content = TicketContent(title: "Rich", descriptionHTML: "<p><u>Text</u></p>")
            let (team, session) = try await fixture.importSession([.make(1, content, attachments: [file])])
            _ = try await fixture.export(session, team: team)
            #expect(fixture.creates.map(\.status) == [400, 400, 201])
            let files = try #require(fixture.jira.issues().first).attachments
            #expect(files.map(\.filename) == ["full-description.html"])
            #expect(files.first?.bytes == Array("mine".utf8))
            #expect(try await fixture.fixes(of: session).isEmpty)
        }
    }

    @Test("A file of the ticket that is called like ours keeps its name")
    func nameTaken() async throws {
        let refusal = ScriptedFault.creating(.answer(status: 400, body: ["errorMessages": ["?"]]), limit: 1)
        try await run(SiteConfiguration(), [refusal]) { fixture in
            let file = SessionDraft.Attachment(
                filename: "full-description.html",
                // As ours are: what it is does not tell whose it is.
                contentType: "text/html; charset=utf-8",
                bytes: Array("mine".utf8)
            )
            let content = TicketContent(title: "Rich", descriptionHTML: "<p><u>Text</u></p>")
            let (team, session) = try await fixture.importSession([.make(1, content, attachments: [file])])
            _ = try await fixture.export(session, team: team)
            let files = try #require(fixture.jira.issues().first).attachments
            #expect(files.map(\.filename) == ["full-description.html", "full-description-2.html"])
            #expect(files.first?.bytes == Array("mine".utf8))
        }
    }

    @Test("A project that refuses issue properties gets its tickets without, marked by label, and is asked once only")
    func propertyless() async throws {
        try await run(SiteConfiguration(), [.creating(.propertyRefused)]) { fixture in
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.creates.map(\.status) == [400, 201, 201, 201])
            #expect(fixture.jira.issues().allSatisfy { $0.labels.contains { $0.hasPrefix("tramline-") } })
            #expect(try await fixture.fixes(of: session).isEmpty)
        }
    }

    @Test("Only a 400 makes a create give way", arguments: [403, 404, 413, 415, 422])
    func otherRefusals(_ status: Int) async throws {
        let body: JSON = ["errorMessages": [], "errors": ["priority": "No."]]
        try await run(SiteConfiguration(), [.creating(.answer(status: status, body: body))]) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, TicketContent(title: "A", priority: "High"))
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_failed") == true)
            #expect(fixture.creates.count == 1)
            #expect(try await fixture.operations() == ["refused"])
        }
    }

    @Test(
        "Boards and people that Jira does not show cost the field, not the export",
        arguments: [
            "/rest/agile/1.0/board", "/rest/api/3/user/assignable/search",
        ]
    )
    func refusedLooks(_ path: String) async throws {
        let refusal = ScriptedFault(.answer(status: 403, body: ["errorMessages": ["No."]]), path: path)
        try await run(SiteConfiguration(), [refusal]) { fixture in
            let content = TicketContent(title: "A", assignee: .email("ada@acme.example"), sprint: .name("Sprint 12"))
            let (team, session) = try await fixture.importSession([.make(1, content)])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(try await fixture.fixes(of: session).count == 1)
        }
    }
}
