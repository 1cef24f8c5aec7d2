import Foundation
import Testing
import TramlineModel

@Suite struct JSONTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let text: String
        let line: Int
        let column: Int
        init(_ text: String, _ line: Int, _ column: Int) {
            self.text = text
            self.line = line
            self.column = column
        }
        var testDescription: String { text.debugDescription }
    }

    @Test(
        "What is JSON comes back as it was written",
        arguments: [
            "null", "true", "-0", "0.10", "1e400", "12345678901234567890.5E-7", #""""#, "[]", "{}",
            #"{"b":[1,{"a":"x"}],"a":false,"b":2}"#, #""a\"\\\n\r\t\u0000\u001f/ü😀""#,
        ]
    )
    func roundTrip(text: String) throws {
        let value = try JSONValue(parsing: Data(text.utf8))
        #expect(value.text == text)
        #expect(try JSONValue(parsing: Data(" \r\n\t\(text) \n".utf8)) == value)
        #expect(try JSONValue(parsing: Data("\u{FEFF}\(text)".utf8)) == value)
    }

    @Test(
        "A whole number is one however it is written, and none is made of what is not",
        arguments: [
            ("37", 37), ("37.0", 37), ("3.7e1", 37), ("-2.50e2", -250), ("0.0", 0), ("9223372036854775807", .max),
            ("9007199254740991.0", 9_007_199_254_740_991), ("37.5", nil), ("1e-1", nil), ("9007199254740993.0", nil),
            ("1e400", nil), ("9223372036854775808", nil),
        ] as [(String, Int64?)]
    )
    func integers(_ text: String, _ integer: Int64?) throws {
        guard case .number(let number) = try JSONValue(parsing: Data(text.utf8)) else {
            Issue.record("\(text) is read as no number")
            return
        }
        #expect(number.integer == integer)
    }

    @Test("Escapes become what they stand for")
    func escapes() throws {
        let value = try JSONValue(parsing: Data(#""\u0041\u00fc\u20AC\ud83d\uDE00\/\b\f""#.utf8))
        #expect(value == .string("Aü€😀/\u{8}\u{C}"))
    }

    @Test(
        "What is not JSON is refused by its line and column",
        arguments: [
            Fault("", 1, 1), Fault("  \n ", 2, 2), Fault("{\"a\": tru}", 1, 7), Fault("[1,]", 1, 4),
            Fault("{\"a\":1,}", 1, 8), Fault("{a:1}", 1, 2), Fault("{\"a\" 1}", 1, 6), Fault("[1 2]", 1, 4),
            Fault("1 1", 1, 3), Fault("01", 1, 2), Fault("+1", 1, 1), Fault("1.", 1, 3), Fault("-", 1, 2),
            Fault("1e", 1, 3), Fault(".5", 1, 1), Fault("NaN", 1, 1), Fault("'a'", 1, 1), Fault("\"a", 1, 1),
            Fault("[\n\"a\nb\"]", 2, 3), Fault(#""\x""#, 1, 2), Fault(#""\u12g4""#, 1, 6), Fault(#""\ud800""#, 1, 2),
            Fault(#""\ud800\u0041""#, 1, 2), Fault(#""\udc00""#, 1, 2), Fault("[", 1, 2), Fault("{\"a\":", 1, 6),
            Fault("// no\n1", 1, 1),
        ]
    )
    func malformed(_ fault: Fault) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(fault.text.utf8)) }
        #expect((error.line, error.column) == (fault.line, fault.column), "\(error)")
        #expect("\(error)".hasPrefix("line \(fault.line), column \(fault.column): "))
    }

    @Test(
        "A text that is not UTF-8 is refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]]
    )
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data([0x22] + bytes + [0x22])) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data([0x22, 0x5C, 0x6E] + bytes + [0x22])) }
    }

    @Test("Depth has a limit, for lists and objects alike")
    func depth() throws {
        func nested(_ depth: Int) -> Data {
            Data(
                (String(repeating: "[{\"a\":", count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)).utf8
            )
        }
        _ = try JSONValue(parsing: nested(100))
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(102)) }
        #expect(error?.problem.contains("too deep") == true)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(repeating: 0x5B, count: 1_000_000)) }
        // Depth is what lies in one another, not what lies side by side.
        _ = try JSONValue(parsing: Data("[\(String(repeating: "[[]],", count: 500))1]".utf8), depth: 3)
    }

    @Test("The canonical text knows neither white space nor escapes nor the order of members")
    func canonical() throws {
        let one = try JSONValue(parsing: Data(#"{"b": [1, 2], "a": {"d": "\u0041", "c": null}}"#.utf8))
        let other = try JSONValue(parsing: Data(#"{"a":{"c":null,"d":"A"},"b":[1,2]}"#.utf8))
        #expect(one.canonicalText == other.canonicalText)
        #expect(String(decoding: one.canonicalText, as: UTF8.self) == #"{"a":{"c":null,"d":"A"},"b":[1,2]}"#)
        let third = try JSONValue(parsing: Data(#"{"a":{"c":null,"d":"A"},"b":[2,1]}"#.utf8))
        #expect(one.canonicalText != third.canonicalText)
    }

    @Test("Random texts come back unchanged, and random damage never traps")
    func random() throws {
        let seed =
            ProcessInfo.processInfo.environment["TRAMLINE_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 1...(.max))
        var random = SplitMix(state: seed)
        for _ in 0..<300 {
            let value = JSONValue.random(depth: 5, using: &random)
            var bytes = Data(value.text.utf8)
            #expect(try JSONValue(parsing: bytes) == value, "TRAMLINE_TEST_SEED=\(seed)")
            for _ in 0..<20 {
                let index = bytes.indices.randomElement(using: &random)!
                bytes[index] = .random(in: 0...255, using: &random)
                // Whether it is still JSON is of no interest here.
                _ = try? JSONValue(parsing: bytes)
            }
        }
    }
}

/// A small generator that a printed seed repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using random: inout SplitMix) -> JSONValue {
        func text() -> String {
            let scalars = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                ["a", "\"", "\\", "\n", "\u{0}", "\u{1F}", "ü", "😀", "\u{2028}", "/"].randomElement(using: &random)!
            }
            return scalars.joined()
        }
        switch Int.random(in: 0...(depth > 0 ? 6 : 3), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .number(JSONNumber(.random(in: .min...(.max), using: &random)))
        case 3: return .string(text())
        case 4, 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) }
            )
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    JSONMember(text(), .random(depth: depth - 1, using: &random))
                }
            )
        }
    }
}
