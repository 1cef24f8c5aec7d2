/// The content of a page before placement: which blocks it has and how they lie in each other, as HTML has them.
///
/// An arena: nodes name each other by number, text is one buffer. What may stand where is the business of ``Placement``.
struct Sketch {
    enum Kind: UInt8 {
        case document, nothing
        case paragraph, heading, emptyParagraph, rule, code, media
        case bulletList, orderedList, item
        case quote, panel, expand, summary
        case table, row, cell
        case text, mention, status

        /// Whether it holds runs of text.
        var isTextBlock: Bool { self == .paragraph || self == .heading || self == .code || self == .summary }
    }

    enum Alignment: UInt8 { case start, center, end }
    enum Task: UInt8 { case none, open, done }

    /// A piece of ``text``.
    struct Slice: Equatable {
        var start: Int32 = 0
        var end: Int32 = 0
        var isEmpty: Bool { start == end }
    }

    struct Node {
        var kind: Kind
        /// Heading 1...6, the number of a ``PanelType`` or ``StatusColor``.
        var level: UInt8 = 0
        var alignment: Alignment = .start
        /// Item: whether it is a task.
        var task: Task = .none
        /// Cell: a header. Text: it was written here by the converter, not by the page.
        var isHeader = false
        /// Container: a table is somewhere in it.
        var holdsTable = false
        /// Item, list: could be a task item or list as it stands.
        var isTaskLike = false
        /// List: made for items that had none.
        var isImplied = false
        var parent: Int32 = 0
        var first: Int32 = 0
        var last: Int32 = 0
        var next: Int32 = 0
        /// Text: the characters, line breaks among them. Code: the language. Media: the address. Mention: the account.
        var slice = Slice()
        /// Ordered list: its first number. Cell: columns. Media: width. Row: the number of its group.
        var x: Int32 = 0
        /// Cell: rows. Media: height.
        var y: Int32 = 0
        var marks = Marks()
    }

    private(set) var nodes: [Node] = [Node(kind: .document)]
    private(set) var text: [UInt8] = []
    /// Where links lead; a mark names one by its place, counted from 1.
    private(set) var addresses: [Slice] = []
    private(set) var addressBytes: [UInt8] = []

    /// - Parameters:
    ///   - bytes: Of the page.
    ///   - tags: Of the page: each may make an item or cell, a block in it, and text.
    init(expecting bytes: Int, tags: Int) {
        nodes.reserveCapacity(16 + 3 * tags)
        text.reserveCapacity(64 + bytes / 2)
    }

    @inline(__always)
    subscript(at: Int32) -> Node {
        get { nodes[Int(at)] }
        _modify { yield &nodes[Int(at)] }
    }

    /// Adds a node as the last child of another.
    @discardableResult
    mutating func append(_ node: Node, to parent: Int32) -> Int32 {
        let number = Int32(truncatingIfNeeded: nodes.count)
        nodes.append(node)
        nodes[Int(number)].parent = parent
        let last = nodes[Int(parent)].last
        if last == 0 {
            nodes[Int(parent)].first = number
        } else {
            nodes[Int(last)].next = number
        }
        nodes[Int(parent)].last = number
        return number
    }

    /// Adds characters to the last run of a block if it looks the same, else as a new run.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, marks: Marks, to block: Int32) {
        let start = Int32(truncatingIfNeeded: text.count)
        text.append(contentsOf: bytes)
        let end = Int32(truncatingIfNeeded: text.count)
        let last = nodes[Int(block)].last
        if last != 0, nodes[Int(last)].kind == .text, nodes[Int(last)].slice.end == start,
            nodes[Int(last)].marks == marks, !nodes[Int(last)].isHeader
        {
            nodes[Int(last)].slice.end = end
        } else {
            var node = Node(kind: .text)
            node.slice = Slice(start: start, end: end)
            node.marks = marks
            append(node, to: block)
        }
    }

    /// Keeps bytes for a node that is not text.
    mutating func keep(_ bytes: some Sequence<UInt8>) -> Slice {
        let start = Int32(truncatingIfNeeded: addressBytes.count)
        addressBytes.append(contentsOf: bytes)
        return Slice(start: start, end: Int32(truncatingIfNeeded: addressBytes.count))
    }

    /// Keeps the address of a link and gives its number. Equal addresses in a row share one.
    mutating func link(to address: [UInt8]) -> Int32 {
        if let last = addresses.last, addressBytes[Int(last.start)..<Int(last.end)].elementsEqual(address) {
            return Int32(addresses.count)
        }
        addresses.append(keep(address))
        return Int32(addresses.count)
    }

    /// Shortens the last run of a block by the spaces at its end.
    mutating func trimEnd(of block: Int32) {
        let last = self[block].last
        guard last != 0, self[last].kind == .text, !self[last].isHeader else { return }
        let isLast = Int(self[last].slice.end) == text.count
        while self[last].slice.end > self[last].slice.start, text[Int(self[last].slice.end) - 1] == 0x20 {
            self[last].slice.end -= 1
        }
        if isLast { text.removeLast(text.count - Int(self[last].slice.end)) }  // what follows goes on with the run
    }

    /// Takes the line break from the end of a block.
    mutating func dropLastBreak(of block: Int32) {
        let last = self[block].last
        guard last != 0, self[last].kind == .text, !self[last].slice.isEmpty,
            text[Int(self[last].slice.end) - 1] == 0x0A
        else { return }
        self[last].slice.end -= 1
    }

    /// Puts a node and what follows it into the only item of a list, which takes the node's place and number.
    mutating func wrap(from node: Int32, in list: Node) {
        let parent = self[node].parent
        var first = self[node]
        let following = first.next
        self[node] = list
        self[node].parent = parent
        self[parent].last = node
        let item = append(Node(kind: .item), to: node)
        first.next = 0
        let moved = append(first, to: item)
        adopt(self[moved].first, by: moved)
        self[moved].next = following
        adopt(following, by: item)
    }

    /// Makes a node and those after it the last children of another.
    private mutating func adopt(_ first: Int32, by parent: Int32) {
        var node = first
        while node != 0 {
            self[node].parent = parent
            self[parent].last = node
            node = self[node].next
        }
    }

    /// Takes all children from a node.
    mutating func removeChildren(of parent: Int32) {
        self[parent].first = 0
        self[parent].last = 0
    }

    /// Takes what follows a node from its parent.
    mutating func removeFollowing(_ child: Int32) {
        self[child].next = 0
        self[self[child].parent].last = child
    }
}

/// Numbered as ``Sketch/Node/level`` has them.
enum PanelType: UInt8 {
    case info, note, success, warning, error

    var name: StaticString {
        switch self {
        case .info: "info"
        case .note: "note"
        case .success: "success"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

/// Numbered as ``Sketch/Node/level`` has them.
enum StatusColor: UInt8 {
    case neutral, purple, blue, red, yellow, green

    var name: StaticString {
        switch self {
        case .neutral: "neutral"
        case .purple: "purple"
        case .blue: "blue"
        case .red: "red"
        case .yellow: "yellow"
        case .green: "green"
        }
    }
}
