/// The first look at the input: its length as people count it, and whether it is text.
enum Repair {
    /// What the input is.
    struct Finding {
        /// Characters of the input, UTF-16 units.
        var characters = 0
        /// How many pieces are not UTF-8, or NUL.
        var faults = 0
        /// The input with those pieces as U+FFFD, when there are any, and with control characters, which the parser would
        /// make visible, as U+FEFF, which is left out of all text.
        var repaired: [UInt8]?
    }

    /// Looks at each byte once.
    static func look(at html: Bytes) -> Finding {
        var finding = Finding()
        var repaired: [UInt8] = []
        var at = 0
        var kept = 0
        let count = html.count
        while at < count {
            let byte = html[at]
            if byte >= 0x20 && byte < 0x7F || byte.isSpace, byte != UInt8(ascii: "&") || longReference(html, at) == 0 {
                at += 1
                finding.characters += 1
                continue
            }
            let control = control(html, at)
            let length = byte == UInt8(ascii: "&") ? -longReference(html, at) : sequence(html, at)
            if length > 0, control == 0 {
                at += length
                finding.characters += length == 4 ? 2 : 1
                continue
            }
            if repaired.isEmpty { repaired.reserveCapacity(count + count / 4) }
            repaired.append(contentsOf: html[kept..<at])
            repaired.append(0xEF)
            if control > 0 {
                repaired.append(0xBB)
                repaired.append(0xBF)
                at += control
            } else {
                repaired.append(0xBF)
                repaired.append(0xBD)
                finding.faults += 1
                at += max(1, -length)
            }
            finding.characters += byte == UInt8(ascii: "&") ? -length : 1
            kept = at
        }
        if kept > 0 {
            repaired.append(contentsOf: html[kept...])
            finding.repaired = repaired
        }
        return finding
    }

    /// The length of a control character that is neither NUL nor white space; else 0.
    @inline(__always)
    private static func control(_ bytes: Bytes, _ at: Int) -> Int {
        let byte = bytes[at]
        if byte < 0x20 || byte == 0x7F { return byte == 0 ? 0 : 1 }
        return byte == 0xC2 && at + 1 < bytes.count && bytes[at + 1] >= 0x80 && bytes[at + 1] < 0xA0 ? 2 : 0
    }

    /// The length of a numeric reference that is beyond Unicode, whose number the parser would get wrong; else 0.
    private static func longReference(_ bytes: Bytes, _ at: Int) -> Int {
        guard at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "#") else { return 0 }
        let isHexadecimal = bytes[at + 2].lowercased == UInt8(ascii: "x")
        var place = at + (isHexadecimal ? 3 : 2)
        let start = place
        var value: UInt32 = 0
        while place < bytes.count, let digit = bytes[place].hexValue, isHexadecimal || digit < 10 {
            value = min(value * (isHexadecimal ? 16 : 10) + digit, 0x20_0000)
            place += 1
        }
        guard place > start, value > 0x10_FFFF else { return 0 }
        if place < bytes.count, bytes[place] == UInt8(ascii: ";") { place += 1 }
        return place - at
    }

    /// The length of the well-formed sequence at a place; else the length of its longest beginning of one, negated.
    ///
    /// One U+FFFD stands for each such beginning, as in https://encoding.spec.whatwg.org/#utf-8-decoder
    @inline(__always)
    static func sequence(_ bytes: Bytes, _ at: Int) -> Int {
        let first = bytes[at]
        let needed: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: needed = 1
        case 0xE0...0xEF:
            needed = 2
            if first == 0xE0 { low = 0xA0 }
            if first == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            needed = 3
            if first == 0xF0 { low = 0x90 }
            if first == 0xF4 { high = 0x8F }
        default: return -1
        }
        for offset in 1...needed {
            guard at + offset < bytes.count, bytes[at + offset] >= low, bytes[at + offset] <= high else {
                return -offset
            }
            low = 0x80
            high = 0xBF
        }
        return needed + 1
    }
}
