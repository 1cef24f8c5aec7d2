import Foundation
import Jira
import Testing

@Suite("JSON")
struct JSONTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let value: JiraJSON
        var testDescription: String { text }
        init(_ text: String, _ value: JiraJSON) {
            self.text = text
            self.value = value
        }
    }

    @Test(
        "Reads what JSON allows",
        arguments: [
            Case(" null ", .null), Case("true", true), Case("[false]", [false]), Case("0", 0), Case("-0", 0),
            Case("-12", -12),
            Case("9223372036854775807", .integer(.max)), Case("-9223372036854775808", .integer(.min)),
            Case("9223372036854775808", .number(9_223_372_036_854_775_808)), Case("2.0", .number(2)),
            Case("1e3", .number(1000)),
            Case("-1.5E-2", .number(-0.015)), Case(#""""#, ""),
            Case(#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"),
            Case(#""\u00e4\u20AC""#, "ä€"), Case(#""\uD83D\ude00!""#, "😀!"), Case(#""\ud83d""#, "\u{FFFD}"),
            Case(#""\udc00x""#, "\u{FFFD}x"), Case(#""\ud83d\n""#, "\u{FFFD}\n"), Case(#""\ud83d\u0041""#, "\u{FFFD}A"),
            Case("\"grüße 世界\"", "grüße 世界"), Case("[]", []), Case("{}", [:]), Case("[1, [2 ,3]\n]", [1, [2, 3]]),
            Case(#"{"a": {"b": [null]}, "c":"d"}"#, ["a": ["b": [nil]], "c": "d"]), Case(#"{"a":1,"a":2}"#, ["a": 2]),
        ]
    )
    func reading(_ example: Case) throws {
        #expect(try JiraJSON(parsing: Array(example.text.utf8)) == example.value)
    }

    @Test(
        "Refuses what JSON does not allow",
        arguments: [
            "", " ", "nul", "nulL", "+1", "01", "-", "1.", ".5", "1e", "1e+", "1e999", "[1,]", "[1", "[1 2]", "{",
            "{,}", "{\"a\"}",
            "{\"a\":}", "{\"a\":1,}", "{a:1}", "'a'", "\"a", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\u12g4""#, "1 2",
            "[] []", "//", "tru",
            "\u{FEFF}1", "NaN",
        ]
    )
    func refusing(_ text: String) {
        #expect(throws: JiraJSON.Malformed.self) { try JiraJSON(parsing: Array(text.utf8)) }
    }

    @Test(
        "Refuses bytes that are not UTF-8",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xE2, 0x82, 0x22]] as [[UInt8]]
    )
    func encoding(_ bytes: [UInt8]) {
        #expect(throws: JiraJSON.Malformed.self) { try JiraJSON(parsing: bytes) }
    }

    @Test("Nesting has a limit")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
        }
        _ = try JiraJSON(parsing: nested(JiraJSON.maximumDepth))
        #expect(throws: JiraJSON.Malformed.self) { try JiraJSON(parsing: nested(100_000)) }
    }

    @Test("Every prefix of a document is refused")
    func prefixes() throws {
        let document = Array(#"{"id":"10000","n":-1.5e3,"l":[true,null,"\u00e4\\"],"o":{}}"#.utf8)
        for length in 0..<document.count {
            #expect(throws: JiraJSON.Malformed.self) { try JiraJSON(parsing: Array(document[..<length])) }
        }
    }

    @Test("What is written is read back, and by Foundation as well")
    func writing() throws {
        let value: JiraJSON = [
            "z": 1, "a": .number(0.1), "s": "quote \" slash \\ / tab \t null \0 bell \u{7} 😀 \u{2028}",
            "l": [nil, true, [], [:]],
            "big": .number(1e300), "small": .number(-2.5e-300), "min": .integer(.min),
        ]
        let bytes = value.encoded()
        #expect(try JiraJSON(parsing: bytes) == value)
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect(object?["s"] as? String == value["s"]?.string)
        #expect(object?["a"] as? Double == 0.1)
        #expect(bytes == value.encoded(), "the order of members is stable")
        #expect(JiraJSON.number(.nan).encoded() == Array("null".utf8))
    }

    @Test("A draft takes documents in byte for byte")
    func draft() throws {
        // Spaces and an order of members that our own encoder would not write.
        let document = Array(#"{ "type":"doc", "version" : 1, "content":[] }"#.utf8)
        let draft = JiraIssueDraft(
            fields: ["summary": "S", "description": "is replaced", "labels": ["x-1"]],
            documents: ["description": document, "customfield_1": Array("null".utf8)],
            properties: ["fleet.export": ["id": "7"], "a": 1]
        )
        let bytes = draft.encoded()
        #expect(bytes.firstRange(of: document) != nil)
        let json = try JiraJSON(parsing: bytes)
        #expect(json["fields"]?["summary"]?.string == "S")
        #expect(json["fields"]?["description"]?["type"]?.string == "doc")
        #expect(json["fields"]?["customfield_1"]?.isNull == true)
        #expect(json["properties"] == [["key": "a", "value": 1], ["key": "fleet.export", "value": ["id": "7"]]])
        #expect(try JiraJSON(parsing: JiraIssueDraft(fields: [:]).encoded()) == ["fields": [:]])
    }

    @Test(
        "Recorded answers read as Foundation reads them",
        .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.missing))
    )
    func recorded() throws {
        for name in [
            "devlake-recorded/agile_board_issues.json", "devlake-recorded/issue_changelogs.json",
            "ocean-recorded/issue_a.json",
            "saral-modelled/issue_rich_adf.json", "openapi_examples.json",
        ] {
            let bytes = try Fixtures.bytes(name)
            let ours = try JiraJSON(parsing: bytes)
            let theirs = try JSONSerialization.jsonObject(with: Data(bytes)) as? NSObject
            let back = try JSONSerialization.jsonObject(with: Data(ours.encoded())) as? NSObject
            #expect(theirs == back, "\(name)")
        }
    }
}
