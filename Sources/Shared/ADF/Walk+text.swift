/// Text, white space, and the blocks that hold them.
extension Walk {
    /// The end or beginning of a block of the page.
    mutating func boundary(_ style: Style) {
        if style.flags.contains(.inCode) {
            endCodeLine()
        } else if style.flags.contains(.inTitle) {
            requestSpace(style.marks)
        } else {
            closeBlock()
            afterMedia = false
        }
    }

    mutating func requestSpace(_ marks: Marks) {
        guard code == 0, !pendingSpace else { return }
        pendingSpace = true
        spaceMarks = marks
    }

    /// Opens a block for text where none is open.
    @inline(__always)
    mutating func ensureBlock(_ style: Style) {
        if block == 0 { openBlock(style) }
    }

    private mutating func openBlock(_ style: Style) {
        var node = Sketch.Node(kind: style.heading > 0 ? .heading : .paragraph)
        node.level = style.heading
        node.alignment = style.alignment
        start(block: sketch.append(node, to: holder(of: node.kind)))
    }

    mutating func start(block number: Int32) {
        block = number
        hasInk = false
        pendingSpace = false
        atLineStart = true
        afterMedia = false
    }

    /// Ends the block that takes text: spaces and one break at its end go.
    mutating func closeBlock() {
        pendingSpace = false
        guard block != 0 else { return }
        let closed = block
        block = 0
        sketch.trimEnd(of: closed)
        sketch.dropLastBreak(of: closed)
        if !hasInk {
            sketch[closed].kind = sketch[closed].kind == .paragraph ? .emptyParagraph : .nothing
            sketch.removeChildren(of: closed)
        }
    }

    // MARK: Text

    mutating func addText(_ text: Bytes, _ style: Style) {
        guard text.count > 0 else { return }
        if code != 0 {
            addCode(text)
            return
        }
        switch style.space {
        case .collapse: addCollapsed(text, style)
        case .keep, .keepLines: addKept(text, style)
        }
    }

    /// Text of the converter's own, which is no white space.
    mutating func addLiteral(_ text: StaticString, _ style: Style) {
        let bytes = Bytes(start: text.utf8Start, count: text.utf8CodeUnitCount)
        if code != 0 { addCode(bytes) } else { addCollapsed(bytes, style) }
    }

    private mutating func addCollapsed(_ text: Bytes, _ style: Style) {
        var at = 0
        let count = text.count
        while at < count {
            let start = at
            while at < count, text[at].isSpace { at += 1 }
            if at > start, block != 0, !pendingSpace {
                pendingSpace = true
                spaceMarks = style.marks
            }
            let word = at
            while at < count, text[at] > 0x20, text[at] != 0x7F, text[at] != 0xC2, text[at] != 0xEF { at += 1 }
            if at > word { addInk(text[word, at], style) }
            guard at < count, !text[at].isSpace else { continue }
            let length = Self.dropped(text, at)
            if length == 0 {
                let end = min(count, at + (text[at] == 0xEF ? 3 : 2))
                addInk(text[at, end], style)
                at = end
            } else {
                at += length
            }
        }
    }

    /// How many bytes at a place make a character that is left out: a control character, or U+FEFF.
    private static func dropped(_ text: Bytes, _ at: Int) -> Int {
        switch text[at] {
        case 0..<0x20, 0x7F: return 1
        case 0xC2: return at + 1 < text.count && text[at + 1] < 0xA0 ? 2 : 0
        case 0xEF: return at + 2 < text.count && text[at + 1] == 0xBB && text[at + 2] == 0xBF ? 3 : 0
        default: return 0
        }
    }

    @inline(__always)
    private mutating func addInk(_ word: Bytes, _ style: Style) {
        ensureBlock(style)
        if pendingSpace { addPendingSpace() }
        sketch.append(word, marks: style.marks, to: block)
        hasInk = true
        atLineStart = false
    }

    mutating func addPendingSpace() {
        pendingSpace = false
        guard !atLineStart, sketch.text.last != 0x20 || sketch[sketch[block].last].kind != .text else { return }
        withUnsafeBytes(of: UInt8(0x20)) { sketch.append($0.bindMemory(to: UInt8.self), marks: spaceMarks, to: block) }
    }

    /// Text whose line breaks count, and its spaces too unless only lines are kept.
    private mutating func addKept(_ text: Bytes, _ style: Style) {
        if block == 0, text.allSatisfy(\.isSpace) { return }
        var at = 0
        if block == 0 {
            while at < text.count, text[at] == 0x0A { at += 1 }
        }
        while at < text.count {
            let start = at
            while at < text.count, text[at] >= 0x20, text[at] != 0x7F, text[at] != 0xC2, text[at] != 0xEF { at += 1 }
            if at > start { addPart(text[start, at], style) }
            guard at < text.count else { return }
            let length: Int
            switch text[at] {
            case 0x0A:
                addBreak(style)
                length = 1
            case 0x0C:
                addPart(Self.spaces(1), style)
                length = 1
            case 0x09:
                var end = at
                while end < text.count, text[end] == 0x09, end - at < Self.tabs { end += 1 }
                length = end - at
                addPart(Self.spaces(style.space == .keep ? 4 * length : 1), style)
            default:
                length = max(1, Self.dropped(text, at))
                if Self.dropped(text, at) == 0 {
                    let end = min(text.count, at + (text[at] == 0xEF ? 3 : 2))
                    addPart(text[at, end], style)
                    at = end
                    continue
                }
            }
            at += length
        }
    }

    /// How many tabs are written at once, as four spaces each.
    private static let tabs = 16
    private static let blanks: StaticString = "                                                                "

    /// Up to 64 spaces.
    private static func spaces(_ count: Int) -> Bytes { Bytes(start: blanks.utf8Start, count: count) }

    private mutating func addPart(_ part: Bytes, _ style: Style) {
        guard style.space == .keep else {
            addCollapsed(part, style)
            return
        }
        ensureBlock(style)
        if pendingSpace { addPendingSpace() }
        sketch.append(part, marks: style.marks, to: block)
        if !part.allSatisfy({ $0 == 0x20 }) { hasInk = true }
        atLineStart = false
    }

    mutating func addBreak(_ style: Style) {
        if style.flags.contains(.inCode) {
            withUnsafeBytes(of: UInt8(0x0A)) { addCode($0.bindMemory(to: UInt8.self)) }
            return
        }
        if style.flags.contains(.inTitle) {
            requestSpace(style.marks)
            return
        }
        if block == 0, afterMedia {
            afterMedia = false
            return
        }
        ensureBlock(style)
        pendingSpace = false
        sketch.trimEnd(of: block)
        withUnsafeBytes(of: UInt8(0x0A)) { sketch.append($0.bindMemory(to: UInt8.self), marks: style.marks, to: block) }
        atLineStart = true
    }

    /// Adds a node to the line: a mention, a status.
    mutating func addInline(_ node: Sketch.Node, _ label: Label, _ style: Style) {
        ensureBlock(style)
        if label.hasSpaceBefore { requestSpace(style.marks) }
        if pendingSpace { addPendingSpace() }
        sketch.append(node, to: block)
        hasInk = true
        atLineStart = false
        if label.hasSpaceAfter { requestSpace(style.marks) }
    }
}
