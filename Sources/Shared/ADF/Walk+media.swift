import CGumbo

/// Images, players and form fields.
extension Walk {
    mutating func addImage(_ element: Element, _ style: Style, _ attributes: CommonAttributes) {
        guard element.node != consumed else { return }
        let alt = Self.collapsed(element.value("alt"))
        let source = element.value("src")?.trimmed ?? Bytes(start: nil, count: 0)
        if attributes.hasClass("emoji") || attributes.hasClass("emoticon") {
            let name = alt.isEmpty ? Self.collapsed(element.value("title")) : alt
            if !name.isEmpty {
                addWords(name, style)
                return
            }
        }
        guard Address.isWeb(source), let clean = Address.allowed(source) else {
            guard !source.isEmpty || !alt.isEmpty else { return }  // a browser shows nothing either
            addSpaced(Array("[image".utf8) + (alt.isEmpty ? [] : Array(": ".utf8) + alt) + [UInt8(ascii: "]")], style)
            findings.note(.imageToAttach, bytes: alt.isEmpty ? Array(source.prefix(80)) : alt)
            return
        }
        if style.flags.contains(.imagesAsLinks) {
            var linked = style
            if linked.marks.link == 0 { linked.marks.link = sketch.link(to: clean) }
            addSpaced(alt.isEmpty ? Self.fileName(of: clean) : alt, linked)
            findings.note(.imageAsLink, bytes: clean)
            return
        }
        var media = Sketch.Node(kind: .media)
        media.slice = sketch.keep(clean)
        media.marks.link = style.marks.link
        media.x = Self.length(element.value("width"))
        media.y = Self.length(element.value("height"))
        addMedia(media, alt: alt, style)
    }

    private mutating func addMedia(_ media: Sketch.Node, alt: [UInt8], _ style: Style) {
        if style.flags.contains(.inCode) {
            var media = media
            media.marks.link = 0
            codeMedia.append((media, alt))
            return
        }
        let parent: Int32
        if style.flags.contains(.inTitle) {
            parent = sketch[block].parent  // first in the body
            requestSpace(style.marks)
        } else {
            closeBlock()
            parent = holder(of: .media)
            afterMedia = true
        }
        append(media, alt: alt, to: parent)
    }

    mutating func append(_ media: Sketch.Node, alt: [UInt8], to parent: Int32) {
        let number = sketch.append(media, to: parent)
        if !alt.isEmpty { alt.withUnsafeBufferPointer { sketch.append($0, marks: Marks(), to: number) } }
    }

    /// Adds words that stand for something beside the text around.
    private mutating func addSpaced(_ words: [UInt8], _ style: Style) {
        requestSpace(style.marks)
        addWords(words, style)
        requestSpace(style.marks)
    }

    /// Adds words of an attribute to the line.
    mutating func addWords(_ words: [UInt8], _ style: Style) {
        var plain = style
        plain.space = .collapse
        words.withUnsafeBufferPointer { addText($0, plain) }
    }

    static func collapsed(_ text: Bytes?) -> [UInt8] {
        guard let text else { return [] }
        var result: [UInt8] = []
        text.eachWord { word in
            if !result.isEmpty { result.append(0x20) }
            for byte in word where byte >= 0x20 && byte != 0x7F { result.append(byte) }
        }
        return result
    }

    /// The last part of an address's path, or the address.
    static func fileName(of address: [UInt8]) -> [UInt8] {
        let path = address.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let name = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true).last ?? []
        return path.filter { $0 == UInt8(ascii: "/") }.count > 2 && !name.isEmpty ? Array(name) : address
    }

    private static func length(_ value: Bytes?) -> Int32 {
        guard let value, !value.contains(UInt8(ascii: "%")), let number = value.leadingInteger, number > 0,
            number <= 100_000
        else { return 0 }
        return Int32(number)
    }

    // MARK: Players

    /// A player or a page in the page becomes a paragraph with a link.
    mutating func addEmbed(_ element: Element, _ role: Role, _ style: Style) {
        var address: [UInt8]?
        for name: StaticString in ["src", "url", "data", "href"] where address == nil {
            if let value = element.value(name)?.trimmed {
                address = Self.webAddress(value)
            }
        }
        if address == nil {
            element.eachChildElement { child, _ in
                if child.isHTML, child.tag == GUMBO_TAG_SOURCE, let value = child.value("src")?.trimmed {
                    address = Self.webAddress(value)
                }
                return address == nil
            }
        }
        let title = Self.collapsed(element.value("title"))
        if let address {
            var linked = style
            linked.marks.flags = []
            if linked.marks.link == 0 { linked.marks.link = sketch.link(to: address) }
            boundary(style)
            addWords(title.isEmpty ? address : title, linked)
            boundary(style)
            findings.note(.embedded, bytes: address)
        } else if role != .object {
            findings.note(.embedded, bytes: title)
        }
        if role == .object { descend(element, style, .nothing) }
    }

    private static func webAddress(_ value: Bytes) -> [UInt8]? {
        if Address.isWeb(value) { return Address.allowed(value) }
        guard value.starts(with: "//"), value.count > 2 else { return nil }
        return Address.allowed(value).map { Array("https:".utf8) + $0 }
    }

    // MARK: Form fields

    /// Shows what a browser shows of a closed selection: what is selected, else the first option.
    mutating func addSelect(_ element: Element, _ style: Style) {
        var options: [(text: [UInt8], isSelected: Bool)] = []
        element.look(limit: 4096) { node in
            guard tramline_is_element(node), tramline_tag(node) == GUMBO_TAG_OPTION else { return true }
            let option = Element(node: node)
            var text: [UInt8] = []
            option.look(limit: 64) { inner in
                if tramline_is_text(inner) { text += Bytes(tramline_text(inner)) }
                return true
            }
            options.append((text, option.has("selected")))
            return true
        }
        let isList = element.has("multiple") || (element.value("size")?.leadingInteger ?? 0) > 1
        let selected = options.filter(\.isSelected)
        let shown = isList ? options : selected.isEmpty ? Array(options.prefix(1)) : [selected[selected.count - 1]]
        for option in shown {
            addSpaced(option.text, style)
        }
    }

    mutating func addInput(_ element: Element, _ style: Style) {
        guard element.node != consumed else { return }
        let type = element.value("type")?.trimmed ?? Bytes(start: nil, count: 0)
        if type.matches("checkbox") {
            addSpaced(Array((element.has("checked") ? "[x]" : "[ ]").utf8), style)
            return
        }
        if type.matches("image") {
            addImage(element, style, CommonAttributes(element))
            return
        }
        for hidden: StaticString in ["hidden", "radio", "password", "file", "range", "color"] where type.matches(hidden)
        {
            return
        }
        guard let value = element.value("value"), !value.isEmpty else { return }
        addSpaced(Array(value), style)
    }
}
