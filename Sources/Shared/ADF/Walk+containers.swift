import CGumbo

/// Containers: quotes, panels, details, tables.
extension Walk {
    /// The container that takes a block of a kind; items, rows and cells are made where the page has none.
    mutating func holder(of kind: Sketch.Kind) -> Int32 {
        while true {
            let top = open[open.count - 1].node
            switch sketch[top].kind {
            case .bulletList, .orderedList:
                guard kind != .item else { return top }
                let last = sketch[top].last
                let item = last != 0 ? last : sketch.append(Sketch.Node(kind: .item), to: top)
                open.append(Open(node: item, isImplied: true))
            case .table:
                guard kind != .row else { return top }
                open.append(Open(node: sketch.append(Sketch.Node(kind: .row), to: top), isImplied: true))
            case .row:
                guard kind != .cell else { return top }
                open.append(Open(node: sketch.append(Sketch.Node(kind: .cell), to: top), isImplied: true))
            default: return top
            }
        }
    }

    /// Adds a block that holds no text.
    mutating func addBlock(_ node: Sketch.Node) {
        closeBlock()
        sketch.append(node, to: holder(of: node.kind))
    }

    mutating func addEmptyParagraph() {
        let top = sketch[open[open.count - 1].node].kind
        if [.bulletList, .orderedList, .table, .row].contains(top) { return }
        sketch.append(Sketch.Node(kind: .emptyParagraph), to: open[open.count - 1].node)
    }

    /// Opens a container; false where the page is nested too deeply for one more.
    mutating func openContainer(_ node: Sketch.Node) -> Bool {
        closeBlock()
        afterMedia = false
        guard open.count < Self.containerLimit else {
            findings.note(.cappedNesting)
            return false
        }
        let number = sketch.append(node, to: holder(of: node.kind))
        open.append(Open(node: number))
        return true
    }

    /// Goes back to where items, rows or cells stand by themselves.
    mutating func closeImplied() {
        while let last = open.last, last.isImplied { open.removeLast() }
    }

