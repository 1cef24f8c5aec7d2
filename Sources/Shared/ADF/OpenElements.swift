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

    /// A number for each name, 0 at first.
    struct Counts {
        private var known = [Int](repeating: 0, count: Int(TagTraits.count))
        private var others: [Name: Int] = [:]

        subscript(name: Name) -> Int {
            get { name.number < TagTraits.count ? known[Int(name.number)] : others[name, default: 0] }
            set {
                if name.number < TagTraits.count { known[Int(name.number)] = newValue } else { others[name] = newValue }
            }
        }
    }

    private struct Entry {
        let name: Name
        let traits: TagTraits
        let isForeign: Bool
        /// Of SVG or MathML, but holding HTML.
        let isIntegration: Bool
        let isMath: Bool
        /// The number of a formatting element, which its copies share; 0 for others.
        var formatting: Int32 = 0

        var isKeptInBlocks: Bool { formatting > 0 || traits.contains(.special) }
    }

    /// An entry of the list of active formatting elements.
    private struct Formatting {
        let name: Name
        let number: Int32
        /// Whether it is on the stack.
        var isOpen = true
    }

    private var stack: [Entry] = []
    /// The list of active formatting elements; nil is a marker.
    private var formatting: [Formatting?] = []
    private var formattingCount = 0
    private var lastNumber: Int32 = 0
    private var selects = 0
    private var foreign = 0
    /// A form was opened and not ended, so that others are ignored.
    private var hasForm = false

    /// How many elements the parser made that the page has no tag for: formatting elements, opened again in other blocks.
    private(set) var copies = 0

    private var top: Entry? { stack.last }
    /// Whether the next tag is read by the rules of SVG and MathML.
    private var isForeign: Bool { top.map { $0.isForeign && !$0.isIntegration } ?? false }

    /// Whether most tags are ignored, as in the choices of a `select`.
    private var isInSelect: Bool {
        guard selects > 0 else { return false }
        return stack.last { $0.name.tag == GUMBO_TAG_SELECT || $0.name.tag == GUMBO_TAG_TEMPLATE }?.name.tag
            == GUMBO_TAG_SELECT
    }

    /// Whether a section of CDATA is text here.
    var readsCData: Bool { top?.isForeign ?? false }

    /// Whether an element that holds text only would do so here.
    func readsRawText(_ name: Name) -> Bool {
        guard name.isRawText, !isForeign else { return false }
        return !isInSelect || name.tag == GUMBO_TAG_TEXTAREA || name.tag == GUMBO_TAG_SCRIPT
    }

    /// Whether opening an element goes beyond the limits.
    func wouldExceed(depth: Int, formatting limit: Int, with name: Name) -> Bool {
        let isNeverOpen = name.isVoid || name.traits.contains(.page)
        if isNeverOpen, !isForeign || name.traits.contains(.breaksOut) { return depth == 0 }
        let isOfForeign = isForeign || name.tag == GUMBO_TAG_SVG || name.tag == GUMBO_TAG_MATH
        if isOfForeign, foreign >= Self.foreignLimit { return true }
        return stack.count >= depth || (name.isFormatting && formattingCount >= limit)
    }

    /// Elements of SVG and MathML that may be open: for each end tag the parser reads all their names anew.
    private static let foreignLimit = 32

    // MARK: Text

    /// Takes note of text between two tags.
    @inline(__always)
    mutating func text() {
        if let last = formatting.last, last?.isOpen == false, !isForeign, !isInSelect { reopenFormatting() }
    }

    /// Opens the formatting elements again that were closed with the block around them.
    private mutating func reopenFormatting() {
        var from = formatting.count
        while from > 0, let entry = formatting[from - 1], !entry.isOpen { from -= 1 }
        for index in from..<formatting.count {
            guard let entry = formatting[index] else { continue }
            formatting[index]?.isOpen = true
            stack.append(
                Entry(
                    name: entry.name,
                    traits: entry.name.traits,
                    isForeign: false,
                    isIntegration: false,
                    isMath: false,
                    formatting: entry.number
                )
            )
            copies += 1
        }
    }

    // MARK: Start tags

    /// What a tag says of itself.
    struct Tag {
        let name: Name
        var isSelfClosing = false
        /// `annotation-xml` that holds HTML, or `font` with an attribute that makes it HTML's in SVG and MathML.
        var isOfHTML = false
    }

    mutating func start(_ tag: Tag) {
        let name = tag.name
        let traits = name.traits
        if let top, isForeign {
            guard traits.contains(.breaksOut) || (name.tag == GUMBO_TAG_FONT && tag.isOfHTML) else {
                if !tag.isSelfClosing { pushForeign(tag, isMath: top.isMath) }
                return
            }
            while isForeign { pop() }
        }
        if traits.contains(.page) { return }
        if isInSelect, name.tag != GUMBO_TAG_SELECT {
            let isOfTable = name.tag == GUMBO_TAG_TABLE || traits.contains(.tablePart)
            guard closesSelect(name) || (isOfTable && table != nil) else {
                startInSelect(name)
                return
            }
            close(Name(GUMBO_TAG_SELECT), within: .table)
        }
        if name.tag == GUMBO_TAG_FORM, !hasTemplate {
            if hasForm { return }
            hasForm = true
        }
        if traits.contains(.closesParagraph) {
            close(Name(GUMBO_TAG_P), within: .buttonScope)
        } else if traits.isDisjoint(with: [.tablePart, .table]) {
            reopenFormatting()
        }
        if traits.contains(.void) { return }
        switch name.tag {
        case GUMBO_TAG_LI: closeItem(of: [GUMBO_TAG_LI])
        case GUMBO_TAG_DD, GUMBO_TAG_DT: closeItem(of: [GUMBO_TAG_DD, GUMBO_TAG_DT])
        case GUMBO_TAG_OPTION, GUMBO_TAG_OPTGROUP: closeOption()
        case GUMBO_TAG_RB, GUMBO_TAG_RT, GUMBO_TAG_RP, GUMBO_TAG_RTC:
            if hasInScope(Name(GUMBO_TAG_RUBY)) { closeImplied(by: name) }
        case GUMBO_TAG_BUTTON: close(name, within: .scope)
        case GUMBO_TAG_A, GUMBO_TAG_NOBR:
            endFormatting(name)
            reopenFormatting()
        case GUMBO_TAG_SELECT where isInSelect:
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
        if name.tag == GUMBO_TAG_SVG || name.tag == GUMBO_TAG_MATH {
            if !tag.isSelfClosing { pushForeign(tag, isMath: name.tag == GUMBO_TAG_MATH) }
        } else {
            push(name)
        }
    }

    private func closesSelect(_ name: Name) -> Bool {
        name.tag == GUMBO_TAG_INPUT || name.tag == GUMBO_TAG_KEYGEN || name.tag == GUMBO_TAG_TEXTAREA
    }

    private mutating func startInSelect(_ name: Name) {
        switch name.tag {
        case GUMBO_TAG_OPTION: closeOption()
        case GUMBO_TAG_OPTGROUP:
            closeOption()
            if top?.name.tag == GUMBO_TAG_OPTGROUP { pop() }
        case GUMBO_TAG_TEMPLATE: break
        default: return
        }
        push(name)
    }

    private mutating func pushForeign(_ tag: Tag, isMath: Bool) {
        let name = tag.name
        let holdsHTML =
            name.traits.contains(isMath ? .mathIntegration : .svgIntegration)
            || (isMath && name.tag == GUMBO_TAG_ANNOTATION_XML && tag.isOfHTML)
        foreign += 1
        let isBarrier = holdsHTML || (isMath && name.tag == GUMBO_TAG_ANNOTATION_XML)
        stack.append(
            Entry(
                name: name,
                traits: isBarrier ? [.special, .scope] : [],
                isForeign: true,
                isIntegration: holdsHTML,
                isMath: isMath
            )
        )
    }

    private mutating func push(_ name: Name) {
        let traits = name.traits
        stack.append(Entry(name: name, traits: traits, isForeign: false, isIntegration: false, isMath: false))
        if name.tag == GUMBO_TAG_SELECT { selects += 1 }
        if traits.contains(.marker) { formatting.append(nil) }
        if traits.contains(.formatting) {
            lastNumber += 1
            stack[stack.count - 1].formatting = lastNumber
            formatting.append(Formatting(name: name, number: lastNumber))
            formattingCount += 1
        }
    }

    private mutating func pop() {
        let entry = stack.removeLast()
        guard !entry.isForeign else {
            foreign -= 1
            return
        }
        if entry.name.tag == GUMBO_TAG_SELECT { selects -= 1 }
        if entry.formatting > 0, let index = formatting.lastIndex(where: { $0?.number == entry.formatting }) {
            formatting[index]?.isOpen = false
        }
        guard entry.traits.contains(.marker) else { return }
        while let last = formatting.popLast(), last != nil { formattingCount -= 1 }
    }

    private mutating func popThrough(_ index: Int) {
        while stack.count > index { pop() }
    }

    private func hasInScope(_ name: Name) -> Bool {
        for entry in stack.reversed() {
            if entry.name == name, !entry.isForeign { return true }
            if entry.traits.contains(.scope) { return false }
        }
        return false
    }

    private var hasTemplate: Bool { stack.contains { $0.name.tag == GUMBO_TAG_TEMPLATE && !$0.isForeign } }

    /// Closes what a part of `ruby` ends.
    private mutating func closeImplied(by name: Name) {
        let staysOpen = name.tag == GUMBO_TAG_RT || name.tag == GUMBO_TAG_RP
        while let top, top.traits.contains(.impliedEnd), !(staysOpen && top.name.tag == GUMBO_TAG_RTC) { pop() }
    }

    private mutating func closeOption() {
        if top?.name.tag == GUMBO_TAG_OPTION { pop() }
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
            if stack[index].name.tag == GUMBO_TAG_TEMPLATE, !stack[index].isForeign { return nil }
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
            if name.tag != GUMBO_TAG_COL { push(name) }
            return
        }
        let hasSection = stack.count > table + 1 && sections.contains(stack[table + 1].name.tag)
        let hasRow = hasSection && stack.count > table + 2 && stack[table + 2].name.tag == GUMBO_TAG_TR
        popThrough(table + (isCell && hasRow ? 3 : hasSection ? 2 : 1))
        if !hasSection { push(Name(GUMBO_TAG_TBODY)) }
        if isCell, !hasRow { push(Name(GUMBO_TAG_TR)) }
        push(name)
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
        if isInSelect, !traits.contains(.tablePart), name.tag != GUMBO_TAG_TABLE {
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
        } else if name.tag == GUMBO_TAG_FORM, !hasTemplate {
            hasForm = false
            if hasInScope(name), let index = stack.lastIndex(where: { $0.name == name && !$0.isForeign }) {
                stack.remove(at: index)  // what is open in it stays open
            }
        } else if name.tag == GUMBO_TAG_FRAMESET {
            if top?.name == name { pop() }  // it may have been ignored, and then closes nothing
        } else {
            close(name, within: traits.contains(.endsInScope) ? .scope : .special)
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

    /// Takes a formatting element from the list and the stack; the blocks that were opened in it stay open.
    ///
    /// https://html.spec.whatwg.org/multipage/parsing.html#adoption-agency-algorithm, which gives up after eight blocks, and
    /// then the element is still open in the last.
    private mutating func endFormatting(_ name: Name) {
        var index = formatting.count - 1
        while index >= 0, let entry = formatting[index], entry.name != name { index -= 1 }
        guard index >= 0, let entry = formatting[index] else {
            close(name, within: .special)
            return
        }
        if entry.isOpen {
            guard let place = stack.lastIndex(where: { $0.formatting == entry.number }) else { return }
            let above = stack[(place + 1)...]
            if above.contains(where: { $0.traits.contains(.scope) }) { return }  // also what holds HTML in SVG
            let blocks = above.indices.filter { stack[$0].traits.contains(.special) }
            copies += min(blocks.count, 8)
            if blocks.count >= 8 { return }
            popThrough(blocks.last.map { $0 + 1 } ?? place + 1)
            // Between the blocks only they and formatting elements stay.
            for index in (place..<stack.count).reversed() where index == place || !stack[index].isKeptInBlocks {
                stack.remove(at: index)
            }
        }
        formatting.remove(at: index)
        formattingCount -= 1
    }
}
