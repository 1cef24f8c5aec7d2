/// What one kind of node must be.
struct NodeSpec: Sendable {
    /// The members it may have.
    var members: Set<String>
    /// The nodes it may hold; nil for a leaf.
    var children: Set<String>?
    /// What must come first, when that differs.
    var first: Set<String>?
    /// The fewest children.
    var fewest = 0
    /// The most children.
    var most = Int.max
    /// Whether `content` must be there even when it may be empty.
    var needsContent = false
    /// Its attributes by name.
    var attributes: [String: AttributeRule] = [:]
    /// Whether `attrs` must be there.
    var needsAttributes = false
    /// Anything else; answers the reason of a fault.
    var check: (@Sendable (JSON) -> String?)?

    private static func leaf(_ attributes: [String: AttributeRule] = [:], needs: Bool = false) -> NodeSpec {
        NodeSpec(
            members: ["type", "attrs"],
            attributes: attributes.merging(localID) { own, _ in own },
            needsAttributes: needs
        )
    }

    private static func block(
        _ children: Set<String>,
        first: Set<String>? = nil,
        fewest: Int = 1,
        attributes: [String: AttributeRule] = [:],
        needs: Bool = false,
        marks: Bool = false
    ) -> NodeSpec {
        NodeSpec(
            members: marks ? ["type", "attrs", "content", "marks"] : ["type", "attrs", "content"],
            children: children,
            first: first,
            fewest: fewest,
            needsContent: fewest > 0,
            attributes: attributes.merging(localID) { own, _ in own },
            needsAttributes: needs
        )
    }

    private static let localID: [String: AttributeRule] = ["localId": .text()]

    static let inline: Set<String> = ["text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard"]
    private static let lists: Set<String> = ["bulletList", "orderedList"]
    private static let simple: Set<String> = ["paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle"]
    private static let nested: Set<String> = simple.union(["heading", "taskList", "blockquote", "panel", "rule"])
    private static let doc: Set<String> = nested.union(["expand", "table"])

    /// Every node that a description may hold, by its type.
    static let all: [String: NodeSpec] = [
        "doc": NodeSpec(members: ["type", "version", "content"], children: doc, needsContent: true),
        "paragraph": block(inline, fewest: 0, marks: true),
        "heading": block(
            inline,
            fewest: 0,
            attributes: ["level": .whole(1...6, required: true)],
            needs: true,
            marks: true
        ),
        "bulletList": block(["listItem"]),
        "orderedList": block(["listItem"], attributes: ["order": .whole(0...Int.max)]),
        "listItem": block(simple, first: ["paragraph", "codeBlock", "mediaSingle"]),
        "taskList": block(
            ["taskItem", "taskList"],
            first: ["taskItem"],
            attributes: ["localId": .text(required: true)],
            needs: true
        ),
        "taskItem": block(
            inline,
            fewest: 0,
            attributes: ["localId": .text(required: true), "state": .choice(["TODO", "DONE"], required: true)],
            needs: true
        ),
        "blockquote": block(simple),
        "panel": block(
            simple.union(["heading", "taskList", "rule"]),
            attributes: ["panelType": .choice(["info", "note", "success", "warning", "error"], required: true)],
            needs: true
        ),
        "expand": block(nested.union(["nestedExpand", "table"]), attributes: ["title": .text()]),
        "nestedExpand": block(nested, attributes: ["title": .text()], needs: true),
        "table": block(
            ["tableRow"],
            attributes: [
                "localId": .text(atLeast: 1), "isNumberColumnEnabled": .flag, "width": .number,
                "displayMode": .choice(["default", "fixed"]),
                "layout": .choice(["wide", "full-width", "center", "align-end", "align-start", "default"]),
            ]
        ),
        "tableRow": block(["tableCell", "tableHeader"]),
        "tableCell": block(nested.union(["nestedExpand"]), attributes: cell),
        "tableHeader": block(nested.union(["nestedExpand"]), attributes: cell),
        "codeBlock": block(
            ["text"],
            fewest: 0,
            attributes: ["language": .text(), "uniqueId": .text(), "wrap": .flag, "hideLineNumbers": .flag]
        ),
        "mediaSingle": mediaSingle,
        "media": media,
        "rule": leaf(),
        "text": NodeSpec(members: ["type", "text", "marks"]),
        "hardBreak": leaf(["text": .choice(["\n"])]),
        "mention": leaf(
            [
                "id": .text(required: true, atLeast: 1), "text": .text(), "accessLevel": .text(),
                "userType": .choice(["DEFAULT", "SPECIAL", "APP"]),
            ],
            needs: true
        ),
        "emoji": leaf(["shortName": .text(required: true, atLeast: 1), "id": .text(), "text": .text()], needs: true),
        "date": leaf(["timestamp": .text(required: true, atLeast: 1)], needs: true),
        "status": leaf(
            [
                "text": .text(required: true, atLeast: 1), "style": .text(),
                "color": .choice(["neutral", "purple", "blue", "red", "yellow", "green"], required: true),
            ],
            needs: true
        ),
        "inlineCard": leaf(["url": .text(required: true, atLeast: 1)], needs: true),
    ]

