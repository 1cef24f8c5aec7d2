/// Why a text is no JSON.
package struct JSONFault: Error, CustomStringConvertible {
    /// What was wrong, and at which byte.
    package let description: String
}

extension JSON {
    /// How many arrays and objects may stand inside each other.
    static let deepest = 512

    /// Reads one JSON value that fills the whole text.
    ///
    /// - Parameter bytes: UTF-8. Lone surrogate escapes are refused, as is nesting beyond 512.
    /// - Throws: ``JSONFault``.
    package init(parsing bytes: some Sequence<UInt8>) throws(JSONFault) {
        var parser = JSONParser(bytes: Array(bytes))
        self = try parser.wholeValue()
    }

    /// Reads one JSON value from a string.
    ///
    /// - Throws: ``JSONFault``.
    package init(parsing text: String) throws(JSONFault) {
        self = try JSON(parsing: text.utf8)
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var at = 0
    var depth = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func wholeValue() throws(JSONFault) -> JSON {
        skipSpace()
        guard at < bytes.count else { throw JSONFault(description: "No content to map to Object due to end of input") }
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw fault("text after the value") }
        return value
    }

    private func fault(_ what: String) -> JSONFault {
        JSONFault(description: "\(what) at byte \(at)")
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 {
            at += 1
        }
    }

    private mutating func value() throws(JSONFault) -> JSON {
        guard at < bytes.count else { throw fault("end of input") }
        switch bytes[at] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fault("unexpected character")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
        let end = at + word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { end <= bytes.count && bytes[at..<end].elementsEqual($0) }
        guard matches else { throw fault("unexpected character") }
        at = end
        return value
    }

    private mutating func enter() throws(JSONFault) {
        depth += 1
        guard depth <= JSON.deepest else { throw fault("nesting beyond \(JSON.deepest)") }
        at += 1
        skipSpace()
    }

    private mutating func array() throws(JSONFault) -> JSON {
        try enter()
        var elements: [JSON] = []
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
            at += 1
            depth -= 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            guard at < bytes.count else { throw fault("end of input") }
            at += 1
            if bytes[at - 1] == UInt8(ascii: ",") { continue }
            guard bytes[at - 1] == UInt8(ascii: "]") else { throw fault("expected , or ]") }
            depth -= 1
            return .array(elements)
        }
    }

    private mutating func object() throws(JSONFault) -> JSON {
        try enter()
        var members: [String: JSON] = [:]
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            at += 1
            depth -= 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw fault("expected a member name") }
            let name = try string()
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw fault("expected :") }
            at += 1
            skipSpace()
            members[name] = try value()
            skipSpace()
            guard at < bytes.count else { throw fault("end of input") }
            at += 1
            if bytes[at - 1] == UInt8(ascii: ",") { continue }
            guard bytes[at - 1] == UInt8(ascii: "}") else { throw fault("expected , or }") }
            depth -= 1
            return .object(members)
        }
    }

    private mutating func string() throws(JSONFault) -> String {
        at += 1
        let start = at
        // The usual string has no escape and is taken as it stands.
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
            at += 1
        }
        var collected = Array(bytes[start..<at])
        while true {
            guard at < bytes.count else { throw fault("end of input in a string") }
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: collected, as: UTF8.self) else { throw fault("invalid UTF-8") }
                return text
            case UInt8(ascii: "\\"): try escape(into: &collected)
            case 0..<0x20: throw fault("control character in a string")
            default: collected.append(byte)
            }
        }
    }

    private mutating func escape(into collected: inout [UInt8]) throws(JSONFault) {
        guard at < bytes.count else { throw fault("end of input in a string") }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
        case UInt8(ascii: "b"): collected.append(0x08)
        case UInt8(ascii: "f"): collected.append(0x0C)
        case UInt8(ascii: "n"): collected.append(0x0A)
        case UInt8(ascii: "r"): collected.append(0x0D)
        case UInt8(ascii: "t"): collected.append(0x09)
        case UInt8(ascii: "u"):
            var unit = UInt32(try hexadecimal())
            if (0xD800..<0xDC00).contains(unit) {
                guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
                    throw fault("lone surrogate")
                }
                at += 2
                let low = UInt32(try hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw fault("lone surrogate") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw fault("lone surrogate") }
            collected.append(contentsOf: UTF8.encode(scalar)!)
        default: throw fault("unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt16 {
        guard at + 4 <= bytes.count else { throw fault("end of input in a string") }
        var value: UInt16 = 0
        for byte in bytes[at..<at + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw fault("bad \\u escape") }
            value = value << 4 | UInt16(digit)
        }
        at += 4
        return value
    }

    private mutating func number() throws(JSONFault) -> JSON {
        let start = at
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        let digits = at
        skipDigits()
        guard at > digits, bytes[digits] != UInt8(ascii: "0") || at == digits + 1 else { throw fault("bad number") }
        var whole = true
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            whole = false
            at += 1
            let fraction = at
            skipDigits()
            guard at > fraction else { throw fault("bad number") }
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            whole = false
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            skipDigits()
            guard at > exponent else { throw fault("bad number") }
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if whole, let number = Int(text) { return .integer(number) }
        guard let number = Double(text), number.isFinite else { throw fault("bad number") }
        return .number(number)
    }

    private mutating func skipDigits() {
        while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
    }
}
