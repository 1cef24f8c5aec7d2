import CGumbo

/// Goes through a parsed page in reading order and sketches its content.
///
/// With an explicit stack, so depth costs memory, not stack. It knows what elements mean; it does not know what may stand
/// where.
struct Walk {
    /// What is left to do when an element ends.
    enum Ending: UInt8 {
        case nothing, block, paragraph, code, title, quotation, ruby, space
    }

    struct Frame {
        let node: UnsafePointer<GumboNode>
        let childCount: UInt32
        var next: UInt32 = 0
        /// The child that is read before the others, as `summary`; none: `UInt32.max`.
        var early = UInt32.max
        var isPastEarly = false
        /// A list of Quill's, whose items say themselves how deep they are.
        var isQuillList = false
        /// Containers that were open when the element began.
        var openCount: Int
        /// Nodes of the sketch when the element began.
        var nodesBefore: Int
        var ending: Ending
        var style: Style
    }

    struct Open {
        let node: Int32
        /// Opened for content that had no item, row or cell of its own.
        var isImplied = false
    }

    let accounts: Set<String>
    var sketch: Sketch
    var findings: Findings
    var frames: [Frame] = []
    /// The containers that are open, the document first.
    var open = [Open(node: 0)]

    /// The block that takes text, or 0.
    var block: Int32 = 0
    /// Whether the block shows anything but breaks and spaces.
    var hasInk = false
    /// White space was read that becomes one space if a word follows in the line.
    var pendingSpace = false
    var spaceMarks = Marks()
    /// At the start of the block or of a line in it.
    var atLineStart = true
    /// The code block that takes text, or 0.
    var code: Int32 = 0
    /// Images of a code block, which follow it.
    var codeMedia: [(media: Sketch.Node, alt: [UInt8])] = []
    /// The last thing in this block of the page was an image, whose line break is its own.
    var afterMedia = false
    /// Lists rebuilt from levels (Quill, Word).
    var levels: [Level] = []
    /// The languages that elements around code blocks name, for those that were asked.
    var wrapperLanguages: [UnsafePointer<GumboNode>: String?] = [:]
    /// Checkboxes that already are the state of an item.
    var consumed: UnsafePointer<GumboNode>?

    /// Deeper containers are not opened, their content is kept.
    static let containerLimit = 100

    init(accounts: Set<String>, findings: Findings, expecting bytes: Int, tags: Int) {
        self.accounts = accounts
        self.findings = findings
        sketch = Sketch(expecting: bytes, tags: tags)
        frames.reserveCapacity(64)
    }

    mutating func run(_ root: UnsafePointer<GumboNode>) {
        frames.append(
            Frame(
                node: root,
                childCount: tramline_child_count(root),
                openCount: 1,
                nodesBefore: 1,
                ending: .nothing,
                style: Style()
            )
        )
        while let top = frames.indices.last {
            if !frames[top].isPastEarly {
                frames[top].isPastEarly = true
                if frames[top].early != .max {
                    visit(tramline_child(frames[top].node, frames[top].early), top)
                    continue
                }
            }
            if frames[top].early != .max, tramline_tag(frames[top].node) == GUMBO_TAG_TABLE, frames[top].next == 0 {
                openTable()  // its caption is told
            }
            let next = frames[top].next
            if next == frames[top].childCount {
                leave(frames.removeLast())
                continue
            }
            frames[top].next = next + 1
            if next != frames[top].early { visit(tramline_child(frames[top].node, next), top) }
        }
        closeBlock()
    }

    @inline(__always)
    private mutating func visit(_ node: UnsafePointer<GumboNode>?, _ parent: Int) {
        guard let node else { return }
        if tramline_is_text(node) {
            addText(Bytes(tramline_text(node)), frames[parent].style)
        } else if tramline_is_element(node), !tramline_is_invented(node) {
            enter(Element(node: node), frames[parent].style)
        }
    }

    /// Goes into an element.
    mutating func descend(_ element: Element, _ style: Style, _ ending: Ending, early: UInt32 = .max) {
        frames.append(
            Frame(
                node: element.node,
                childCount: element.childCount,
                early: early,
                openCount: open.count,
                nodesBefore: sketch.nodes.count,
                ending: ending,
                style: style
            )
        )
    }