    mutating func enterContainer(_ element: Element, _ node: Sketch.Node, _ style: Style) {
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]) else {
            boundary(style)
            descend(element, style, .block)
            return
        }
        let count = open.count
        closeBlock()
        _ = openContainer(node)
        descend(element, style.inContainer, .block, openCount: count)
    }

    /// Block elements without a meaning of their own, and those that a class gives one.
    mutating func enterBlock(_ element: Element, _ inherited: Style, _ attributes: CommonAttributes) {
        if let classes = attributes.classes {
            if classes.hasWord("page-break") {
                boundary(inherited)
                if inherited.flags.isDisjoint(with: [.inCode, .inTitle]) { addBlock(Sketch.Node(kind: .rule)) }
                descend(element, inherited, .block)
                return
            }
            if classes.hasWord("ql-code-block-container") {
                enterCode(element, inherited, attributes)
                return
            }
            if let type = PanelType(classes: classes) {
                var panel = Sketch.Node(kind: .panel)
                panel.level = type.rawValue
                enterContainer(element, panel, inherited)
                return
            }
        }
        var style = inherited
        if attributes.hasClass("admonition-heading") || attributes.hasClass("admonition-title")
            || attributes.hasClass("markdown-alert-title")
        {
            style.marks.flags.insert(.strong)
        }
        boundary(style)
        descend(element, style, .block)
    }

    // MARK: Details

    mutating func enterDetails(_ element: Element, _ style: Style) {
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]) else {
            boundary(style)
            descend(element, style, .block)
            return
        }
        let count = open.count
        guard openContainer(Sketch.Node(kind: .expand)) else {
            descend(element, style, .block)
            return
        }
        var summary = UInt32.max
        element.eachChildElement { child, at in
            if child.isHTML, child.tag == GUMBO_TAG_SUMMARY { summary = at }
            return summary == .max
        }
        if summary == .max {
            start(block: sketch.append(Sketch.Node(kind: .summary), to: open[open.count - 1].node))
            addLiteral("Details", Style())
            closeBlock()
        }
        descend(element, style.inContainer, .block, openCount: count, early: summary)
    }

    mutating func enterSummary(_ element: Element, _ inherited: Style) {
        let holder = open[open.count - 1].node
        guard inherited.flags.isDisjoint(with: [.inCode, .inTitle]), sketch[holder].kind == .expand,
            sketch[holder].first == 0
        else {
            boundary(inherited)
            descend(element, inherited, .block)
            return
        }
        start(block: sketch.append(Sketch.Node(kind: .summary), to: holder))
        var style = inherited
        style.flags.insert(.inTitle)
        style.space = .collapse
        descend(element, style, .title)
    }

    mutating func closeTitle() {
        closeBlock()
        afterMedia = false
    }

    // MARK: Tables

    mutating func enterTable(_ element: Element, _ style: Style) {
        boundary(style)
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]), open.count < Self.containerLimit - 3 else {
            descend(element, style, .block)
            return
        }
        var caption = UInt32.max
        element.eachChildElement { child, at in
            if child.isHTML, child.tag == GUMBO_TAG_CAPTION { caption = at }
            return caption == .max
        }
        let count = open.count
        if caption == .max { openTable() }
        descend(element, style.inContainer, .block, openCount: count, early: caption)
    }

    /// Opens the table itself, and tells all around that they hold one.
    mutating func openTable() {
        guard openContainer(Sketch.Node(kind: .table)) else { return }
        var around = sketch[open[open.count - 1].node].parent
        while around != 0, !sketch[around].holdsTable {
            sketch[around].holdsTable = true
            around = sketch[around].parent
        }
    }

    mutating func enterCaption(_ element: Element, _ style: Style) {
        boundary(style)
        descend(element, style, .block)
    }

    mutating func enterRow(_ element: Element, _ style: Style) {
        let count = open.count
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]) else {
            boundary(style)
            descend(element, style, .block)
            return
        }
        closeBlock()
        closeImplied()
        guard sketch[open[open.count - 1].node].kind == .table else {
            descend(element, style, .block, openCount: count)
            return
        }
        let before = open.count
        var row = Sketch.Node(kind: .row)
        row.x = Int32(truncatingIfNeeded: element.parent.map { tramline_index($0.node) } ?? 0)
        _ = openContainer(row)
        descend(element, style, .block, openCount: before)
    }

    mutating func enterCell(_ element: Element, _ inherited: Style) {
        guard inherited.flags.isDisjoint(with: [.inCode, .inTitle]) else {
            if inherited.flags.contains(.inTitle) {
                requestSpace(inherited.marks)
            } else if tramline_index(element.node) > 0 {
                withUnsafeBytes(of: UInt8(0x09)) { addCode($0.bindMemory(to: UInt8.self)) }
            }
            descend(element, inherited, .nothing)
            return
        }
        closeBlock()
        closeImplied()
        guard sketch[open[open.count - 1].node].kind == .row else {
            descend(element, inherited, .block)
            return
        }
        let before = open.count
        var cell = Sketch.Node(kind: .cell)
        cell.isHeader = element.tag == GUMBO_TAG_TH
        cell.x = Self.span(element.value("colspan"))
        cell.y = Self.span(element.value("rowspan"))
        _ = openContainer(cell)
        descend(element, inherited.inContainer, .block, openCount: before)
    }

    /// A number of columns or rows, 1...1000; 1 for everything else.
    private static func span(_ value: Bytes?) -> Int32 {
        guard let number = value?.leadingInteger, number >= 1, number <= 1000 else { return 1 }
        return Int32(number)
    }
}

extension PanelType {
    /// The panel that GitHub's alerts and the admonitions of documentation tools stand for.
    init?(classes: Bytes) {
        var found: PanelType?
        let isAdmonition = classes.hasWord("admonition") || classes.hasWord("theme-admonition")
        if isAdmonition { found = .info }
        guard isAdmonition || classes.contains("markdown-alert-") else { return nil }
        var isNamed = false
        classes.eachWord { word in
            var name = word
            for prefix: StaticString in ["markdown-alert-", "theme-admonition-", "admonition-"]
            where word.starts(with: prefix) {
                name = word[prefix.utf8CodeUnitCount, word.count]
            }
            guard name.count != word.count || isAdmonition, !isNamed, let type = PanelType(name: name) else { return }
            found = type
            isNamed = true
        }
        guard let found, isAdmonition || isNamed else { return nil }
        self = found
    }

    private init?(name: Bytes) {
        if name.matches("note") || name.matches("info") || name.matches("seealso") || name.matches("todo") {
            self = .info
        } else if name.matches("tip") || name.matches("success") || name.matches("hint") || name.matches("check") {
            self = .success
        } else if name.matches("important") {
            self = .note
        } else if name.matches("warning") || name.matches("attention") {
            self = .warning
        } else if name.matches("caution") || name.matches("danger") || name.matches("error") || name.matches("bug")
            || name.matches("failure")
        {
            self = .error
        } else {
            return nil
        }
    }
}
