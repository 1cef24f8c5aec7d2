/// One validation of a document: a single pass over its bytes.
struct Validation {
    /// What is known of the node that is being read.
    struct Node {
        let type: NodeType
        let parent: NodeType?
        /// Where it begins.
        let start: Int
        var children = 0
        var hasAttributes = false
        var hasText = false
        var marks = MarkTypes()
    }

    var reader: JSONReader
    let limit: Int
    private(set) var faults: [ADFFault] = []
    /// The places of the nodes around in their parents.
    private var path: [Int] = []
    private var listLevel = 0

    static let depthLimit = 64
    static let listLimit = 10

    init(_ document: Bytes, limit: Int) {
        reader = JSONReader(document)
        self.limit = limit
    }

    mutating func run() {
        do throws(JSONReader.Broken) {
            try readNode(in: nil)
            reader.skipSpace()
            if reader.at < reader.bytes.count { throw JSONReader.Broken(reason: "something follows it") }
        } catch {
            path = []
            note(error.reason, node: "document", start: 0)
        }
    }

    mutating func note(_ reason: String, node: String, start: Int) {
        guard faults.count < limit else { return }
        let place = path.isEmpty ? "the top" : path.map { "content[\($0)]" }.joined(separator: ".")
        faults.append(ADFFault(node: node, path: place, reason: reason, words: words(from: start)))
    }

    mutating func note(_ reason: String, _ node: Node) {
        note(reason, node: "\(node.type.name)", start: node.start)
    }

    /// The first words that a node shows.
    private func words(from start: Int) -> String {
        guard let at = reader.bytes[start, reader.bytes.count].firstIndex(of: #""text":""#) else { return "" }
        var rest = JSONReader(reader.bytes)
        rest.at = start + at + 7
        // A string that does not end has been told already.
        guard let text = try? rest.string() else { return "" }
        let words = reader.bytes[text.start, min(text.end, text.start + 160)].string
        return words.prefix(40).split(separator: " ").joined(separator: " ")
    }

    // MARK: Nodes

    private mutating func readNode(in parent: NodeType?) throws(JSONReader.Broken) {
        _ = try reader.peek()
        let start = reader.at
        guard let type = try readType(start, in: parent) else { return }
        var node = Node(type: type, parent: parent, start: start)
        checkPlace(node)
        if type == .bulletList || type == .orderedList || type == .taskList { listLevel += 1 }
        defer { if type == .bulletList || type == .orderedList || type == .taskList { listLevel -= 1 } }
        if listLevel > Self.listLimit { note("lists are nested more than \(Self.listLimit) deep", node) }
        reader.at += 1  // the brace
        while true {
            let name = try reader.string()
            try reader.take(UInt8(ascii: ":"))
            try readMember(reader.raw(name), of: &node)
            let next = try reader.peek()
            reader.at += 1
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else {
                throw JSONReader.Broken(reason: "it is no JSON at byte \(reader.at - 1)")
            }
        }
        checkWhole(node)
    }

    /// The type of the node that begins here; nil when it has none that is known, and then it is passed over.
    private mutating func readType(_ start: Int, in parent: NodeType?) throws(JSONReader.Broken) -> NodeType? {
        guard reader.bytes[start] == UInt8(ascii: "{") else {
            note("a node must be an object", node: parent.map { "\($0.name)" } ?? "document", start: start)
            try reader.skipValue()
            return nil
        }
        var found: JSONReader.Text?
        reader.at += 1
        while found == nil {
            if try reader.peek() == UInt8(ascii: "}") { break }
            let name = try reader.string()
            try reader.take(UInt8(ascii: ":"))
            if reader.raw(name).isExactly("type") { found = try reader.stringIfAny() } else { try reader.skipValue() }
            if try reader.peek() == UInt8(ascii: ",") { reader.at += 1 }
        }
        reader.at = start
        if let found, let type = NodeType.named(reader.raw(found)) { return type }
        let name = found.map { reader.raw($0).string } ?? "node"
        note(found == nil ? "it has no type" : "a description has no such node", node: name, start: start)
        try reader.skipValue()
        return nil
    }

    private mutating func checkPlace(_ node: Node) {
        guard let parent = node.parent else {
            if node.type != .doc { note("a document must begin with a doc node", node) }
            return
        }
        if !parent.content.contains(node.type) { note("it cannot stand in a \(parent.name)", node) }
        if path.last == 0 {
            if parent == .listItem, !NodeType.firstInItem.contains(node.type) {
                note("the first node of a list item must be a paragraph, code block or image", node)
            }
            if parent == .taskList, node.type != .taskItem {
                note("the first node of a task list must be a task", node)
            }
        }
    }

    private mutating func readMember(_ name: Bytes, of node: inout Node) throws(JSONReader.Broken) {
        if name.isExactly("type") {
            try reader.skipValue()
        } else if name.isExactly("content"), NodeType.parents.contains(node.type) {
            try readContent(of: &node)
        } else if name.isExactly("text"), node.type == .text {
            try readText(of: &node)
        } else if name.isExactly("marks") {
            try readMarks(of: &node)
        } else if name.isExactly("attrs"), node.type != .doc, node.type != .text {
            node.hasAttributes = true
            try readAttributes(of: node)
        } else if name.isExactly("version"), node.type == .doc {
            node.hasText = true
            if try reader.integer() != 1 { note("its version must be 1", node) }
        } else {
            note("it has no member \(name.string)", node)
            try reader.skipValue()
        }
    }

    private mutating func readContent(of node: inout Node) throws(JSONReader.Broken) {
        guard try reader.peek() == UInt8(ascii: "[") else {
            note("its content must be a list", node)
            try reader.skipValue()
            return
        }
        guard path.count < Self.depthLimit - 1 else {
            note("nodes are nested more than \(Self.depthLimit) deep", node)
            try reader.skipValue()
            return
        }
        reader.at += 1
        if try reader.peek() == UInt8(ascii: "]") {
            reader.at += 1
            return
        }
        path.append(0)
        while true {
            try readNode(in: node.type)
            node.children += 1
            path[path.count - 1] = node.children
            let next = try reader.peek()
            reader.at += 1
            if next == UInt8(ascii: "]") { break }
            guard next == UInt8(ascii: ",") else {
                throw JSONReader.Broken(reason: "it is no JSON at byte \(reader.at - 1)")
            }
        }
        path.removeLast()
    }

    private mutating func readText(of node: inout Node) throws(JSONReader.Broken) {
        node.hasText = true
        guard let text = try reader.stringIfAny() else {
            note("its text must be a string", node)
            return
        }
        if text.isEmpty { note("its text is empty", node) }
        if text.isBroken { note("its text holds half a character", node) }
        if text.hasControl, node.parent != .codeBlock { note("its text holds a line break or control character", node) }
    }

    private mutating func checkWhole(_ node: Node) {
        if node.children == 0, NodeType.nonEmpty.contains(node.type) { note("it must not be empty", node) }
        if node.type == .mediaSingle, node.children > 1 { note("it holds more than one image", node) }
        if !node.hasAttributes, NodeType.withAttributes.contains(node.type) { note("its attributes are missing", node) }
        if node.type == .text, !node.hasText { note("its text is missing", node) }
        if node.type == .doc, !node.hasText { note("its version is missing", node) }
        if let reason = node.marks.fault { note(reason, node) }
    }
}
