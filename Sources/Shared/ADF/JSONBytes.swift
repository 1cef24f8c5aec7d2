/// Writing JSON straight into bytes.
extension [UInt8] {
    /// Appends a piece of JSON that is written as it stands.
    @inline(__always)
    mutating func put(_ literal: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func put(_ number: Int) {
        if number >= 0, number < 10 {
            append(UInt8(48 + number))
        } else {
            append(contentsOf: String(number).utf8)
        }
    }

    /// Appends a string literal with its quotation marks.
    mutating func putString(_ text: String) {
        var text = text
        text.withUTF8 { putString($0) }
    }

    /// Appends UTF-8 as a string literal with its quotation marks. Only what JSON demands is escaped.
    mutating func putString(_ utf8: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        putEscaped(utf8)
        append(UInt8(ascii: "\""))
    }

    /// Appends the inside of a string literal.
    mutating func putEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for at in 0..<utf8.count {
            let byte = utf8[at]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            append(contentsOf: utf8[start..<at])
            start = at + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
            case 0x0A: append(UInt8(ascii: "n"))
            case 0x0D: append(UInt8(ascii: "r"))
            case 0x09: append(UInt8(ascii: "t"))
            default:
                put("u00")
                append(48 + (byte >> 4))
                let low = byte & 15
                append(low < 10 ? 48 + low : 87 + low)
            }
        }
        append(contentsOf: utf8[start...])
    }
}
