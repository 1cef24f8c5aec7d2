import CGumbo

/// Code blocks: text as it stands.
extension Walk {
    mutating func enterCode(_ element: Element, _ inherited: Style, _ attributes: CommonAttributes) {
        var style = inherited
        if style.flags.contains(.inCode) {
            endCodeLine()
            descend(element, style, .block)
            return
        }
        boundary(style)
        if style.flags.contains(.inTitle) || style.heading > 0 {
            style.marks.flags.insert(.code)
            style.space = style.flags.contains(.inTitle) ? .collapse : .keep
            descend(element, style, .block)
            return
        }
        var node = Sketch.Node(kind: .code)
        if let language = language(of: element, attributes) { node.slice = sketch.keep(language.utf8) }
        code = sketch.append(node, to: holder(of: .code))
        style.flags.insert(.inCode)
        style.marks = Marks()
        descend(element, style, .code)
    }

    mutating func addCode(_ text: Bytes) {
        var rest = text
        while let at = rest.firstIndex(of: "\u{FEFF}") {
            sketch.append(rest[0, at], marks: Marks(), to: code)
            rest = rest[at + 3, rest.count]
        }
        if !rest.isEmpty { sketch.append(rest, marks: Marks(), to: code) }
    }

    /// Ends a line of code where the page has a block in it.
    mutating func endCodeLine() {
        guard sketch[code].first != 0, sketch.text.last != 0x0A else { return }
        withUnsafeBytes(of: UInt8(0x0A)) { sketch.append($0.bindMemory(to: UInt8.self), marks: Marks(), to: code) }
    }

    mutating func closeCode() {
        let closed = code
        code = 0
        let last = sketch[closed].last
        if last != 0, sketch.text[Int(sketch[last].slice.end) - 1] == 0x0A { sketch[last].slice.end -= 1 }
        var isEmpty = true
        var run = sketch[closed].first
        while run != 0, isEmpty {
            let slice = sketch[run].slice
            isEmpty = sketch.text[Int(slice.start)..<Int(slice.end)].allSatisfy(\.isSpace)
            run = sketch[run].next
        }
        if isEmpty { sketch[closed].kind = .nothing }
        for (media, alt) in codeMedia { append(media, alt: alt, to: sketch[closed].parent) }
        codeMedia.removeAll()
    }

    /// The language that the block, its code or what wraps it names.
    private mutating func language(of element: Element, _ attributes: CommonAttributes) -> String? {
        if let name = Self.declaredLanguage(of: element) { return name }
        if let first = element.leadingElement, first.isHTML, let name = Self.declaredLanguage(of: first) { return name }
        var around = element.parent
        for _ in 0..<3 {
            guard let wrapper = around, wrapper.isHTML else { return nil }
            switch wrapper.tag {
            case GUMBO_TAG_DIV, GUMBO_TAG_FIGURE, GUMBO_TAG_SPAN, GUMBO_TAG_CODE, GUMBO_TAG_PRE:
                let name = wrapperLanguages[wrapper.node] ?? Self.declaredLanguage(of: wrapper)
                wrapperLanguages[wrapper.node] = .some(name)
                if let name { return name }
            case GUMBO_TAG_TD, GUMBO_TAG_TR, GUMBO_TAG_TBODY, GUMBO_TAG_TABLE: break
            default: return nil
            }
            around = wrapper.parent
        }
        return nil
    }

    private static func declaredLanguage(of element: Element) -> String? {
        if let classes = element.value("class"), let name = Language.inClass(classes) { return name }
        for attribute: StaticString in ["data-language", "data-lang", "lang"] {
            if let value = element.value(attribute), let name = Language.named(value.trimmed) { return name }
        }
        return nil
    }
}
