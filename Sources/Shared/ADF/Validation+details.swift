/// Marks and attributes.
extension Validation {
    /// Which marks a node has.
    struct MarkTypes: OptionSet {
        let rawValue: UInt16
        static let strong = MarkTypes(rawValue: 1)
        static let em = MarkTypes(rawValue: 2)
        static let underline = MarkTypes(rawValue: 4)
        static let strike = MarkTypes(rawValue: 8)
        static let subsup = MarkTypes(rawValue: 16)
        static let textColor = MarkTypes(rawValue: 32)
        static let backgroundColor = MarkTypes(rawValue: 64)
        static let link = MarkTypes(rawValue: 128)
        static let code = MarkTypes(rawValue: 256)
        static let alignment = MarkTypes(rawValue: 512)

        static let onText: MarkTypes = [
            .strong, .em, .underline, .strike, .subsup, .textColor, .backgroundColor, .link, .code,
        ]

        static func named(_ name: Bytes) -> MarkTypes? {
            let all: [(StaticString, MarkTypes)] = [
                ("strong", .strong), ("link", .link), ("em", .em), ("code", .code), ("textColor", .textColor),
                ("strike", .strike), ("underline", .underline), ("backgroundColor", .backgroundColor),
                ("subsup", .subsup), ("alignment", .alignment),
            ]
            return all.first { name.isExactly($0.0) }?.1
        }

        /// The attribute that the mark must have.
        var attribute: StaticString? {
            switch self {
            case .link: "href"
            case .textColor, .backgroundColor: "color"
            case .subsup: "type"
            case .alignment: "align"
            default: nil
            }
        }

        /// Why the marks cannot stand together.
        var fault: String? {
            if contains(.code), !isSubset(of: [.code, .link]) { return "code goes with no mark but a link" }
            if isSuperset(of: [.textColor, .link]) { return "a text colour does not go with a link" }
            return nil
        }
    }

    mutating func readMarks(of node: inout Node) throws(JSONReader.Broken) {
        guard try reader.peek() == UInt8(ascii: "[") else {
            note("its marks must be a list", node)
            try reader.skipValue()
            return
        }
        let allowed: MarkTypes =
            switch node.type {
            case .text: node.parent == .codeBlock ? [] : .onText
            case .media: .link
            case .paragraph, .heading:
                node.parent == .doc || node.parent == .tableCell || node.parent == .tableHeader ? .alignment : []
            default: []
            }
        reader.at += 1
        if try reader.peek() == UInt8(ascii: "]") {
            reader.at += 1
            return
        }
        while true {
            try readMark(of: &node, allowed)
            let next = try reader.peek()
            reader.at += 1
            if next == UInt8(ascii: "]") { return }
            guard next == UInt8(ascii: ",") else {
                throw JSONReader.Broken(reason: "it is no JSON at byte \(reader.at - 1)")
            }
        }
    }

    private mutating func readMark(of node: inout Node, _ allowed: MarkTypes) throws(JSONReader.Broken) {
        var name: JSONReader.Text?
        var attribute: (name: JSONReader.Text, value: JSONReader.Text)?
        var hasOthers = false
        try reader.members { reader, member throws(JSONReader.Broken) in
            if reader.raw(member).isExactly("type") {
                name = try reader.stringIfAny()
            } else if reader.raw(member).isExactly("attrs"), try reader.peek() == UInt8(ascii: "{") {
                try reader.members { reader, member throws(JSONReader.Broken) in
                    if let value = try reader.stringIfAny(), attribute == nil {
                        attribute = (member, value)
                    } else {
                        hasOthers = true
                    }
                }
            } else {
                hasOthers = true
                try reader.skipValue()
            }
        }
        guard let name, let mark = MarkTypes.named(reader.raw(name)) else {
            note("it has an unknown mark", node)
            return
        }
        if !allowed.contains(mark) { note("it cannot have the mark \(reader.raw(name).string)", node) }
        if node.marks.contains(mark) { note("it has the mark \(reader.raw(name).string) twice", node) }
        node.marks.insert(mark)
        if hasOthers || !isFit(attribute, for: mark) {
            note("its mark \(reader.raw(name).string) has wrong attributes", node)
        }
    }

