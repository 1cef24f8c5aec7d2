import Foundation
import Testing
import TramlineModel

@Suite struct ImportRefusalTests {
    /// The faults of a body, as sentences.
    private func faults(_ body: Data) throws -> [String] {
        guard
            case .invalid(let faults, let more) = #expect(
                throws: ImportRefusal.self,
                performing: { try SessionDraft.parse(body) }
            )
        else { return [] }
        #expect(more == 0)
        return faults.map(\.description)
    }

    @Test("What is not JSON is another refusal than what is not an import")
    func malformed() throws {
        let refusal = try #require(throws: ImportRefusal.self) { try SessionDraft.parse(Data("{\"site\":\n".utf8)) }
        guard case .malformed(let error) = refusal else {
            Issue.record("\(refusal)")
            return
        }
        #expect(error.line == 2)
        #expect("\(refusal)".hasPrefix("the body is not JSON: line 2, column 1: "))
    }

    @Test("A body beyond the limit is not read at all")
    func tooLarge() throws {
        let bytes = ImportLimits.bodyBytes + 1
        #expect(throws: ImportRefusal.tooLarge(bytes: bytes)) { try SessionDraft.parse(Data(count: bytes)) }
    }

    @Test(
        "Faults of the document",
        arguments: [
            ("[]", ["body must be an object, but is a list"]),
            ("{}", ["site is missing", "project_key is missing", "tickets is missing"]),
            (
                #"{"site":7,"project_key":"proj","tickets":{},"colour":"red","a b":1}"#,
                [
                    "colour is not a member of an import", "body[\"a b\"] is not a member of an import",
                    "site must be a text, but is a number",
                    "project_key must be a project key such as PROJ: capital letters, digits and _",
                    "tickets must be a list, but is an object",
                ]
            ),
            (
                #"{"site":" ","site":"b","name":"a\nb","project_key":null,"tickets":[1,null]}"#,
                [
                    "site stands here twice", "name must be one line", "project_key is missing",
                    "tickets[0] must be an object, but is a number", "tickets[1] must be an object, but is null",
                ]
            ),
        ]
    )
    func document(body: String, expected: [String]) throws {
        #expect(try faults(Data(body.utf8)) == expected)
    }

    @Test(
        "Faults of a ticket",
        arguments: [
            (#""title":"t""#, ["ref is missing"]),
            (#""ref":"a","title":"  ""#, ["title must not be blank"]),
            (#""ref":"a","title":null"#, ["title is missing"]),
            (#""ref":"a","title":"a\u0085b""#, ["title must be one line"]),
            (#""ref":"a","title":"a\tb""#, ["title must not hold control characters"]),
            (#""ref":"a","title":"a\u202eb""#, ["title must not turn the direction of writing"]),
            (
                #""ref":"a","title":"\#(String(repeating: "x", count: 256))""#,
                ["title has 256 characters, the most is 255"]
            ),
            (
                #""ref":"a","title":"\#(String(repeating: "😀", count: 128))""#,
                ["title has 256 characters, the most is 255"]
            ),
            (#""ref":"\#(String(repeating: "r", count: 65))""#, ["ref has 65 characters, the most is 64"]),
            (#""ref":"a","description_html":"a\u0000""#, ["description_html must not hold the character U+0000"]),
            (#""ref":"a","description":"x""#, ["description is not a member of a ticket"]),
            (#""ref":"a","story_points":"3""#, ["story_points must be a number, but is a text"]),
            (#""ref":"a","story_points":1e999"#, ["story_points is beyond all bounds"]),
            (#""ref":"a","story_points":true"#, ["story_points must be a number, but is true or false"]),
            (#""ref":"a","sprint":1.5"#, ["sprint must be a sprint's name or its number"]),
            (#""ref":"a","sprint":0"#, ["sprint must be a sprint's name or its number"]),
            (#""ref":"a","sprint":[]"#, ["sprint must be a sprint's name or its number, but is a list"]),
            (#""ref":"a","assignee":"ada""#, ["assignee must be an object, but is a text"]),
            (#""ref":"a","assignee":{}"#, ["assignee must have exactly one of email, account_id and display_name"]),
            (
                #""ref":"a","assignee":{"email":"a@b","account_id":"1"}"#,
                ["assignee must have exactly one of email, account_id and display_name"]
            ),
            (#""ref":"a","assignee":{"email":"ada"}"#, ["assignee.email must be an e-mail address"]),
            (#""ref":"a","assignee":{"name":"ada","email":"a@b"}"#, ["assignee.name is not a member of an assignee"]),
            (
                #""ref":"a","labels":["ok","two words",3]"#,
                [
                    "labels[1] must not hold a space: Jira's labels are single words",
                    "labels[2] must be a text, but is a number",
                ]
            ),
            (#""ref":"a","fields":[]"#, ["fields must be an object, but is a list"]),
            (#""ref":"a","fields":{"summary":"x"}"#, ["fields.summary has a member of its own in the import: title"]),
            (
                #""ref":"a","fields":{"cf":{"x":["a\u0000",1e400]},"cf":1}"#,
                [
                    "fields.cf.x[0] must not hold the character U+0000", "fields.cf.x[1] is beyond all bounds",
                    "fields.cf stands here twice",
                ]
            ),
            (
                #""ref":"a","parent":"X""#,
                [
                    "parent is neither the ref of a ticket of this session nor an issue key such as PROJ-9"
                ]
            ),
            (#""ref":"a","parent":"a""#, ["parent is the ticket itself"]),
            (
                #""ref":"a","depends_on":["a","b","b"]"#,
                [
                    "depends_on[2] stands here twice", "depends_on[0] is the ticket itself",
                    "depends_on[1] is not the ref of a ticket of this session",
                ]
            ),
            (
                #""ref":"a","attachments":[{"filename":"../x","content_base64":"a"},{"filename":"x"}]"#,
                [
                    "attachments[0].filename must be a plain file name, without a path",
                    "attachments[0].content_base64 is not base64", "attachments[1].content_base64 is missing",
                ]
            ),
            (
                #""ref":"a","attachments":[{"filename":"x","content_base64":"","content_type":"text"},"#
                    + #"{"filename":"y","content_base64":""},{"filename":"y","content_base64":""}]"#,
                [
                    "attachments[0].content_type must be a media type such as image/png",
                    "attachments[2].filename is the name of another attachment of this ticket",
                ]
            ),
        ]
    )
    func ticket(members: String, expected: [String]) throws {
        #expect(try faults(body([members])) == expected.map { "tickets[0].\($0)" })
    }

    @Test("A ref is unique in its session")
    func duplicates() throws {
        let faults = try faults(body([#""ref":"a""#, #""ref":"b""#, #""ref":"a""#]))
        #expect(faults == ["tickets[2].ref is the ref of tickets[0] already"])
    }

    @Test("Circles are named, parents among them")
    func cycles() throws {
        let faults = try faults(
            body([
                #""ref":"T0","depends_on":["T1"]"#, #""ref":"T1","depends_on":["T2"]"#,
                #""ref":"T2","depends_on":["T1"]"#, #""ref":"P","parent":"Q""#, #""ref":"Q","depends_on":["P"]"#,
            ])
        )
        #expect(
            faults == [
                "tickets[1].depends_on makes a circle, in which none can be created first: T1 → T2 → T1",
                "tickets[3].parent makes a circle, in which none can be created first: P → Q → P",
            ]
        )
    }

    @Test("A hundred faults are listed, the rest is counted")
    func many() throws {
        let body = body((0..<300).map { #""ref":"\#($0)","title":7"# })
        let refusal = try #require(throws: ImportRefusal.self) { try SessionDraft.parse(body) }
        guard case .invalid(let faults, let more) = refusal else {
            Issue.record("\(refusal)")
            return
        }
        #expect(faults.count == 100 && more == 200)
        #expect("\(refusal)".hasPrefix("300 things are wrong with the import:\n  tickets[0].title must be a text"))
        #expect("\(refusal)".hasSuffix("\n  … and 200 more"))
    }

    @Test("More than a thousand tickets are refused")
    func tooMany() throws {
        let faults = try faults(body((0...1000).map { #""ref":"\#($0)""# }))
        #expect(faults == ["tickets has 1001 elements, the most is 1000"])
    }
}
