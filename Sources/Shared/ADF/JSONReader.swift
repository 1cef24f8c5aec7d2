/// Reads JSON from bytes, value by value, without building anything.
struct JSONReader {
    /// The bytes are not JSON; nothing more can be said of them.
    struct Broken: Error {
        let reason: String
    }

    /// A string as it stands in the bytes.
    struct Text {
        /// Between the quotation marks.
        let start: Int
        let end: Int
        var hasEscape = false
        /// Control characters, also escaped ones.
        var hasControl = false
        /// Half of a surrogate pair, or bytes that are not UTF-8.
        var isBroken = false
        var isEmpty: Bool { start == end }
    }

    let bytes: Bytes
    var at = 0

    init(_ bytes: Bytes) { self.bytes = bytes }

    func raw(_ text: Text) -> Bytes { bytes[text.start, text.end] }

    @inline(__always)
    mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || (bytes[at] <= 0x0D && bytes[at].isSpace) { at += 1 }
    }

    /// The next byte that is no white space, unread.
    @inline(__always)
    mutating func peek() throws(Broken) -> UInt8 {
        skipSpace()
        guard at < bytes.count else { throw Broken(reason: "it ends too early") }
        return bytes[at]
    }

    @inline(__always)
    mutating func take(_ byte: UInt8) throws(Broken) {
        guard try peek() == byte else {
            throw Broken(reason: "it is no JSON at byte \(at)")
        }
        at += 1
    }

    /// Reads the members of an object; the body reads each value.
    mutating func members(_ body: (inout JSONReader, Text) throws(Broken) -> Void) throws(Broken) {
        try take(UInt8(ascii: "{"))
        if try peek() == UInt8(ascii: "}") {
            at += 1
            return
        }
        while true {
            let name = try string()
            try take(UInt8(ascii: ":"))
            try body(&self, name)
            let next = try peek()
            at += 1
            if next == UInt8(ascii: "}") { return }
            guard next == UInt8(ascii: ",") else { throw Broken(reason: "it is no JSON at byte \(at - 1)") }
        }
    }

    /// Reads the elements of an array; the body reads each.
    mutating func elements(_ body: (inout JSONReader) throws(Broken) -> Void) throws(Broken) {
        try take(UInt8(ascii: "["))
        if try peek() == UInt8(ascii: "]") {
            at += 1
            return
        }
        while true {
            try body(&self)
            let next = try peek()
            at += 1
            if next == UInt8(ascii: "]") { return }
            guard next == UInt8(ascii: ",") else { throw Broken(reason: "it is no JSON at byte \(at - 1)") }
        }
    }

    mutating func string() throws(Broken) -> Text {
        try take(UInt8(ascii: "\""))
        let start = at
        var text = Text(start: start, end: start)
        while at < bytes.count {
            let byte = bytes[at]
            if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                at += 1
            } else if byte == UInt8(ascii: "\"") {
                let end = at
                at += 1
                return Text(
                    start: start,
                    end: end,
                    hasEscape: text.hasEscape,
                    hasControl: text.hasControl,
                    isBroken: text.isBroken
                )
            } else if byte == UInt8(ascii: "\\") {
                try escape(&text)
            } else if byte < 0x20 {
                throw Broken(reason: "it has a raw control character at byte \(at)")
            } else if byte == 0x7F {
                text.hasControl = true
                at += 1
            } else {
                let length = Repair.sequence(bytes, at)
                if length < 0 { text.isBroken = true }
                if byte == 0xC2, length == 2, bytes[at + 1] < 0xA0 { text.hasControl = true }
                at += max(1, abs(length))
            }
        }
        throw Broken(reason: "a string does not end")
    }

    private mutating func escape(_ text: inout Text) throws(Broken) {
        text.hasEscape = true
        guard at + 1 < bytes.count else { throw Broken(reason: "a string does not end") }
        switch bytes[at + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): at += 2
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "f"):
            text.hasControl = true
            at += 2
        case UInt8(ascii: "u"):
            let unit = try unit(at + 2)
            at += 6
            if unit < 0x20 || (0x7F..<0xA0).contains(unit) { text.hasControl = true }
            if (0xD800..<0xDC00).contains(unit) {
                let hasPair =
                    at + 1 < bytes.count && bytes[at] == UInt8(ascii: "\\") && bytes[at + 1] == UInt8(ascii: "u")
                if hasPair, (0xDC00..<0xE000).contains(try self.unit(at + 2)) { at += 6 } else { text.isBroken = true }
            } else if (0xDC00..<0xE000).contains(unit) {
                text.isBroken = true
            }
        default: throw Broken(reason: "it has an unknown escape at byte \(at)")
        }
    }

    private func unit(_ start: Int) throws(Broken) -> UInt32 {
        guard start + 4 <= bytes.count else { throw Broken(reason: "a string does not end") }
        var value: UInt32 = 0
        for place in start..<(start + 4) {
            guard let digit = bytes[place].hexValue else {
                throw Broken(reason: "it has an unknown escape at byte \(place)")
            }
            value = value << 4 | digit
        }
        return value
    }

    /// Reads a whole number; nil for any other value, which is passed over.
    mutating func integer() throws(Broken) -> Int? {
        let first = try peek()
        guard first.isDigit || first == UInt8(ascii: "-") else {
            try skipValue()
            return nil
        }
        let start = at
        at += 1
        while at < bytes.count, bytes[at].isDigit { at += 1 }
        let isWhole =
            at == bytes.count || ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[at])
        while at < bytes.count, Self.isScalar(bytes[at]) { at += 1 }
        return isWhole ? Int(bytes[start, at].string) : nil
    }

    /// Reads a string; nil for any other value, which is passed over.
    mutating func stringIfAny() throws(Broken) -> Text? {
        if try peek() == UInt8(ascii: "\"") { return try string() }
        try skipValue()
        return nil
    }

    /// Passes over a value of any kind, without recursion.
    mutating func skipValue() throws(Broken) {
        var depth = 0
        repeat {
            switch try peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw Broken(reason: "it is no JSON at byte \(at)") }
                at += 1
            case let byte where Self.isScalar(byte):
                while at < bytes.count, Self.isScalar(bytes[at]) { at += 1 }
            default: throw Broken(reason: "it is no JSON at byte \(at)")
            }
        } while depth > 0
    }

    private static func isScalar(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: ".")
    }
}
