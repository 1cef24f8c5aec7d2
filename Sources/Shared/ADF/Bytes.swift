import CGumbo

/// A look at bytes that somebody else owns: no byte is copied to be compared.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    /// A C string without its end.
    @inline(__always)
    init(_ text: UnsafePointer<CChar>) {
        let count = tramline_length(text)
        self.init(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: count)
    }

    @inline(__always)
    subscript(_ from: Int, _ to: Int) -> Bytes { Bytes(rebasing: self[from..<to]) }

    /// Whether these are the characters of an ASCII literal, which is in lower case; case does not matter here.
    @inline(__always)
    func matches(_ literal: StaticString) -> Bool {
        count == literal.utf8CodeUnitCount && starts(with: literal)
    }

    /// Whether the first characters are those of an ASCII literal in lower case, whatever their case here.
    @inline(__always)
    func starts(with literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard count >= length else { return false }
        let wanted = literal.utf8Start
        for at in 0..<length where self[at].lowercased != wanted[at] { return false }
        return true
    }

    /// The place of an ASCII literal in lower case, whatever the case here.
    func firstIndex(of literal: StaticString) -> Int? {
        let length = literal.utf8CodeUnitCount
        guard count >= length else { return nil }
        let first = literal.utf8Start[0]
        for at in 0...(count - length) where self[at].lowercased == first {
            if self[at, count].starts(with: literal) { return at }
        }
        return nil
    }

    func contains(_ literal: StaticString) -> Bool { firstIndex(of: literal) != nil }

    /// Without the white space at both ends.
    var trimmed: Bytes {
        var from = 0
        var to = count
        while from < to, self[from].isSpace { from += 1 }
        while to > from, self[to - 1].isSpace { to -= 1 }
        return self[from, to]
    }

    /// The words between white space.
    func eachWord(_ body: (Bytes) -> Void) {
        var at = 0
        while at < count {
            while at < count, self[at].isSpace { at += 1 }
            let start = at
            while at < count, !self[at].isSpace { at += 1 }
            if at > start { body(self[start, at]) }
        }
    }

    /// Whether one of the words between white space is an ASCII literal in lower case.
    func hasWord(_ literal: StaticString) -> Bool {
        guard count >= literal.utf8CodeUnitCount else { return false }
        var found = false
        eachWord { if $0.matches(literal) { found = true } }
        return found
    }

    /// The number that the characters begin with after white space, as HTML reads integers; nil when there is none or it
    /// has more than nine digits.
    var leadingInteger: Int? {
        var at = 0
        while at < count, self[at].isSpace { at += 1 }
        var isNegative = false
        if at < count, self[at] == UInt8(ascii: "-") || self[at] == UInt8(ascii: "+") {
            isNegative = self[at] == UInt8(ascii: "-")
            at += 1
        }
        let start = at
        var value = 0
        while at < count, self[at].isDigit {
            guard at - start < 9 else { return nil }
            value = value * 10 + Int(self[at] - 48)
            at += 1
        }
        guard at > start else { return nil }
        return isNegative ? -value : value
    }

    var string: String { String(decoding: self, as: UTF8.self) }
}

extension UInt8 {
    /// White space of HTML: space, tab, line feed, form feed, carriage return.
    @inline(__always)
    var isSpace: Bool { self == 0x20 || (self <= 0x0D && self >= 0x09 && self != 0x0B) }
    @inline(__always)
    var isDigit: Bool { self >= 48 && self <= 57 }
    @inline(__always)
    var isLetter: Bool { (self | 0x20) >= 97 && (self | 0x20) <= 122 }
    @inline(__always)
    var lowercased: UInt8 { self >= 65 && self <= 90 ? self | 0x20 : self }

    /// The value of a hexadecimal digit.
    var hexValue: UInt32? {
        switch self {
        case 48...57: UInt32(self - 48)
        case 65...70: UInt32(self - 55)
        case 97...102: UInt32(self - 87)
        default: nil
        }
    }
}
