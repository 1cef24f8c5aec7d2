import ADF
import Testing

@Suite struct ValidatorTests {
    /// The content of a document, and its fault: where and why.
    struct Faulty: Sendable, CustomTestStringConvertible {
        let content: String
        let place: String
        let reason: String
        var testDescription: String { content }

        init(_ content: String, _ place: String, _ reason: String) {
            self.content = content
            self.place = place
            self.reason = reason
        }
    }

    private func faults(_ json: String) -> [ADFFault] { ADFValidator.faults(in: Array(json.utf8)) }

    @Test("What may be sent has no faults, whatever the order of members and white space")
    func valid() {
        #expect(
            faults(
                #" { "content" : [ { "content":[{"text":"a","marks":[],"type":"text"}], "type":"paragraph"} ], "type":"doc", "version":1 } "#
            ) == []
        )
        #expect(
            faults(
                #"{"version":1,"type":"doc","content":[{"type":"rule"},{"type":"codeBlock","content":[{"type":"text","text":"a\n\ud83d\ude00"}]}]}"#
            ) == []
        )
    }

    @Test("A fault is named with its node, place and reason", arguments: cases)
    func faulty(_ faulty: Faulty) throws {
        let found = faults(#"{"version":1,"type":"doc","content":[\#(faulty.content)]}"#)
        let first = try #require(found.first)
        #expect("\(first.node) at \(first.path)" == faulty.place)
        #expect(first.reason == faulty.reason)
        #expect(first.description == "\(faulty.place) is not valid: \(faulty.reason)")
    }

    @Test(
        "What is no document at all is told",
        arguments: [
            "", "[]", "{", #"{"type":"doc","content":[]}"#, #"{"version":2,"type":"doc","content":[]}"#,
            #"{"type":"paragraph"}"#, "{}x",
            #"{"version":1,"type":"doc","content":[]} {}"#, #"{"version":1,"type":"doc","content":[{"type":"rule"},]}"#,
            #"{"version":1,"type":"doc","content":"a"}"#,
        ]
    )
    func noDocument(_ json: String) {
        #expect(faults(json).count >= 1)
    }

    @Test("The suggestion tells where to look")
    func suggestion() throws {
        let fault = try #require(
            faults(
                #"{"version":1,"type":"doc","content":[{"type":"panel","attrs":{"panelType":"tip"},"content":[{"type":"paragraph","content":[{"type":"text","text":"Mind the gap"}]}]}]}"#
            ).first
        )
        #expect(fault.suggestion == "Simplify the panel near “Mind the gap”")
    }

    @Test("Nodes are at most 64 deep and lists 10")
    func depth() {
        let quotes =
            String(repeating: #"{"type":"blockquote","content":["#, count: 70) + String(repeating: "]}", count: 70)
        #expect(faults(#"{"version":1,"type":"doc","content":[\#(quotes)]}"#).contains { $0.reason.contains("64") })
        let item = #"{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph"},"#
        let lists = String(repeating: item, count: 11) + #"{"type":"paragraph"}"# + String(repeating: "]}]}", count: 11)
        let reasons = faults(#"{"version":1,"type":"doc","content":[\#(lists)]}"#).map(\.reason)
        #expect(Set(reasons) == ["lists are nested more than 10 deep"])
    }

    static let cases: [Faulty] = {
        func text(_ marks: String) -> String {
            #"{"type":"paragraph","content":[{"type":"text","text":"a","marks":[\#(marks)]}]}"#
        }
        let run = "text at content[0].content[0]"
        return [
            Faulty(#"{"type":"paragraph","content":[{"type":"text","text":""}]}"#, run, "its text is empty"),
            Faulty(#"{"type":"paragraph","content":[{"type":"text"}]}"#, run, "its text is missing"),
            Faulty(
                #"{"type":"paragraph","content":[{"type":"text","text":"a\nb"}]}"#,
                run,
                "its text holds a line break or control character"
            ),
            Faulty(
                #"{"type":"paragraph","content":[{"type":"text","text":"\ud83d"}]}"#,
                run,
                "its text holds half a character"
            ),
            Faulty(text(#"{"type":"strong"},{"type":"strong"}"#), run, "it has the mark strong twice"),
            Faulty(text(#"{"type":"code"},{"type":"strong"}"#), run, "code goes with no mark but a link"),
            Faulty(
                text(##"{"type":"textColor","attrs":{"color":"#ff0000"}},{"type":"link","attrs":{"href":"/"}}"##),
                run,
                "a text colour does not go with a link"
            ),
            Faulty(
                text(#"{"type":"textColor","attrs":{"color":"red"}}"#),
                run,
                "its mark textColor has wrong attributes"
            ),
            Faulty(text(#"{"type":"link","attrs":{"href":""}}"#), run, "its mark link has wrong attributes"),
            Faulty(text(#"{"type":"subsup","attrs":{"type":"up"}}"#), run, "its mark subsup has wrong attributes"),
            Faulty(text(#"{"type":"border"}"#), run, "it has an unknown mark"),
            Faulty(text(#"{"type":"alignment","attrs":{"align":"center"}}"#), run, "it cannot have the mark alignment"),
            Faulty(
                #"{"type":"listItem","content":[{"type":"paragraph"}]}"#,
                "listItem at content[0]",
                "it cannot stand in a doc"
            ),
            Faulty(#"{"type":"bulletList","content":[]}"#, "bulletList at content[0]", "it must not be empty"),
            Faulty(#"{"type":"bulletList"}"#, "bulletList at content[0]", "it must not be empty"),
            Faulty(
                #"{"type":"rule"},{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph"}]}]}]}]}"#,
                "bulletList at content[1].content[0].content[0]",
                "the first node of a list item must be a paragraph, code block or image"
            ),
            Faulty(
                #"{"type":"heading","attrs":{"level":7}}"#,
                "heading at content[0]",
                "its attribute level is not allowed"
            ),
            Faulty(#"{"type":"heading"}"#, "heading at content[0]", "its attributes are missing"),
            Faulty(#"{"type":"heading","attrs":{}}"#, "heading at content[0]", "its attribute level is missing"),
            Faulty(#"{"type":"paragraph","attrs":{"x":1}}"#, "paragraph at content[0]", "it has no attribute x"),
            Faulty(#"{"type":"paragraph","x":[{}]}"#, "paragraph at content[0]", "it has no member x"),
            Faulty(#"{"type":"layoutSection"}"#, "layoutSection at content[0]", "a description has no such node"),
            Faulty(#"{"a":1}"#, "node at content[0]", "it has no type"),
            Faulty(
                #"{"type":"orderedList","attrs":{"order":-1},"content":[{"type":"listItem","content":[{"type":"paragraph"}]}]}"#,
                "orderedList at content[0]",
                "its attribute order is not allowed"
            ),
            Faulty(
                #"{"type":"taskList","attrs":{"localId":"a"},"content":[{"type":"taskItem","attrs":{"localId":"b","state":"NO"}}]}"#,
                "taskItem at content[0].content[0]",
                "its attribute state is not allowed"
            ),
            Faulty(
                #"{"type":"codeBlock","content":[{"type":"hardBreak"}]}"#,
                "hardBreak at content[0].content[0]",
                "it cannot stand in a codeBlock"
            ),
            Faulty(
                #"{"type":"blockquote","content":[{"type":"rule"}]}"#,
                "rule at content[0].content[0]",
                "it cannot stand in a blockquote"
            ),
            Faulty(
                #"{"type":"table","content":[{"type":"tableRow","content":[]}]}"#,
                "tableRow at content[0].content[0]",
                "it must not be empty"
            ),
            Faulty(
                #"{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"external","url":""}}]}"#,
                "media at content[0].content[0]",
                "its attribute url is not allowed"
            ),
            Faulty(
                #"{"type":"paragraph","marks":[{"type":"alignment","attrs":{"align":"left"}}]}"#,
                "paragraph at content[0]",
                "its mark alignment has wrong attributes"
            ),
            Faulty(
                #"{"type":"nestedExpand","attrs":{"title":"a"},"content":[{"type":"paragraph"}]}"#,
                "nestedExpand at content[0]",
                "it cannot stand in a doc"
            ),
        ]
    }()
}
