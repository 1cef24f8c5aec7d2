import Foundation
import JiraSimulator
import Testing

@Suite("Rules of documents")
struct DocumentTests {
    /// Blocks that stand in the root.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let blocks: String

        init(_ testDescription: String, _ blocks: String) {
            self.testDescription = testDescription
            self.blocks = blocks
        }

        var document: JSON {
            get throws { try JSON(parsing: "{\"type\":\"doc\",\"version\":1,\"content\":[\(blocks)]}") }
        }
    }

    private static let text = #"{"type":"text","text":"a"}"#
    private static let paragraph = #"{"type":"paragraph","content":[{"type":"text","text":"a"}]}"#
    private static let item = #"{"type":"listItem","content":[\#(paragraph)]}"#

    private static func marked(_ marks: String...) -> String {
        #"{"type":"paragraph","content":[{"type":"text","text":"a","marks":[\#(marks.joined(separator: ","))]}]}"#
    }

    private static func link(_ href: String) -> String { #"{"type":"link","attrs":{"href":"\#(href)"}}"# }

    static let valid: [Case] = [
        Case("nothing", ""),
        Case("empty paragraph", #"{"type":"paragraph"}"#),
        Case("tab", #"{"type":"paragraph","content":[{"type":"text","text":"a\tb"}]}"#),
        Case("hard break", #"{"type":"paragraph","content":[\#(text),{"type":"hardBreak"},\#(text)]}"#),
        Case(
            "aligned heading",
            #"{"type":"heading","attrs":{"level":6},"marks":[{"type":"alignment","attrs":{"align":"end"}}]}"#
        ),
        Case(
            "marks",
            marked(#"{"type":"strong"}"#, #"{"type":"subsup","attrs":{"type":"sub"}}"#, link("https://a.example"))
        ),
        Case("linked code", marked(#"{"type":"code"}"#, link("/a"))),
        Case("ordered list", #"{"type":"orderedList","attrs":{"order":0},"content":[\#(item)]}"#),
        Case(
            "list in list",
            #"{"type":"bulletList","content":[{"type":"listItem","content":[\#(paragraph),{"type":"bulletList","content":[\#(item)]}]}]}"#
        ),
        Case(
            "tasks",
            #"{"type":"taskList","attrs":{"localId":"1"},"content":[{"type":"taskItem","attrs":{"localId":"2","state":"DONE"},"content":[\#(text)]},{"type":"taskList","attrs":{"localId":"3"},"content":[{"type":"taskItem","attrs":{"localId":"4","state":"TODO"}}]}]}"#
        ),
        Case("code", #"{"type":"codeBlock","attrs":{"language":"swift"},"content":[{"type":"text","text":"a\n\tb"}]}"#),
        Case("empty code", #"{"type":"codeBlock"}"#),
        Case("panel", #"{"type":"panel","attrs":{"panelType":"info"},"content":[\#(paragraph),{"type":"rule"}]}"#),
        Case(
            "nested expand in expand",
            #"{"type":"expand","attrs":{"title":"t"},"content":[{"type":"nestedExpand","attrs":{},"content":[\#(paragraph)]}]}"#
        ),
        Case(
            "table",
            #"{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","attrs":{"colspan":2},"content":[\#(paragraph)]}]}]}"#
        ),
        Case(
            "picture",
            #"{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"external","url":"https://a.example/p.png","alt":"p","width":3,"height":4}}]}"#
        ),
        Case(
            "inline nodes",
            #"{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"1","text":"@A"}},{"type":"status","attrs":{"text":"OK","color":"green"}},{"type":"emoji","attrs":{"shortName":":a:"}},{"type":"date","attrs":{"timestamp":"1"}}]}"#
        ),
    ]

    @Test("What Jira takes is valid", arguments: valid)
    func takes(_ valid: Case) throws {
        #expect(try DocumentRules.fault(in: valid.document) == nil)
    }

    static let invalid: [Case] = [
        Case("empty text", #"{"type":"paragraph","content":[{"type":"text","text":""}]}"#),
        Case("line break in text", #"{"type":"paragraph","content":[{"type":"text","text":"a\nb"}]}"#),
        Case("return in code", #"{"type":"codeBlock","content":[{"type":"text","text":"a\r\nb"}]}"#),
        Case("NUL", #"{"type":"paragraph","content":[{"type":"text","text":"\u0000"}]}"#),
        Case("text in the root", text),
        Case("unknown node", #"{"type":"layoutSection","content":[]}"#),
        Case("unknown member", #"{"type":"rule","class":"a"}"#),
        Case("unknown attribute", #"{"type":"rule","attrs":{"class":"a"}}"#),
        Case("heading 7", #"{"type":"heading","attrs":{"level":7}}"#),
        Case("heading without level", #"{"type":"heading"}"#),
        Case("empty list", #"{"type":"bulletList","content":[]}"#),
        Case("list without content", #"{"type":"bulletList"}"#),
        Case(
            "list in list without item",
            #"{"type":"bulletList","content":[{"type":"bulletList","content":[\#(item)]}]}"#
        ),
        Case(
            "item beginning with a list",
            #"{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"bulletList","content":[\#(item)]}]}]}"#
        ),
        Case(
            "heading in item",
            #"{"type":"bulletList","content":[{"type":"listItem","content":[\#(paragraph),{"type":"heading","attrs":{"level":1}}]}]}"#
        ),
        Case("negative order", #"{"type":"orderedList","attrs":{"order":-1},"content":[\#(item)]}"#),
        Case(
            "task without state",
            #"{"type":"taskList","attrs":{"localId":"1"},"content":[{"type":"taskItem","attrs":{"localId":"2"}}]}"#
        ),
        Case("quote in quote", #"{"type":"blockquote","content":[{"type":"blockquote","content":[\#(paragraph)]}]}"#),
        Case("heading in quote", #"{"type":"blockquote","content":[{"type":"heading","attrs":{"level":1}}]}"#),
        Case("tip panel", #"{"type":"panel","attrs":{"panelType":"tip"},"content":[\#(paragraph)]}"#),
        Case(
            "table in panel",
            #"{"type":"panel","attrs":{"panelType":"info"},"content":[{"type":"table","content":[]}]}"#
        ),
        Case(
            "expand in cell",
            #"{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"expand","content":[\#(paragraph)]}]}]}]}"#
        ),
        Case("row without cell", #"{"type":"table","content":[{"type":"tableRow","content":[]}]}"#),
        Case("nested expand in the root", #"{"type":"nestedExpand","attrs":{},"content":[\#(paragraph)]}"#),
        Case(
            "nested expand without attrs",
            #"{"type":"expand","content":[{"type":"nestedExpand","content":[\#(paragraph)]}]}"#
        ),
        Case("hard break in code", #"{"type":"codeBlock","content":[{"type":"hardBreak"}]}"#),
        Case(
            "marks in code",
            #"{"type":"codeBlock","content":[{"type":"text","text":"a","marks":[{"type":"strong"}]}]}"#
        ),
        Case("strong code", marked(#"{"type":"code"}"#, #"{"type":"strong"}"#)),
        Case("mark twice", marked(#"{"type":"em"}"#, #"{"type":"em"}"#)),
        Case(
            "coloured link",
            marked(##"{"type":"textColor","attrs":{"color":"#ff0000"}}"##, link("https://a.example"))
        ),
        Case("colour by name", marked(#"{"type":"textColor","attrs":{"color":"red"}}"#)),
        Case("unknown mark", marked(##"{"type":"border","attrs":{"size":1,"color":"#ff0000"}}"##)),
        Case("script link", marked(link("javascript:alert(1)"))),
        Case("relative link", marked(link("a.html"))),
        Case("mark with attrs that has none", marked(#"{"type":"strong","attrs":{}}"#)),
        Case("marked break", #"{"type":"paragraph","content":[{"type":"hardBreak","marks":[]}]}"#),
        Case(
            "aligned paragraph in an item",
            #"{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","marks":[{"type":"alignment","attrs":{"align":"center"}}]}]}]}"#
        ),
        Case(
            "picture without layout",
            #"{"type":"mediaSingle","content":[{"type":"media","attrs":{"type":"external","url":"https://a.example"}}]}"#
        ),
        Case(
            "picture from data",
            #"{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"external","url":"data:image/png;base64,AA"}}]}"#
        ),
        Case("mention without id", #"{"type":"paragraph","content":[{"type":"mention","attrs":{"text":"@A"}}]}"#),
    ]

    @Test("What Jira might refuse is not valid", arguments: invalid)
    func refuses(_ invalid: Case) throws {
        #expect(try DocumentRules.fault(in: invalid.document) != nil)
    }

    @Test("Lists may stand ten deep, nodes sixty-four")
    func depth() throws {
        func lists(_ depth: Int) -> String {
            let inner = depth > 1 ? ",\(lists(depth - 1))" : ""
            return #"{"type":"bulletList","content":[{"type":"listItem","content":[\#(Self.paragraph)\#(inner)]}]}"#
        }
        #expect(try DocumentRules.fault(in: Case("", lists(10)).document) == nil)
        #expect(try DocumentRules.fault(in: Case("", lists(11)).document) != nil)
    }

    @Test("The length counts UTF-16 units of text, and hard breaks")
    func length() throws {
        let blocks =
            #"{"type":"paragraph","content":[{"type":"text","text":"a😀"},{"type":"hardBreak"}]},\#(Self.paragraph)"#
        #expect(try DocumentRules.length(of: Case("", blocks).document) == 5)
    }

    /// The folder of recorded answers, where there is one.
    private static let shared: URL? = {
        let named = ProcessInfo.processInfo.environment["TRAMLINE_SHARED"].map { URL(fileURLWithPath: $0) }
        let root = URL(fileURLWithPath: #filePath).appending(path: "../../../../shared").standardizedFileURL
        let folder = (named ?? root).appending(path: "fixtures/jira/ocean-recorded")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    @Test("Descriptions recorded from Jira are valid", .enabled(if: shared != nil, "no recorded answers here: skipped"))
    func recorded() throws {
        for name in ["issue_a.json", "issue_b.json"] {
            let issue = try JSON(parsing: Data(contentsOf: try #require(Self.shared).appending(path: name)))
            let description = try #require(issue["fields"]?["description"])
            #expect(DocumentRules.fault(in: description) == nil)
        }
    }
}
