import CGumbo

/// Follows which elements a page has open, tag by tag, so that nesting can be capped before the page is parsed.
///
/// A short form of https://html.spec.whatwg.org/multipage/parsing.html#tree-construction: implied ends, scopes, tables and
/// the list of formatting elements, without a tree.
struct OpenElements {
    /// A tag name: Gumbo's number, or a hash above them.
    struct Name: Hashable {
        static func == (one: Name, other: Name) -> Bool { one.number == other.number }
        func hash(into hasher: inout Hasher) { hasher.combine(number) }

        let number: UInt32
        /// `dialog` or `search`, which are read as `div`.
        var isNewBlock = false

        init(_ name: Bytes) {
            let tag = name.withMemoryRebound(to: CChar.self) { gumbo_tagn_enum($0.baseAddress, UInt32($0.count)) }
            if tag.rawValue < GUMBO_TAG_UNKNOWN.rawValue {
                number = tag.rawValue
            } else if name.matches("dialog") || name.matches("search") {
                number = GUMBO_TAG_DIV.rawValue
                isNewBlock = true
            } else {
                var hash: UInt32 = 2_166_136_261
                for byte in name { hash = (hash ^ UInt32(byte.lowercased)) &* 16_777_619 }
                number = hash | 0x8000_0000
            }
        }

        init(_ tag: GumboTag) { number = tag.rawValue }

        var tag: GumboTag { number < GUMBO_TAG_UNKNOWN.rawValue ? GumboTag(rawValue: number) : GUMBO_TAG_UNKNOWN }
        @inline(__always)
        var traits: TagTraits { number < TagTraits.count ? TagTraits.all[Int(number)] : [] }
        var isVoid: Bool { traits.contains(.void) }
        var isFormatting: Bool { traits.contains(.formatting) }
        var isRawText: Bool { traits.contains(.rawText) }
    }

    private struct Entry {
        let name: Name
        let traits: TagTraits
        let isForeign: Bool
        /// Of SVG or MathML, but holding HTML.
        let isIntegration: Bool
        let isMath: Bool
    }

    private var stack: [Entry] = []
    /// The list of active formatting elements; nil is a marker.
    private var formatting: [Name?] = []
    private var formattingCount = 0
    private var selects = 0

    private var top: Entry? { stack.last }
    /// Whether the next tag is read by the rules of SVG and MathML.
    private var isForeign: Bool { top.map { $0.isForeign && !$0.isIntegration } ?? false }

    /// Whether an element that holds text only would do so here.
    var readsRawText: Bool { !isForeign && selects == 0 }

    /// Whether opening an element goes beyond the limits.
    func wouldExceed(depth: Int, formatting limit: Int, with name: Name) -> Bool {
        if name.isVoid || name.traits.contains(.page) { return depth == 0 && limit == 0 }
        return stack.count >= depth || (name.isFormatting && formattingCount >= limit)
    }

    // MARK: Start tags

    mutating func start(_ name: Name, isSelfClosing: Bool) {
        let traits = name.traits
        if isForeign {
            guard traits.contains(.breaksOut) else {
                if !isSelfClosing { push(name, isForeign: true) }
                return
            }
            while isForeign { pop() }
        }
        if traits.contains(.void) || traits.contains(.page) { return }
        if selects > 0, !traits.contains(.tablePart), name.tag != GUMBO_TAG_SELECT {
            if name.tag == GUMBO_TAG_OPTION || name.tag == GUMBO_TAG_OPTGROUP {
                closeOption(name)
            }
            push(name, isForeign: false)
            return
        }
        if traits.contains(.closesParagraph) { close(Name(GUMBO_TAG_P), within: .buttonScope) }
        switch name.tag {
        case GUMBO_TAG_LI: closeItem(of: [GUMBO_TAG_LI])
        case GUMBO_TAG_DD, GUMBO_TAG_DT: closeItem(of: [GUMBO_TAG_DD, GUMBO_TAG_DT])
        case GUMBO_TAG_OPTION, GUMBO_TAG_OPTGROUP: closeOption(name)
        case GUMBO_TAG_RB, GUMBO_TAG_RT, GUMBO_TAG_RP, GUMBO_TAG_RTC:
            if let top, top.traits.contains(.ruby) { pop() }
        case GUMBO_TAG_BUTTON: close(name, within: .scope)
        case GUMBO_TAG_A, GUMBO_TAG_NOBR: endFormatting(name)
        case GUMBO_TAG_SELECT where selects > 0:
            close(name, within: .table)
            return
        case GUMBO_TAG_TABLE: closeTableIfDirectlyInside()
        default:
            if traits.contains(.heading), let top, top.traits.contains(.heading) { pop() }
            if traits.contains(.tablePart) {
                startTablePart(name)
                return
            }
        }
        push(name, isForeign: name.tag == GUMBO_TAG_SVG || name.tag == GUMBO_TAG_MATH)
        if isSelfClosing, isForeign { pop() }
    }

    private mutating func push(_ name: Name, isForeign: Bool) {
        let traits = name.traits
        let isMath = isForeign && (name.tag == GUMBO_TAG_MATH || (name.tag != GUMBO_TAG_SVG && top?.isMath == true))
        let isIntegration = isForeign && traits.contains(isMath ? .mathIntegration : .svgIntegration)
        stack.append(
            Entry(name: name, traits: traits, isForeign: isForeign, isIntegration: isIntegration, isMath: isMath)
        )
        guard !isForeign else { return }
        if name.tag == GUMBO_TAG_SELECT { selects += 1 }
        if traits.contains(.marker) { formatting.append(nil) }
        if traits.contains(.formatting) {
            formatting.append(name)
            formattingCount += 1
        }
    }