    private func isFit(_ attribute: (name: JSONReader.Text, value: JSONReader.Text)?, for mark: MarkTypes) -> Bool {
        guard let wanted = mark.attribute else { return attribute == nil }
        guard let attribute, reader.raw(attribute.name).isExactly(wanted), !attribute.value.isBroken else {
            return false
        }
        let value = reader.raw(attribute.value)
        switch mark {
        case .link: return !value.isEmpty
        case .subsup: return value.isExactly("sub") || value.isExactly("sup")
        case .alignment: return value.isExactly("center") || value.isExactly("end")
        default:
            return value.count == 7 && value[0] == UInt8(ascii: "#") && value[1, 7].allSatisfy { $0.hexValue != nil }
        }
    }

    // MARK: Attributes

    /// What the value of an attribute must be.
    private enum Rule {
        case text
        case filledText
        case integer(ClosedRange<Int>)
        case oneOf([StaticString])
    }

    private struct Attribute {
        let name: StaticString
        let rule: Rule
        var isRequired = false
    }

    mutating func readAttributes(of node: Node) throws(JSONReader.Broken) {
        guard try reader.peek() == UInt8(ascii: "{") else {
            note("its attributes must be an object", node)
            try reader.skipValue()
            return
        }
        let wanted = Self.attributes[Int(node.type.rawValue)]
        var seen = 0
        var wrong: [String] = []
        try reader.members { reader, member throws(JSONReader.Broken) in
            let name = reader.raw(member)
            guard let index = wanted.firstIndex(where: { name.isExactly($0.name) }) else {
                wrong.append("it has no attribute \(name.string)")
                try reader.skipValue()
                return
            }
            seen |= 1 << index
            if try !Self.isFit(&reader, wanted[index].rule) {
                wrong.append("its attribute \(name.string) is not allowed")
            }
        }
        for reason in wrong { note(reason, node) }
        for (index, attribute) in wanted.enumerated() where attribute.isRequired && seen & 1 << index == 0 {
            note("its attribute \(attribute.name) is missing", node)
        }
    }

    private static func isFit(_ reader: inout JSONReader, _ rule: Rule) throws(JSONReader.Broken) -> Bool {
        switch rule {
        case .integer(let range): return try reader.integer().map { range.contains($0) } ?? false
        case .text: return try reader.stringIfAny().map { !$0.isBroken } ?? false
        case .filledText: return try reader.stringIfAny().map { !$0.isBroken && !$0.isEmpty } ?? false
        case .oneOf(let names):
            guard let value = try reader.stringIfAny() else { return false }
            return names.contains { reader.raw(value).isExactly($0) }
        }
    }

    private static let attributes: [[Attribute]] = NodeType.allCases.map { type in
        switch type {
        case .heading: [Attribute(name: "level", rule: .integer(1...6), isRequired: true)]
        case .orderedList: [Attribute(name: "order", rule: .integer(0...Int(Int32.max)))]
        case .taskList: [Attribute(name: "localId", rule: .filledText, isRequired: true)]
        case .taskItem:
            [
                Attribute(name: "localId", rule: .filledText, isRequired: true),
                Attribute(name: "state", rule: .oneOf(["TODO", "DONE"]), isRequired: true),
            ]
        case .codeBlock: [Attribute(name: "language", rule: .filledText)]
        case .panel:
            [
                Attribute(
                    name: "panelType",
                    rule: .oneOf(["info", "note", "success", "warning", "error"]),
                    isRequired: true
                )
            ]
        case .expand, .nestedExpand: [Attribute(name: "title", rule: .text)]
        case .tableHeader, .tableCell:
            [
                Attribute(name: "colspan", rule: .integer(1...1000)),
                Attribute(name: "rowspan", rule: .integer(1...1000)),
            ]
        case .mediaSingle: [Attribute(name: "layout", rule: .oneOf(["center"]), isRequired: true)]
        case .media:
            [
                Attribute(name: "type", rule: .oneOf(["external"]), isRequired: true),
                Attribute(name: "url", rule: .filledText, isRequired: true),
                Attribute(name: "alt", rule: .text),
                Attribute(name: "width", rule: .integer(1...1_000_000)),
                Attribute(name: "height", rule: .integer(1...1_000_000)),
            ]
        case .mention:
            [
                Attribute(name: "id", rule: .filledText, isRequired: true),
                Attribute(name: "text", rule: .text),
            ]
        case .status:
            [
                Attribute(name: "text", rule: .filledText, isRequired: true),
                Attribute(
                    name: "color",
                    rule: .oneOf(["neutral", "purple", "blue", "red", "yellow", "green"]),
                    isRequired: true
                ),
            ]
        case .doc, .paragraph, .bulletList, .listItem, .blockquote, .rule, .table, .tableRow, .text, .hardBreak: []
        }
    }
}