    private static let cell: [String: AttributeRule] = [
        "colspan": .whole(1...1000), "rowspan": .whole(1...1000), "colwidth": .numbers, "background": .text(),
        "valign": .choice(["top", "middle", "bottom"]),
    ]

    private static let mediaSingle: NodeSpec = {
        var spec = block(
            ["media"],
            attributes: [
                "layout": .choice(
                    ["wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start"],
                    required: true
                ),
                "width": .number, "widthType": .choice(["percentage", "pixel"]),
            ],
            needs: true,
            marks: true
        )
        spec.most = 1
        return spec
    }()

    private static let media: NodeSpec = {
        var spec = leaf(
            [
                "type": .choice(["external", "file"], required: true), "url": .text(atLeast: 1),
                "id": .text(atLeast: 1),
                "collection": .text(), "alt": .text(), "width": .number, "height": .number,
                "occurrenceKey": .text(atLeast: 1),
            ],
            needs: true
        )
        spec.members.insert("marks")
        spec.check = { node in
            let attributes = node["attrs"]
            for side in ["width", "height"] {
                if let length = attributes?[side]?.number, length <= 0 { return "\(side) is not positive" }
            }
            guard attributes?["type"] == "external" else {
                return attributes?["id"] == nil || attributes?["collection"] == nil
                    ? "a file needs id and collection" : nil
            }
            guard let url = attributes?["url"]?.string, url.hasPrefix("http://") || url.hasPrefix("https://") else {
                return "external media needs an http(s) url"
            }
            let others: Set = ["id", "collection", "occurrenceKey"]
            return others.isDisjoint(with: (attributes?.object ?? [:]).keys)
                ? nil : "external media takes no id or collection"
        }
        return spec
    }()
}

/// What one attribute must be.
enum AttributeRule: Sendable {
    case text(required: Bool = false, atLeast: Int = 0)
    case whole(ClosedRange<Int>, required: Bool = false)
    case choice(Set<String>, required: Bool = false)
    case number
    case numbers
    case flag

    private var isRequired: Bool {
        switch self {
        case .text(let required, _), .whole(_, let required), .choice(_, let required): required
        case .number, .numbers, .flag: false
        }
    }

    private func allows(_ value: JSON) -> Bool {
        switch self {
        case .text(_, let fewest): (value.string?.count).map { $0 >= fewest } ?? false
        case .whole(let range, _): value.integer.map { range.contains($0) } ?? false
        case .choice(let words, _): value.string.map { words.contains($0) } ?? false
        case .number: value.number.map { $0 >= 0 } ?? false
        case .numbers: value.array.map { $0.allSatisfy { $0.number != nil } } ?? false
        case .flag: value.bool != nil
        }
    }

    /// Why attributes are not valid.
    static func fault(in value: JSON?, _ rules: [String: AttributeRule], required: Bool) -> String? {
        guard let value else { return required ? "attrs are missing" : nil }
        guard let attributes = value.object else { return "attrs are no object" }
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            guard let rule = rules[name] else { return "unknown attribute \(name)" }
            guard rule.allows(value) else { return "attribute \(name) is not valid" }
        }
        for (name, rule) in rules.sorted(by: { $0.key < $1.key }) where rule.isRequired && attributes[name] == nil {
            return "attribute \(name) is missing"
        }
        return nil
    }
}