    /// As ``descend(_:_:_:early:)``, for an element that opens containers, which end with it.
    mutating func descend(_ element: Element, _ style: Style, _ ending: Ending, openCount: Int, early: UInt32 = .max) {
        descend(element, style, ending, early: early)
        frames[frames.count - 1].openCount = openCount
    }

    private mutating func leave(_ frame: Frame) {
        switch frame.ending {
        case .nothing: break
        case .block: boundary(frame.style)
        case .paragraph:
            boundary(frame.style)
            if sketch.nodes.count == frame.nodesBefore, frame.style.flags.isDisjoint(with: [.inCode, .inTitle]) {
                addEmptyParagraph()
            }
        case .code: closeCode()
        case .title: closeTitle()
        case .quotation: addLiteral("”", frame.style)
        case .ruby: addLiteral(")", frame.style)
        case .space: requestSpace(frame.style.marks)
        }
        // An item made for loose text lives on behind an inline element.
        let isInline =
            frame.ending == .nothing || frame.ending == .space || frame.ending == .quotation || frame.ending == .ruby
        if open.count > frame.openCount, !isInline {
            if code == 0 { closeBlock() }
            open.removeLast(open.count - frame.openCount)
        }
    }

    // MARK: Elements

    mutating func enter(_ element: Element, _ outer: Style) {
        guard element.isHTML else {
            enterForeign(element, outer)
            return
        }
        let role = Role.of(element.tag)
        guard role != .hidden else { return }
        var style = outer
        applyMarks(of: element.tag, to: &style)
        guard tramline_attribute_count(element.node) > 0 else {
            enter(element, role, style, CommonAttributes(), Declarations())
            return
        }
        let attributes = CommonAttributes(element)
        var css = Declarations()
        if let text = attributes.style { css = Declarations(text) }
        if attributes.isHidden || css.display == Declarations.Display.none || css.isHidden {
            return
        }
        if attributes.style != nil {
            let isInline = role == .inline || role == .link || role == .unknown
            style.apply(css, isLink: role == .link, paints: isInline || role == .paragraph || role == .heading)
            if css.hasDecoration, !css.isUnderlined, Role.marks(of: element.tag) == .underline {
                style.marks.flags = outer.marks.flags
            }
        }
        if let text = attributes.alignment, role == .block || role == .paragraph || role == .heading || role == .cell {
            style.alignment = Declarations.alignment(text.trimmed) ?? style.alignment
        }
        enter(element, role, style, attributes, css)
    }

    private func applyMarks(of tag: GumboTag, to style: inout Style) {
        let marks = Role.marks(of: tag)
        if !marks.isEmpty {
            if marks == .sub || marks == .sup { style.setScript(marks) } else { style.marks.flags.formUnion(marks) }
        }
        if tag == GUMBO_TAG_MARK { style.marks.background = 0x01F8_E6A0 }
        if tag == GUMBO_TAG_CENTER { style.alignment = .center }
    }

    private mutating func enter(
        _ element: Element,
        _ role: Role,
        _ inherited: Style,
        _ attributes: CommonAttributes,
        _ css: Declarations
    ) {
        var style = inherited
        switch role {
        case .inline: enterInline(element, style, attributes, css)
        case .unknown: enterUnknown(element, style, attributes, css)
        case .hidden: break
        case .block: enterBlock(element, style, attributes)
        case .paragraph:
            if let list = css.wordList, enterWordItem(element, style, list) { return }
            if attributes.hasClass("markdown-alert-title") || attributes.hasClass("admonition-title")
                || attributes.hasClass("admonition-heading")
            {
                style.marks.flags.insert(.strong)
            }
            boundary(style)
            descend(element, style, .paragraph)
        case .heading:
            boundary(style)
            if style.flags.isDisjoint(with: [.inCode, .inTitle]) {
                style.heading = UInt8(element.tag.rawValue - GUMBO_TAG_H1.rawValue + 1)
                style.flags.insert(.imagesAsLinks)
            }
            descend(element, style, .block)
        case .list: enterList(element, style, attributes)
        case .item: enterItem(element, style, attributes)
        case .code: enterCode(element, style, attributes)
        case .quote: enterContainer(element, Sketch.Node(kind: .quote), style)
        case .details: enterDetails(element, style)
        case .summary: enterSummary(element, style)
        case .table: enterTable(element, style)
        case .caption: enterCaption(element, style)
        case .figureCaption:
            boundary(style)
            style.marks.flags.insert(.em)
            descend(element, style, .block)
        case .row: enterRow(element, style)
        case .cell: enterCell(element, style)
        case .term:
            boundary(style)
            style.marks.flags.insert(.strong)
            style.flags.insert(.imagesAsLinks)
            descend(element, style, .block)
        case .rule:
            boundary(style)
            if style.flags.isDisjoint(with: [.inCode, .inTitle]) { addBlock(Sketch.Node(kind: .rule)) }
        case .lineBreak: addBreak(style)
        case .image: addImage(element, style, attributes)
        case .link: enterLink(element, style, attributes, css)
        case .embed, .object: addEmbed(element, role, style)
        case .quotation:
            addLiteral("“", style)
            descend(element, style, .quotation)
        case .rubyText:
            guard isInRuby(element) else {
                descend(element, style, .nothing)
                return
            }
            addLiteral("(", style)
            descend(element, style, .ruby)
        case .select: if !attributes.hasClass("ql-ui") { addSelect(element, style) }
        case .textarea:
            requestSpace(style.marks)
            if !style.flags.contains(.inCode) { style.space = .keep }
            descend(element, style, .space)
        case .input: addInput(element, style)
        }
    }

