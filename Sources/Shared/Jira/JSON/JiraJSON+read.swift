extension JiraJSON {
    /// Why bytes are no JSON document, and where.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let what: String
        package let offset: Int
        package var description: String { "\(what) at byte \(offset)" }
    }

    /// Arrays and objects may lie this deep within one another; Jira's documents stay far below.
    package static let maximumDepth = 256

    /// Reads one JSON document, strictly: valid UTF-8, no trailing bytes, no comments, no bare control characters.
    ///
    /// Of members with the same name the last one counts. Integers beyond 64 bits become ``number(_:)``.
    /// - Throws: ``Malformed``, which names no byte of the document.
    package init(parsing bytes: [UInt8]) throws(Malformed) {
        try self.init(parsingContiguous: bytes)
    }

    init(parsingContiguous bytes: some ContiguousBytesOfJSON) throws(Malformed) {
        let result = bytes.withBytes { buffer -> Result<JiraJSON, Malformed> in
            var reader = JSONReader(bytes: buffer)
            do throws(Malformed) {
                return .success(try reader.readDocument())
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

/// What a document can be read from without copying it first.
protocol ContiguousBytesOfJSON {
    func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value
}

extension [UInt8]: ContiguousBytesOfJSON {
    func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        withUnsafeBufferPointer(body)
    }
}

/// A recursive descent over the bytes of one document.
private struct JSONReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0

    typealias Malformed = JiraJSON.Malformed

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func readDocument() throws(Malformed) -> JiraJSON {
        skipWhitespace()
        let value = try readValue(depth: 0)
        skipWhitespace()
        guard at == bytes.count else { throw fault("bytes after the document") }
        return value
    }

    private func fault(_ what: String) -> Malformed { Malformed(what: what, offset: at) }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipWhitespace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    private mutating func readValue(depth: Int) throws(Malformed) -> JiraJSON {
        guard depth <= JiraJSON.maximumDepth else { throw fault("too deep") }
        guard let first = current else { throw fault("unexpected end") }
        switch first {
        case UInt8(ascii: "{"): return try readObject(depth: depth)
        case UInt8(ascii: "["): return try readArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
        default: throw fault("unexpected character")
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: JiraJSON) throws(Malformed) -> JiraJSON {
        let length = word.utf8CodeUnitCount
        guard bytes.count - at >= length else { throw fault("unexpected end") }
        for index in 0..<length where bytes[at + index] != word.utf8Start[index] {
            throw fault("unknown word")
        }
        at += length
        return value
    }

    private mutating func readObject(depth: Int) throws(Malformed) -> JiraJSON {
        at += 1
        var members: [String: JiraJSON] = [:]
        skipWhitespace()
        if current == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        while true {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw fault("a member needs a name") }
            let name = try readString()
            skipWhitespace()
            guard current == UInt8(ascii: ":") else { throw fault("a colon is missing") }
            at += 1
            skipWhitespace()
            members[name] = try readValue(depth: depth + 1)
            skipWhitespace()
            switch current {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "}"):
                at += 1
                return .object(members)
            default: throw fault("an object does not end")
            }
        }
    }

    private mutating func readArray(depth: Int) throws(Malformed) -> JiraJSON {
        at += 1
        var elements: [JiraJSON] = []
        skipWhitespace()
        if current == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            skipWhitespace()
            elements.append(try readValue(depth: depth + 1))
            skipWhitespace()
            switch current {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "]"):
                at += 1
                return .array(elements)
            default: throw fault("an array does not end")
            }
        }
    }

    // MARK: Numbers

    private mutating func readNumber() throws(Malformed) -> JiraJSON {
        let start = at
        let negative = current == UInt8(ascii: "-")
        if negative { at += 1 }
        let leadingZero = current == UInt8(ascii: "0")
        let firstDigit = at
        var whole = 0
        var fits = true
        while let digit = currentDigit {
            // Accumulated on the negative side, so that the smallest integer fits as well.
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (difference, underflow) = product.subtractingReportingOverflow(digit)
            fits = fits && !overflow && !underflow
            whole = difference
            at += 1
        }
        guard at > firstDigit else { throw fault("a digit is missing") }
        guard !leadingZero || at == firstDigit + 1 else { throw fault("a number begins with zero") }
        let isInteger = current != UInt8(ascii: ".") && current != UInt8(ascii: "e") && current != UInt8(ascii: "E")
        if isInteger, fits, negative || whole != Int.min {
            return .integer(negative ? whole : -whole)
        }
        if current == UInt8(ascii: ".") {
            at += 1
            try skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            at += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
            try skipDigits()
        }
        let spelling = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        guard let value = Double(spelling), value.isFinite else { throw fault("a number is out of range") }
        return .number(value)
    }

    private var currentDigit: Int? {
        guard let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        return Int(byte - UInt8(ascii: "0"))
    }

    private mutating func skipDigits() throws(Malformed) {
        guard currentDigit != nil else { throw fault("a digit is missing") }
        while currentDigit != nil { at += 1 }
    }

    // MARK: Strings

    private mutating func readString() throws(Malformed) -> String {
        at += 1
        var start = at
        var assembled: [UInt8]?
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let run = UnsafeBufferPointer(rebasing: bytes[start..<at])
                at += 1
                let string: String?
                if var assembled {
                    assembled.append(contentsOf: run)
                    string = String(validating: assembled, as: UTF8.self)
                } else {
                    string = String(validating: run, as: UTF8.self)
                }
                guard let string else { throw fault("a string is not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                var soFar = assembled ?? []
                soFar.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<at]))
                // Given up before it is appended to: one owner, no copy of what was assembled.
                assembled = nil
                at += 1
                try readEscape(into: &soFar)
                assembled = soFar
                start = at
            case 0..<0x20: throw fault("a control character in a string")
            default: at += 1
            }
        }
        throw fault("a string does not end")
    }

    private mutating func readEscape(into assembled: inout [UInt8]) throws(Malformed) {
        guard let byte = current else { throw fault("unexpected end") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): assembled.append(byte)
        case UInt8(ascii: "b"): assembled.append(0x08)
        case UInt8(ascii: "f"): assembled.append(0x0C)
        case UInt8(ascii: "n"): assembled.append(0x0A)
        case UInt8(ascii: "r"): assembled.append(0x0D)
        case UInt8(ascii: "t"): assembled.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try readEscapedScalar()
            assembled.append(contentsOf: String(Character(scalar)).utf8)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func readEscapedScalar() throws(Malformed) -> Unicode.Scalar {
        let first = try readFourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A half of a surrogate pair: its other half must follow. A lone one is no character; the replacement
        // character stands for it, as browsers do, because one broken emoji must not make a page of issues
        // unreadable.
        let resume = at
        guard first < 0xDC00, current == UInt8(ascii: "\\") else { return "\u{FFFD}" }
        at += 1
        guard current == UInt8(ascii: "u") else {
            at = resume
            return "\u{FFFD}"
        }
        at += 1
        let second = try readFourHexDigits()
        guard (0xDC00...0xDFFF).contains(second) else {
            at = resume
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func readFourHexDigits() throws(Malformed) -> UInt32 {
        guard bytes.count - at >= 4 else { throw fault("unexpected end") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[at]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw fault("a hexadecimal digit is missing")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}
