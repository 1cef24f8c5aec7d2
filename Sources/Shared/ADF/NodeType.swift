/// The nodes of a description, and what may stand where.
enum NodeType: UInt8, CaseIterable {
    case doc, paragraph, heading, bulletList, orderedList, listItem, taskList, taskItem, codeBlock, blockquote, panel
    case expand, nestedExpand, rule, table, tableRow, tableHeader, tableCell, mediaSingle, media
    case text, hardBreak, mention, status

    /// Kinds of node as a set.
    struct Members: OptionSet {
        let rawValue: UInt32
        init(rawValue: UInt32) { self.rawValue = rawValue }
        init(_ types: NodeType...) { rawValue = types.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }
        func contains(_ type: NodeType) -> Bool { rawValue & 1 << UInt32(type.rawValue) != 0 }
    }

    static func named(_ name: Bytes) -> NodeType? {
        // The frequent ones first.
        if name.isExactly("text") { return .text }
        if name.isExactly("paragraph") { return .paragraph }
        return allCases.first { name.isExactly($0.name) }
    }

    var name: StaticString {
        switch self {
        case .doc: "doc"
        case .paragraph: "paragraph"
        case .heading: "heading"
        case .bulletList: "bulletList"
        case .orderedList: "orderedList"
        case .listItem: "listItem"
        case .taskList: "taskList"
        case .taskItem: "taskItem"
        case .codeBlock: "codeBlock"
        case .blockquote: "blockquote"
        case .panel: "panel"
        case .expand: "expand"
        case .nestedExpand: "nestedExpand"
        case .rule: "rule"
        case .table: "table"
        case .tableRow: "tableRow"
        case .tableHeader: "tableHeader"
        case .tableCell: "tableCell"
        case .mediaSingle: "mediaSingle"
        case .media: "media"
        case .text: "text"
        case .hardBreak: "hardBreak"
        case .mention: "mention"
        case .status: "status"
        }
    }

    /// What may stand in it.
    var content: Members { Self.contents[Int(rawValue)] }

    private static let contents: [Members] = {
        let lists = Members(.bulletList, .orderedList)
        let inline = Members(.text, .hardBreak, .mention, .status)
        let simple = lists.union(Members(.paragraph, .codeBlock, .mediaSingle))
        let inPanel = simple.union(Members(.heading, .taskList, .rule))
        let nested = inPanel.union(Members(.blockquote, .panel))
        return allCases.map { type in
            switch type {
            case .doc: nested.union(Members(.expand, .table))
            case .expand: nested.union(Members(.nestedExpand, .table))
            case .nestedExpand: nested
            case .tableHeader, .tableCell: nested.union(Members(.nestedExpand))
            case .panel: inPanel
            case .blockquote, .listItem: simple
            case .bulletList, .orderedList: Members(.listItem)
            case .taskList: Members(.taskItem, .taskList)
            case .table: Members(.tableRow)
            case .tableRow: Members(.tableHeader, .tableCell)
            case .mediaSingle: Members(.media)
            case .codeBlock: Members(.text)
            case .paragraph, .heading, .taskItem: inline
            case .rule, .media, .text, .hardBreak, .mention, .status: []
            }
        }
    }()

    /// Nodes that must not be empty.
    static let nonEmpty: Members = Members(
        .bulletList,
        .orderedList,
        .listItem,
        .taskList,
        .blockquote,
        .panel,
        .expand,
        .nestedExpand,
        .table,
        .tableRow,
        .tableHeader,
        .tableCell,
        .mediaSingle
    )
    /// Nodes that have `content` at all.
    static let parents: Members = nonEmpty.union(Members(.doc, .paragraph, .heading, .taskItem, .codeBlock))
    /// What may be first in a list item.
    static let firstInItem = Members(.paragraph, .codeBlock, .mediaSingle)
    /// Nodes that must have `attrs`.
    static let withAttributes = Members(
        .heading,
        .taskList,
        .taskItem,
        .panel,
        .nestedExpand,
        .media,
        .mediaSingle,
        .mention,
        .status
    )
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these are exactly the characters of an ASCII literal.
    @inline(__always)
    func isExactly(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        let wanted = literal.utf8Start
        for at in 0..<count where self[at] != wanted[at] { return false }
        return true
    }
}