    private mutating func enterInline(
        _ element: Element,
        _ style: Style,
        _ attributes: CommonAttributes,
        _ css: Declarations
    ) {
        if addSpecialSpan(element, style, attributes) { return }
        var style = style
        if element.tag == GUMBO_TAG_FONT, css.color == .inherited, let color = element.value("color") {
            style.setColor(Color.readAttribute(color))
        }
        if css.display == .block {
            boundary(style)
            descend(element, style, .block)
        } else {
            descend(element, style, .nothing)
        }
    }

    /// Elements that HTML does not know are inline, unless they hold blocks.
    private mutating func enterUnknown(
        _ element: Element,
        _ inherited: Style,
        _ attributes: CommonAttributes,
        _ css: Declarations
    ) {
        let name = element.sourceName
        var style = inherited
        if name.matches("oembed") {
            addEmbed(element, .embed, style)
            return
        }
        if name.matches("mjx-assistive-mml"), hasTextBeside(element) { return }
        if css.display == .block || holdsBlock(element, &style) {
            boundary(style)
            descend(element, style, .block)
        } else {
            descend(element, style, .nothing)
        }
    }

    private func isInRuby(_ element: Element) -> Bool {
        var around = element.parent
        for _ in 0..<4 {
            if around?.tag == GUMBO_TAG_RUBY { return true }
            around = around?.parent
        }
        return false
    }

    /// Looks ahead a little; a block that comes much later ends the line by itself.
    private func holdsBlock(_ element: Element, _ style: inout Style) -> Bool {
        guard !style.flags.contains(.knownInline) else { return false }
        var found = false
        var left = 64
        element.look(limit: 64) { node in
            left -= 1
            guard tramline_is_element(node), tramline_namespace(node) == GUMBO_NAMESPACE_HTML else { return true }
            switch Role.of(tramline_tag(node)) {
            case .block, .paragraph, .heading, .list, .item, .code, .quote, .details, .table, .rule, .term,
                .figureCaption:
                found = true
            default: break
            }
            return !found
        }
        if !found, left > 0 { style.flags.insert(.knownInline) }
        return found
    }

    /// SVG and MathML: their text is shown, their descriptions are not.
    private mutating func enterForeign(_ element: Element, _ inherited: Style) {
        var style = inherited
        switch element.tag {
        case GUMBO_TAG_TITLE, GUMBO_TAG_DESC, GUMBO_TAG_STYLE, GUMBO_TAG_SCRIPT, GUMBO_TAG_ANNOTATION_XML: return
        case GUMBO_TAG_A:
            if let address = element.value("href"), let clean = Address.allowed(address) {
                style.marks.link = sketch.link(to: clean)
            }
        case GUMBO_TAG_UNKNOWN:
            let name = element.sourceName
            if name.matches("annotation") || name.matches("metadata") || name.matches("defs") || name.matches("symbol")
            {
                return
            }
            if name.matches("text") {
                requestSpace(style.marks)
                descend(element, style, .space)
                return
            }
        default: break
        }
        if let css = element.value("style").map({ Declarations($0) }), css.display == Declarations.Display.none {
            return
        }
        descend(element, style, .nothing)
    }
}

extension CommonAttributes {
    /// Of an element without any.
    init() {}
}