    private mutating func pop() {
        let entry = stack.removeLast()
        guard !entry.isForeign else { return }
        if entry.name.tag == GUMBO_TAG_SELECT { selects -= 1 }
        guard entry.traits.contains(.marker) else { return }
        while let last = formatting.popLast(), last != nil { formattingCount -= 1 }
    }

    private mutating func popThrough(_ index: Int) {
        while stack.count > index { pop() }
    }

    private mutating func closeOption(_ name: Name) {
        if top?.name.tag == GUMBO_TAG_OPTION { pop() }
        if name.tag == GUMBO_TAG_OPTGROUP, top?.name.tag == GUMBO_TAG_OPTGROUP { pop() }
    }

    private mutating func closeItem(of tags: [GumboTag]) {
        for index in stack.indices.reversed() {
            let entry = stack[index]
            if tags.contains(entry.name.tag), !entry.isForeign {
                popThrough(index)
                break
            }
            let isPassed = [GUMBO_TAG_ADDRESS, GUMBO_TAG_DIV, GUMBO_TAG_P].contains(entry.name.tag)
            if entry.isForeign || (entry.traits.contains(.special) && !isPassed) { break }
        }
        close(Name(GUMBO_TAG_P), within: .buttonScope)
    }

    // MARK: Tables

    /// The innermost table that is open, not seen from inside a template.
    private var table: Int? {
        for index in stack.indices.reversed() {
            if stack[index].name.tag == GUMBO_TAG_TABLE, !stack[index].isForeign { return index }
            if stack[index].name.tag == GUMBO_TAG_TEMPLATE { return nil }
        }
        return nil
    }

    private mutating func closeTableIfDirectlyInside() {
        guard let table else { return }
        for index in stack.indices.reversed() where index > table {
            let tag = stack[index].name.tag
            if tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH || tag == GUMBO_TAG_CAPTION { return }
        }
        popThrough(table)
    }

    private mutating func startTablePart(_ name: Name) {
        guard let table else { return }  // ignored by the parser
        let sections = [GUMBO_TAG_TBODY, GUMBO_TAG_THEAD, GUMBO_TAG_TFOOT]
        let isCell = name.tag == GUMBO_TAG_TD || name.tag == GUMBO_TAG_TH
        guard isCell || name.tag == GUMBO_TAG_TR else {
            popThrough(table + 1)
            if name.tag != GUMBO_TAG_COL { push(name, isForeign: false) }
            return
        }
        let hasSection = stack.count > table + 1 && sections.contains(stack[table + 1].name.tag)
        let hasRow = hasSection && stack.count > table + 2 && stack[table + 2].name.tag == GUMBO_TAG_TR
        popThrough(table + (isCell && hasRow ? 3 : hasSection ? 2 : 1))
        if !hasSection { push(Name(GUMBO_TAG_TBODY), isForeign: false) }
        if isCell, !hasRow { push(Name(GUMBO_TAG_TR), isForeign: false) }
        push(name, isForeign: false)
    }

    // MARK: End tags

    mutating func end(_ name: Name) {
        var index = stack.count - 1
        while index >= 0, stack[index].isForeign {
            if stack[index].name == name {
                popThrough(index)
                return
            }
            index -= 1
        }
        let traits = name.traits
        if selects > 0, !traits.contains(.tablePart), name.tag != GUMBO_TAG_TABLE {
            switch name.tag {
            case GUMBO_TAG_SELECT: close(name, within: .table)
            case GUMBO_TAG_OPTION, GUMBO_TAG_OPTGROUP: if top?.name == name { pop() }
            default: break
            }
            return
        }
        if traits.contains(.formatting) {
            endFormatting(name)
        } else if traits.contains(.heading) {
            closeHeading()
        } else if name.tag == GUMBO_TAG_P {
            close(name, within: .buttonScope)
        } else if name.tag == GUMBO_TAG_LI {
            close(name, within: .listScope)
        } else if traits.contains(.tablePart) || name.tag == GUMBO_TAG_TABLE {
            close(name, within: .table)
        } else {
            close(name, within: traits.contains(.special) ? .scope : .special)
        }
    }

    /// Closes the innermost element of a name, unless one with a trait stands before it.
    private mutating func close(_ name: Name, within barrier: TagTraits) {
        for index in stack.indices.reversed() {
            let entry = stack[index]
            if entry.name == name, !entry.isForeign {
                popThrough(index)
                return
            }
            if !entry.traits.isDisjoint(with: barrier) { return }
            if entry.isIntegration { return }
        }
    }

    private mutating func closeHeading() {
        for index in stack.indices.reversed() {
            if stack[index].traits.contains(.heading) {
                popThrough(index)
                return
            }
            if stack[index].traits.contains(.scope) { return }
        }
    }

    /// Takes a formatting element from the list and the stack; what was opened in it stays open.
    ///
    /// The parser gives up after eight blocks, and then the element is still open in the last.
    private mutating func endFormatting(_ name: Name) {
        var blocks = 0
        for entry in stack.reversed() {
            if entry.name == name { break }
            if entry.traits.contains(.special) { blocks += 1 }
            if blocks >= 8 { return }
        }
        for index in formatting.indices.reversed() {
            guard let entry = formatting[index] else { break }
            guard entry == name else { continue }
            formatting.remove(at: index)
            formattingCount -= 1
            break
        }
        for index in stack.indices.reversed() {
            if stack[index].name == name, !stack[index].isForeign {
                stack.remove(at: index)
                return
            }
            if stack[index].traits.contains(.scope) { return }
        }
    }
}
