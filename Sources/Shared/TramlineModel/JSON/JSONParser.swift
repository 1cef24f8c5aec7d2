package import Foundation

extension JSONValue {
    /// Reads a JSON text as RFC 8259 defines it, and nothing beyond: no comments, no trailing commas, no lone surrogates.
    ///
    /// A byte order mark is skipped. A name that stands twice in an object is kept twice: whether that is a fault is for
    /// the reader of the document to say.
    ///
    /// - Parameter depth: how many arrays and objects may lie in one another, 1...1000 (the parser is recursive).
    /// - SeeAlso: https://www.rfc-editor.org/rfc/rfc8259
    package init(parsing text: Data, depth: Int = 100) throws(JSONSyntaxError) {
        precondition((1...1000).contains(depth), "the depth of JSON is limited to 1...1000")
        let result = text.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: UInt8.self) { bytes -> Result<JSONValue, JSONSyntaxError> in
                var parser = JSONParser(bytes, depth: depth)
                return Result { () throws(JSONSyntaxError) in try parser.document() }
            }
        }
        self = try result.get()
    }
}

/// One pass over the bytes; each function begins at its first byte and ends behind its last.
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var depthLeft: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, depth: Int) {
        self.bytes = bytes
        self.depthLeft = depth
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
        skipSpace()
        guard offset < bytes.count else { throw fault("there is nothing here") }
        let value = try value()
        guard offset == bytes.count else { throw fault("the document has ended, but something follows") }
        return value
    }

    /// A value and the white space around it.
    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        defer { skipSpace() }
        switch peek {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case let first? where first == UInt8(ascii: "-") || (0x30...0x39).contains(first): return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("the document ends where a value should follow")
        default: throw fault("this is not the beginning of a value")
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        try descend()
        var members: [JSONMember] = []
        offset += 1
        skipSpace()
        if take("}") { return ascend(.object(members)) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw fault("a member's name in double quotes should follow") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw fault("a colon should follow the member's name") }
            members.append(JSONMember(name, try value()))
            if take("}") { return ascend(.object(members)) }
            guard take(",") else { throw fault("a comma or } should follow") }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        try descend()
        var elements: [JSONValue] = []
        offset += 1
        skipSpace()
        if take("]") { return ascend(.array(elements)) }
        while true {
            elements.append(try value())
            if take("]") { return ascend(.array(elements)) }
            guard take(",") else { throw fault("a comma or ] should follow") }
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[offset...].starts(with: expected) else { throw fault("this is not the beginning of a value") }
        offset += expected.count
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONNumber {
        let start = offset
        _ = take("-")
        if !take("0") {
            guard skipDigits() else { throw fault("a digit should follow") }
        }
        if take(".") {
            guard skipDigits() else { throw fault("a digit should follow the decimal point") }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard skipDigits() else { throw fault("a digit should follow in the exponent") }
        }
        return JSONNumber(text: String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        let opening = offset
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                // No escapes: the bytes are the text.
                guard let text = String(validating: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
                else {
                    throw fault("this text is not UTF-8", at: opening)
                }
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                return try stringWithEscapes(opening: opening, plain: start..<offset)
            case 0..<0x20:
                throw fault("a control character must be written as an escape, such as \\n")
            default:
                offset += 1
            }
        }
        throw fault("this text has no closing quote", at: opening)
    }

    /// The rest of a string from its first escape on.
    private mutating func stringWithEscapes(opening: Int, plain: Range<Int>) throws(JSONSyntaxError) -> String {
        var text = [UInt8](bytes[plain])
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else {
                    throw fault("this text is not UTF-8", at: opening)
                }
                return text
            case UInt8(ascii: "\\"):
                try appendEscape(to: &text)
            case 0..<0x20:
                throw fault("a control character must be written as an escape, such as \\n", at: offset - 1)
            default:
                text.append(byte)
            }
        }
        throw fault("this text has no closing quote", at: opening)
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONSyntaxError) {
        let escape = peek
        offset += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape!)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Unicode.UTF8.encode(try unicodeEscape())!)
        default: throw fault("there is no such escape", at: offset - 2)
        }
    }

    /// `\uXXXX`, or the two that make a pair.
    private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = offset - 2
        let first = try hexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), take("\\"), take("u") else {
            throw fault("half of a surrogate pair is missing", at: start)
        }
        let second = try hexDigits()
        guard UTF16.isTrailSurrogate(second) else { throw fault("half of a surrogate pair is missing", at: start) }
        let value = 0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF)
        return Unicode.Scalar(value)!
    }

    private mutating func hexDigits() throws(JSONSyntaxError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            switch peek {
            case let digit? where (0x30...0x39).contains(digit): value = value << 4 | UInt16(digit - 0x30)
            case let digit? where (0x41...0x46).contains(digit): value = value << 4 | UInt16(digit - 0x41 + 10)
            case let digit? where (0x61...0x66).contains(digit): value = value << 4 | UInt16(digit - 0x61 + 10)
            default: throw fault("four hexadecimal digits should follow \\u")
            }
            offset += 1
        }
        return value
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = offset
        while let byte = peek, (0x30...0x39).contains(byte) { offset += 1 }
        return offset > start
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func descend() throws(JSONSyntaxError) {
        guard depthLeft > 0 else { throw fault("lists and objects lie too deep in one another") }
        depthLeft -= 1
    }

    private mutating func ascend(_ value: JSONValue) -> JSONValue {
        depthLeft += 1
        return value
    }

    private func fault(_ problem: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(at: offset ?? self.offset, of: bytes, problem)
    }
}
