/// Writes a sketch as a document, every block where the format takes it.
///
/// Containers are opened when their first block comes, so an empty one leaves no trace, and a table that breaks out of a
/// list lets the list go on behind it.
struct Placement {
    enum Container: UInt8 {
        case document, bulletList, orderedList, item, quote, panel, expand, nestedExpand, table, row, cell
    }

    struct Entry {
        let kind: Container
        let node: Int32
        var isOpen = false
        var wasOpened = false
        /// Of this opening.
        var hasChildren = false
        /// An empty paragraph of the page that is shown if a block follows.
        var owesEmpty = false
        /// Ordered list: the number of the item that comes or is under way.
        var number: Int32 = 1
        /// Cell: columns and rows.
        var columns: Int32 = 1
        var rows: Int32 = 1
    }

    let sketch: Sketch
    let profile: ADFConverter.Profile
    var findings: Findings
    var json: Draft
    var stack: [Entry] = [Entry(kind: .document, node: 0, isOpen: true, wasOpened: true)]
    var taskLists = 0
    var tasks = 0
    /// The box of a task that is an item, to be written before its text.
    var owedBox: Sketch.Task = .none

    /// The run of text that is being written.
    var runMarks = Marks()
    var isRunOpen = false
    var inlineCount = 0

    static let listLevels = 10

    /// - Parameters:
    ///   - limits: How much the document may hold.
    ///   - room: How much of that is for the sketch.
    init(
        _ sketch: Sketch,
        profile: ADFConverter.Profile,
        findings: Findings,
        limits: Draft.Limits,
        room: Draft.Limits
    ) {
        self.sketch = sketch
        self.profile = profile
        self.findings = findings
        json = Draft(limits: limits, room: room, expecting: 256 + sketch.text.count * 2 + sketch.nodes.count * 48)
    }

