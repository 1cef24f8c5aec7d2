import CGumbo

/// Lists and their items: plain ones, tasks, and those that Quill and Word write flat.
extension Walk {
    /// An open list of a rebuilt nest.
    struct Level {
        let list: Int32
        /// The first of the lists beside it that are of the same nest.
        let start: Int32
        /// How deep the page says that its items are, counted from 0.
        let depth: Int
        let kind: Sketch.Kind
        /// What tells a list from the next: Word's list, whether Quill's items are tasks.
        let key: UInt64
    }

    mutating func enterList(_ element: Element, _ style: Style, _ attributes: CommonAttributes) {
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]) else {
            boundary(style)
            descend(element, style, .block)
            return
        }
        if isQuillList(element) {
            boundary(style)
            descend(element, style.inContainer, .block)
            frames[frames.count - 1].isQuillList = true
            return
        }
        let isOrdered = element.tag == GUMBO_TAG_OL
        var list = Sketch.Node(kind: isOrdered ? .orderedList : .bulletList)
        if isOrdered {
            list.x = 1
            if let start = element.value("start")?.leadingInteger, start >= 0 { list.x = Int32(start) }
        }
        let count = open.count
        _ = openContainer(list)
        descend(element, style.inContainer, .block, openCount: count)
    }

    mutating func enterItem(_ element: Element, _ style: Style, _ attributes: CommonAttributes) {
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]), open.count < Self.containerLimit - 1 else {
            boundary(style)
            descend(element, style, .block)
            return
        }
        closeBlock()
        afterMedia = false
        closeImplied()
        let count = open.count
        var item = Sketch.Node(kind: .item)
        item.task = task(of: element, attributes)
        let top = open[count - 1].node
        if let (level, kind, isTask) = quillLevel(of: element, attributes) {
            if isTask != .none { item.task = isTask }
            addItem(item, depth: level, kind: kind, key: isTask == .none ? 0 : 1, order: 1)
        } else if sketch[top].kind == .bulletList || sketch[top].kind == .orderedList {
            open.append(Open(node: sketch.append(item, to: top)))
        } else {
            openLooseItem(item)
        }
        descend(element, style.inContainer, .block, openCount: count)
    }

    /// An item without a list: items in a row share one.
    private mutating func openLooseItem(_ item: Sketch.Node) {
        let holder = holder(of: .bulletList)
        let last = sketch[holder].last
        if last != 0, sketch[last].kind == .bulletList, sketch[last].isImplied {
            open.append(Open(node: sketch.append(item, to: last)))
            return
        }
        var list = Sketch.Node(kind: .bulletList)
        list.isImplied = true
        let number = sketch.append(list, to: holder)
        open.append(Open(node: sketch.append(item, to: number)))
    }

    // MARK: Tasks

    /// Whether an item is a task, told by its attributes or by the checkbox that it begins with.
    private mutating func task(of item: Element, _ attributes: CommonAttributes) -> Sketch.Task {
        var state = Sketch.Task.none
        if attributes.hasData, let checked = item.value("data-checked") {
            state = checked.matches("true") || checked.matches("checked") || checked.isEmpty ? .done : .open
        }
        let isCheckbox = item.value("role")?.matches("checkbox") == true
        if isCheckbox { state = item.value("aria-checked")?.matches("true") == true ? .done : .open }
        var place = item
        for _ in 0..<5 {
            guard let first = place.leadingElement, first.isHTML else { break }
            if let isTicked = first.checkbox {
                consumed = first.node
                return state == .none ? (isTicked ? .done : .open) : state
            }
            if isCheckbox, first.tag == GUMBO_TAG_IMG {
                consumed = first.node
                return state
            }
            switch first.tag {
            case GUMBO_TAG_LABEL, GUMBO_TAG_P, GUMBO_TAG_DIV, GUMBO_TAG_SPAN, GUMBO_TAG_FORM: place = first
            default: return state
            }
        }
        return state
    }

    // MARK: Levels

    /// Adds an item to the nest of lists that ends the container, and opens it.
    ///
    /// Only depths that an item has become lists: an item that is eight levels deeper than the one before is in a list of
    /// that one, since each level between would show a bullet that the page has not.
    ///
    /// - Parameter depth: Of the item, counted from 0.
    mutating func addItem(_ item: Sketch.Node, depth: Int, kind: Sketch.Kind, key: UInt64, order: Int32) {
        let holder = holder(of: .bulletList)
        if levels.isEmpty || sketch[holder].last != levels[0].list { levels.removeAll() }
        var deeper: Level?
        while let inner = levels.last, inner.depth > depth { deeper = levels.removeLast() }
        if let start = deeper?.start, levels.last?.depth != depth {
            // What came before is deeper than this item, and so far nothing shows it.
            sketch.wrap(from: start, in: Sketch.Node(kind: .bulletList))
            levels.append(Level(list: start, start: start, depth: depth, kind: .bulletList, key: key))
        }
        var start: Int32?
        if let level = levels.last, level.depth == depth, level.kind != kind || level.key != key {
            start = levels.removeLast().start
        }
        if levels.last?.depth != depth {
            let parent = levels.last.map { sketch[$0.list].last } ?? holder
            var list = Sketch.Node(kind: kind)
            if kind == .orderedList { list.x = order }
            let number = sketch.append(list, to: parent)
            levels.append(Level(list: number, start: start ?? number, depth: depth, kind: kind, key: key))
        }
        open.append(Open(node: sketch.append(item, to: levels[levels.count - 1].list)))
    }

    private func isQuillList(_ list: Element) -> Bool {
        var isQuill = false
        list.eachChildElement { child, _ in
            if child.isHTML, child.tag == GUMBO_TAG_LI {
                isQuill = child.has("data-list") || child.value("class")?.contains("ql-indent-") == true
            }
            return !isQuill
        }
        return isQuill
    }

    /// The level, kind and state of an item of Quill's, whose list was not opened.
    private func quillLevel(
        of item: Element,
        _ attributes: CommonAttributes
    ) -> (level: Int, kind: Sketch.Kind, task: Sketch.Task)? {
        guard let frame = frames.last, frame.isQuillList else { return nil }
        var level = 0
        attributes.classes?.eachWord { word in
            if word.starts(with: "ql-indent-") { level = min(9, max(0, word[10, word.count].leadingInteger ?? 0)) }
        }
        let kind: Sketch.Kind = tramline_tag(frame.node) == GUMBO_TAG_OL ? .orderedList : .bulletList
        guard let type = item.value("data-list") else { return (level, kind, .none) }
        if type.matches("checked") { return (level, .bulletList, .done) }
        if type.matches("unchecked") { return (level, .bulletList, .open) }
        return (level, type.matches("bullet") ? .bulletList : .orderedList, .none)
    }

    // MARK: Word

    /// Takes a paragraph that Word means as a list item; false when its list cannot be read.
    mutating func enterWordItem(_ paragraph: Element, _ style: Style, _ declaration: Bytes) -> Bool {
        guard style.flags.isDisjoint(with: [.inCode, .inTitle]), open.count < Self.containerLimit - 1 else {
            return false
        }
        var list: UInt64?
        var level: Int?
        declaration.eachWord { word in
            if word.starts(with: "level") {
                level = word[5, word.count].leadingInteger
            } else if word.count > 1, word[0].lowercased == UInt8(ascii: "l"), word[1].isDigit {
                list = UInt64(word[1, word.count].leadingInteger ?? 0)
            }
        }
        guard let list, let level, level >= 1, level <= 9 else { return false }
        closeBlock()
        afterMedia = false
        closeImplied()
        let count = open.count
        var kind = Sketch.Kind.bulletList
        var order: Int32 = 1
        if let marker = wordMarker(of: paragraph) {
            // A bullet is one sign; "o" is one of Word's.
            let isOrdered =
                marker.count > 1 && marker.contains { $0.isLetter || $0.isDigit }
                && [UInt8(ascii: "."), UInt8(ascii: ")"), UInt8(ascii: ":")].contains(marker[marker.count - 1])
            if isOrdered {
                kind = .orderedList
                order = Int32(max(0, marker.leadingInteger ?? 1))
            }
        }
        addItem(Sketch.Node(kind: .item), depth: level - 1, kind: kind, key: 16 + list, order: order)
        descend(paragraph, style.inContainer, .block, openCount: count)
        return true
    }

    /// The first word of the marker that Word writes before an item.
    private func wordMarker(of paragraph: Element) -> Bytes? {
        var inMarker: UnsafePointer<GumboNode>?
        var marker: Bytes?
        paragraph.look(limit: 32) { node in
            if tramline_is_element(node) {
                if Self.isWordMarker(Element(node: node)) { inMarker = node }
            } else if inMarker != nil, tramline_is_text(node) {
                Bytes(tramline_text(node)).eachWord { if marker == nil { marker = $0 } }
            }
            return marker == nil
        }
        return marker
    }

    /// Whether an element is the marker of a Word list, which lists of ours draw themselves.
    static func isWordMarker(_ element: Element) -> Bool {
        guard let style = element.value("style"), let word = style.firstIndex(of: "mso-list") else { return false }
        return style[word, style.count].contains("ignore")
    }
}
