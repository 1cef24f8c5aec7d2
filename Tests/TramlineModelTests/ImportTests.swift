import Foundation
import Testing
import TramlineModel

@Suite struct ImportTests {
    @Test("Every member of the import body is read")
    func whole() throws {
        let draft = try SessionDraft.parse(
            Data(
                #"""
                { "name": "Sprint 12 import", "site": "acme", "project_key": "PROJ",
                  "tickets": [
                    { "ref": "T0", "title": "The first" },
                    { "ref": "T1", "title": "Größe < 3", "description_html": "<p>a\nb</p>", "issue_type": "Story",
                      "priority": "High", "assignee": {"email": "ada@acme.example"}, "sprint": "Sprint 12",
                      "story_points": 2.5, "labels": ["a", "b", "a"], "parent": "T0", "depends_on": ["T0"],
                      "fields": {"customfield_10100": {"id": 1.10}, "customfield_2": [1e2, null]},
                      "attachments": [
                        {"filename": "log.txt", "content_type": "text/plain; charset=utf-8", "content_base64": "aGk="},
                        {"filename": "raw", "content_base64": ""}] },
                    { "ref": "T2", "title": "t", "sprint": 37, "parent": "PROJ-9", "priority": null,
                      "assignee": {"account_id": "5b10:a"} },
                    { "ref": "T3", "title": "t", "assignee": {"display_name": "Ada L."}, "parent": "T2" } ] }
                """#.utf8
            )
        )
        #expect(draft.name == "Sprint 12 import")
        #expect(draft.site == "acme" && draft.projectKey == "PROJ")
        #expect(draft.fingerprint.count == 32)
        #expect(draft.tickets.map(\.ref) == ["T0", "T1", "T2", "T3"])
        #expect(draft.tickets.map(\.exportOrder) == [1, 2, 3, 4])

        let first = draft.tickets[0]
        #expect(first.content.title == "The first" && first.content.issueType == "Task")
        #expect(first.content.descriptionHTML == nil && first.content.assignee == nil && first.content.sprint == nil)
        #expect(first.content.labels.isEmpty && first.content.fields == "{}" && first.attachments.isEmpty)

        let second = draft.tickets[1]
        #expect(second.content.title == "Größe < 3" && second.content.descriptionHTML == "<p>a\nb</p>")
        #expect(second.content.issueType == "Story" && second.content.priority == "High")
        #expect(second.content.assignee == .email("ada@acme.example") && second.content.sprint == .name("Sprint 12"))
        #expect(second.content.storyPoints == 2.5 && second.content.labels == ["a", "b"])
        #expect(second.parent == .ref("T0") && second.dependsOn == ["T0"])
        #expect(second.content.fields == #"{"customfield_10100":{"id":1.10},"customfield_2":[1e2,null]}"#)
        #expect(second.attachments.map(\.filename) == ["log.txt", "raw"])
        #expect(second.attachments.map(\.contentType) == ["text/plain; charset=utf-8", "application/octet-stream"])
        #expect(second.attachments.map(\.bytes) == [Array("hi".utf8), []])

        #expect(draft.tickets[2].content.sprint == .number(37) && draft.tickets[2].parent == .key("PROJ-9"))
        #expect(draft.tickets[2].content.assignee == .accountID("5b10:a") && draft.tickets[2].content.priority == nil)
        #expect(draft.tickets[3].content.assignee == .displayName("Ada L.") && draft.tickets[3].parent == .ref("T2"))
    }

    @Test("A session without tickets can be imported")
    func empty() throws {
        let draft = try SessionDraft.parse(Data(#"{"site":"acme","project_key":"PROJ","tickets":[]}"#.utf8))
        #expect(draft.tickets.isEmpty && draft.name == nil)
    }

    @Test("Tickets are created behind what they need, otherwise in the order given")
    func order() throws {
        let draft = try SessionDraft.parse(
            body([
                #""ref":"A","depends_on":["D"]"#, #""ref":"B""#, #""ref":"C","parent":"E""#, #""ref":"D""#,
                #""ref":"E","depends_on":["B","D"]"#,
            ])
        )
        let order = draft.tickets.sorted { $0.exportOrder < $1.exportOrder }.map(\.ref)
        #expect(order == ["B", "D", "A", "E", "C"])
    }

    @Test("The fingerprint is the same for the same content, and another for another")
    func fingerprint() throws {
        let one = try SessionDraft.parse(
            Data(#"{"site":"acme","project_key":"PROJ","tickets":[{"ref":"a","title":"t"}]}"#.utf8)
        )
        let same = try SessionDraft.parse(
            Data(#"{ "tickets": [ {"title": "\u0074", "ref": "a"} ], "project_key": "PROJ", "site": "acme" }"#.utf8)
        )
        let other = try SessionDraft.parse(
            Data(#"{"site":"acme","project_key":"PROJ","tickets":[{"ref":"a","title":"u"}]}"#.utf8)
        )
        #expect(one.fingerprint == same.fingerprint)
        #expect(one.fingerprint != other.fingerprint)
    }

    @Test("A thousand tickets with large descriptions are read in no time")
    func large() throws {
        let tickets = (0..<1000).map { index in
            let html = String(repeating: "<p>Line \\\"\(index)\\\"</p>", count: 100)
            let needs = index > 0 ? #","depends_on":["T\#(index - 1)"]"# : ""
            return #""ref":"T\#(index)","description_html":"\#(html)"\#(needs)"#
        }
        let draft = try SessionDraft.parse(body(tickets.reversed()))
        #expect(draft.tickets.first?.exportOrder == 1000)
        #expect(draft.tickets.last?.exportOrder == 1)
    }
}

/// An import of tickets that are given by their members, each with a title unless it has one.
func body(_ tickets: [String]) -> Data {
    let tickets = tickets.map { $0.contains(#""title""#) ? "{\($0)}" : "{\"title\":\"t\",\($0)}" }
    return Data(#"{"site":"acme","project_key":"PROJ","tickets":[\#(tickets.joined(separator: ","))]}"#.utf8)
}
