import CGumbo

/// Links, mentions, status lozenges and the spans that a class gives a meaning.
extension Walk {
    mutating func enterLink(_ element: Element, _ inherited: Style, _ attributes: CommonAttributes, _ css: Declarations)
    {
        var style = inherited
        if attributes.hasClass("user-hover") || attributes.hasData, addMention(element, style, attributes) { return }
        if let address = element.value("href") {
            if let clean = Address.allowed(address) {
                style.marks.link = sketch.link(to: clean)
                if style.flags.contains(.inCode) { findings.note(.flattenedLink, bytes: clean) }
            } else {
                style.marks.link = 0
                findings.note(.droppedLink, bytes: address)
            }
        }
        if css.display == .block {
            boundary(style)
            descend(element, style, .block)
        } else {
            descend(element, style, .nothing)
        }
    }

    /// Elements whose class or data says more than their name. False: it is to be read as any other.
    mutating func addSpecialSpan(_ element: Element, _ style: Style, _ attributes: CommonAttributes) -> Bool {
        if let classes = attributes.classes {
            if classes.hasWord("aui-lozenge"), addStatus(element, style, classes) { return true }
            if classes.hasWord("katex-mathml") || classes.hasWord("mjx_assistive_mathml"), hasTextBeside(element) {
                return true
            }
            if classes.hasWord("ql-ui"), element.childCount == 0 { return true }
        }
        if addMention(element, style, attributes) { return true }
        if let css = attributes.style, css.contains("mso-list"), Self.isWordMarker(element), isInWordItem {
            return true
        }
        return false
    }

    /// Whether the paragraph around was taken for an item of a list.
    private var isInWordItem: Bool {
        guard let level = levels.last, level.key >= 16 else { return false }
        return sketch[open[open.count - 1].node].kind == .item
    }

    /// Whether an element has close neighbours that show text: then a copy of it for screen readers is not needed.
    func hasTextBeside(_ element: Element) -> Bool {
        guard let parent = element.parent else { return false }
        let place = Int(tramline_index(element.node))
        var found = false
        for at in max(0, place - 8)..<min(Int(parent.childCount), place + 9) where at != place && !found {
            let neighbour = parent.child(UInt32(at))
            guard tramline_is_element(neighbour) else { continue }
            Element(node: neighbour).look(limit: 200) { node in
                if tramline_is_text(node), !Bytes(tramline_text(node)).allSatisfy(\.isSpace) { found = true }
                return !found
            }
        }
        return found
    }

    // MARK: Mentions

    /// Adds a mention when the element is one of a known person.
    private mutating func addMention(_ element: Element, _ style: Style, _ attributes: CommonAttributes) -> Bool {
        let isHover = attributes.hasClass("user-hover")
        guard isHover || attributes.hasData else { return false }
        var isMention = isHover
        var account: String?
        for name: StaticString in [
            "data-account-id", "data-mention-id", "data-id", "data-mention", "data-user-id", "accountid", "rel",
        ] {
            guard let value = element.value(name) else { continue }
            if name.utf8CodeUnitCount != 3, name.utf8CodeUnitCount != 9 { isMention = true }
            if account == nil, accounts.contains(value.string) { account = value.string }
        }
        guard isMention else { return false }
        if account == nil, isHover, let address = element.value("href"), let at = address.firstIndex(of: "accountid=") {
            let id = address[at + 10, address.count]
            let end = id.firstIndex(of: UInt8(ascii: "&")) ?? id.count
            let name = id[0, end].string
            if accounts.contains(name) { account = name }
        }
        guard let account, style.flags.isDisjoint(with: [.inCode, .inTitle]), style.marks.link == 0,
            let label = plainText(of: element), !label.text.isEmpty
        else {
            let looksLikeOne = isHover || attributes.hasClass("mention") || element.has("data-mention")
            if looksLikeOne, account == nil {
                findings.note(
                    .unknownMention,
                    plainText(of: element).map { String(decoding: $0.text, as: UTF8.self) } ?? ""
                )
            }
            return false
        }
        var node = Sketch.Node(kind: .mention)
        node.slice = sketch.keep(account.utf8)
        let name = sketch.keep(label.text.first == UInt8(ascii: "@") ? label.text : [UInt8(ascii: "@")] + label.text)
        node.x = name.start
        node.y = name.end
        addInline(node, label, style)
        return true
    }

    /// What an element shows that holds nothing but a little text.
    struct Label {
        /// Without white space at its ends.
        var text: [UInt8] = []
        var hasSpaceBefore = false
        var hasSpaceAfter = false
    }

    /// The text of an element that holds nothing else; nil when it does.
    func plainText(of element: Element) -> Label? {
        var label = Label()
        var isPlain = true
        var left = 64
        element.look(limit: 64) { node in
            left -= 1
            if tramline_is_text(node) {
                for byte in Bytes(tramline_text(node)) {
                    if !byte.isSpace {
                        if label.hasSpaceAfter, !label.text.isEmpty { label.text.append(0x20) }
                        label.hasSpaceAfter = false
                        label.text.append(byte)
                    } else {
                        label.hasSpaceAfter = true
                        if label.text.isEmpty { label.hasSpaceBefore = true }
                    }
                }
            } else if tramline_is_element(node) {
                let inner = Element(node: node)
                isPlain = inner.isHTML && Role.of(inner.tag) == .inline && !inner.has("hidden") && !inner.has("style")
            }
            return isPlain && label.text.count < 200
        }
        let isClean = label.text.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0xC2 && $0 != 0xEF }
        return isPlain && isClean && left > 0 && label.text.count < 200 ? label : nil
    }

    // MARK: Status

    private mutating func addStatus(_ element: Element, _ style: Style, _ classes: Bytes) -> Bool {
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]), style.marks.link == 0,
            !style.marks.flags.contains(.code), let label = plainText(of: element), !label.text.isEmpty
        else { return false }
        var color = StatusColor.neutral
        classes.eachWord { word in
            if word.matches("aui-lozenge-success") { color = .green }
            if word.matches("aui-lozenge-error") || word.matches("aui-lozenge-removed") { color = .red }
            if word.matches("aui-lozenge-current") || word.matches("aui-lozenge-moved") { color = .yellow }
            if word.matches("aui-lozenge-complete") || word.matches("aui-lozenge-inprogress") { color = .blue }
            if word.matches("aui-lozenge-new") { color = .purple }
        }
        var node = Sketch.Node(kind: .status)
        node.level = color.rawValue
        let text = sketch.keep(label.text)
        node.x = text.start
        node.y = text.end
        addInline(node, label, style)
        return true
    }
}