    /// Writes the document, with a note as its last paragraph if there is one.
    mutating func run(note: String = "") {
        json.put(#"{"version":1,"type":"doc","content":["#)
        placeChildren(of: 0)
        if !note.isEmpty { writeNote(note) }
        json.put("]}")
    }

    var top: Entry {
        get { stack[stack.count - 1] }
        _modify { yield &stack[stack.count - 1] }
    }

    mutating func placeChildren(of node: Int32) {
        var child = sketch[node].first
        while child != 0 {
            place(child)
            child = sketch[child].next
        }
    }

    private mutating func place(_ node: Int32) {
        switch sketch[node].kind {
        case .nothing, .document, .summary, .text, .mention, .status: break
        case .item, .row, .cell: placeChildren(of: node)
        case .emptyParagraph: if top.isOpen, top.hasChildren { top.owesEmpty = true }
        case .paragraph, .heading: writeTextBlock(node)
        case .rule: placeRule(node)
        case .code: writeCode(node)
        case .media: writeMedia(node)
        case .bulletList, .orderedList: placeList(node)
        case .quote: placeQuote(node)
        case .panel: placePanel(node)
        case .expand: placeExpand(node)
        case .table: placeTable(node)
        }
    }

    // MARK: Opening and closing

    /// Makes sure that all containers are open.
    mutating func openUp() {
        guard !top.isOpen else { return }
        for at in stack.indices where !stack[at].isOpen {
            startChild(in: at - 1, isParagraphLike: false)
            writeHead(of: stack[at])
            stack[at].isOpen = true
            stack[at].wasOpened = true
            stack[at].hasChildren = false
        }
    }

    /// Begins the block of a node, or a further one of the same node, in the innermost container.
    mutating func startBlock(of node: Int32? = nil, isParagraphLike: Bool = false) {
        if let node { json.begin(node) }
        openUp()
        if let node { json.begin(node) }  // the title of a container was another
        startChild(in: stack.count - 1, isParagraphLike: isParagraphLike)
    }

    private mutating func startChild(in at: Int, isParagraphLike: Bool) {
        if stack[at].kind == .item, !stack[at].hasChildren, !isParagraphLike {
            json.put(Self.emptyParagraph)
            stack[at].hasChildren = true
        }
        if stack[at].hasChildren {
            json.append(UInt8(ascii: ","))
            if stack[at].owesEmpty {
                json.put(Self.emptyParagraph)
                json.append(UInt8(ascii: ","))
            }
        }
        stack[at].owesEmpty = false
        stack[at].hasChildren = true
    }

    static let emptyParagraph: StaticString = #"{"type":"paragraph","content":[]}"#

    mutating func push(_ kind: Container, _ node: Int32) {
        stack.append(Entry(kind: kind, node: node))
    }

    /// Ends the innermost container. One that must show although nothing is in it gets an empty paragraph.
    mutating func pop(isKept: Bool = false) {
        if isKept, !top.wasOpened {
            startBlock(isParagraphLike: true)
            json.put(Self.emptyParagraph)
        }
        if top.isOpen { json.put("]}") }
        stack.removeLast()
    }

    /// Ends the containers above one for a while: they open again when something comes for them.
    mutating func suspend(above at: Int) -> [Entry] {
        var suspended = Array(stack[(at + 1)...])
        for index in suspended.indices.reversed() {
            if suspended[index].isOpen { json.put("]}") }
            suspended[index].isOpen = false
            suspended[index].hasChildren = false
            suspended[index].owesEmpty = false
            suspended[index].wasOpened = true
        }
        stack.removeLast(suspended.count)
        return suspended
    }

    private mutating func writeHead(of entry: Entry) {
        switch entry.kind {
        case .document: break
        case .bulletList: json.put(#"{"type":"bulletList","content":["#)
        case .orderedList:
            json.put(#"{"type":"orderedList","#)
            if entry.number != 1 {
                json.put(#""attrs":{"order":"#)
                json.put(Int(entry.number))
                json.put("},")
            }
            json.put(#""content":["#)
        case .item: json.put(#"{"type":"listItem","content":["#)
        case .quote: json.put(#"{"type":"blockquote","content":["#)
        case .panel:
            json.put(#"{"type":"panel","attrs":{"panelType":""#)
            json.put((PanelType(rawValue: sketch[entry.node].level) ?? .info).name)
            json.put(#""},"content":["#)
        case .expand: writeExpandHead(#"{"type":"expand","attrs":{"title":""#, entry.node)
        case .nestedExpand: writeExpandHead(#"{"type":"nestedExpand","attrs":{"title":""#, entry.node)
        case .table: json.put(#"{"type":"table","content":["#)
        case .row: json.put(#"{"type":"tableRow","content":["#)
        case .cell: writeCellHead(entry)
        }
    }

    // MARK: Containers

    /// Whether quotes, panels and rules may stand here.
    private var holdsStructures: Bool {
        switch top.kind {
        case .document, .expand, .nestedExpand, .cell: true
        default: false
        }
    }

    private mutating func placeRule(_ node: Int32) {
        guard holdsStructures || top.kind == .panel else { return }
        startBlock(of: node)
        json.put(#"{"type":"rule"}"#)
    }

    private mutating func placeQuote(_ node: Int32) {
        guard holdsStructures else {
            findings.note(.flattened, "quote")
            placeChildren(of: node)
            return
        }
        push(.quote, node)
        placeChildren(of: node)
        pop()
    }

    private mutating func placePanel(_ node: Int32) {
        guard holdsStructures, profile == .full else {
            if profile == .full { findings.note(.flattened, "panel") }
            placeChildren(of: node)
            return
        }
        push(.panel, node)
        placeChildren(of: node)
        pop()
    }

    private mutating func placeExpand(_ node: Int32) {
        let kind: Container? =
            switch top.kind {
            case .document: .expand
            case .expand: sketch[node].holdsTable ? nil : .nestedExpand
            case .cell: .nestedExpand
            default: nil
            }
        guard let kind, profile == .full else {
            if profile == .full { findings.note(.flattened, "details") }
            let summary = sketch[node].first
            if summary != 0, sketch[summary].kind == .summary, sketch[summary].first != 0 {
                writeTextBlock(summary)
            }
            placeChildren(of: node)
            return
        }
        push(kind, node)
        placeChildren(of: node)
        pop(isKept: true)
    }

    private mutating func writeExpandHead(_ head: StaticString, _ node: Int32) {
        json.put(head)
        let summary = sketch[node].first
        if summary != 0, sketch[summary].kind == .summary {
            json.begin(summary)
            var run = sketch[summary].first
            var lastLink: Int32 = 0
            while run != 0 {
                if sketch[run].kind == .text { putVisible(sketch[run].slice) }
                let link = sketch[run].marks.link
                if link != 0, link != lastLink {
                    let address = sketch.addresses[Int(link) - 1]
                    findings.note(.flattenedLink, bytes: sketch.addressBytes[Int(address.start)..<Int(address.end)])
                }
                lastLink = link
                run = sketch[run].next
            }
        }
        json.put(#""},"content":["#)
    }
}
