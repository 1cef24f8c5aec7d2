/// What a description may be: the part of the Atlassian Document Format that Jira takes without doubt.
///
/// Written from the published schema and the house's page on ADF, and on purpose independent of the converter: it must be able to
/// catch its mistakes. Jira itself answers any of them with `INVALID_INPUT` and no place; the journal keeps the place.
package enum DocumentRules {
    /// How many nodes may stand inside each other.
    static let deepest = 64
    /// How many lists may stand directly inside each other.
    static let deepestList = 10

    /// The first fault of a document.
    ///
    /// - Returns: Its path and the reason, such as `doc.content[2].content[0]: empty text`; nil when the document is valid.
    package static func fault(in document: JSON) -> String? {
        guard document["type"] == "doc" else { return "doc: type is not doc" }
        guard document["version"] == 1 else { return "doc: version is not 1" }
        let place = Place(path: "doc", depth: 1, listDepth: 0, ancestors: [])
        return check(document, spec: NodeSpec.all["doc"]!, at: place)
    }

    /// The length that Jira's limit is held against: UTF-16 units of the visible text, and one for each hard break.
    package static func length(of node: JSON) -> Int {
        switch node["type"]?.string {
        case "text": node["text"]?.string?.utf16.count ?? 0
        case "hardBreak": 1
        default: (node["content"]?.array ?? []).reduce(0) { $0 + length(of: $1) }
        }
    }

    private struct Place {
        let path: String
        let depth: Int
        let listDepth: Int
        let ancestors: [String]

        func child(_ index: Int, of parent: String) -> Place {
            Place(
                path: "\(path).content[\(index)]",
                depth: depth + 1,
                listDepth: parent == "bulletList" || parent == "orderedList"
                    ? listDepth + 1 : parent == "listItem" ? listDepth : 0,
                ancestors: ancestors + [parent]
            )
        }
    }

    private static func check(_ node: JSON, spec: NodeSpec, at place: Place) -> String? {
        guard let members = node.object, let type = node["type"]?.string else { return "\(place.path): no node" }
        func fault(_ reason: String) -> String { "\(place.path) (\(type)): \(reason)" }

        guard place.depth <= deepest else { return fault("deeper than \(deepest) nodes") }
        guard place.listDepth < deepestList || spec.children != .some(["listItem"]) else {
            return fault("more than \(deepestList) lists inside each other")
        }
        let unknown = Set(members.keys).subtracting(spec.members)
        guard unknown.isEmpty else { return fault("unknown members \(unknown.sorted())") }
        if let reason = AttributeRule.fault(in: members["attrs"], spec.attributes, required: spec.needsAttributes) {
            return fault(reason)
        }
        if let reason = spec.check?(node) { return fault(reason) }
        if let marks = members["marks"] {
            if let reason = MarkRules.fault(in: marks, of: type, ancestors: place.ancestors) { return fault(reason) }
        }
        return checkChildren(members["content"], type, spec, place, fault)
    }

    private static func checkChildren(
        _ content: JSON?,
        _ type: String,
        _ spec: NodeSpec,
        _ place: Place,
        _ fault: (String) -> String
    ) -> String? {
        guard let allowed = spec.children else { return nil }
        guard let content else {
            return spec.fewest > 0 || spec.needsContent ? fault("content is missing") : nil
        }
        guard let children = content.array else { return fault("content is no array") }
        guard children.count >= spec.fewest else { return fault("content needs \(spec.fewest) at least") }
        guard children.count <= spec.most else { return fault("content takes \(spec.most) at most") }
        for (index, child) in children.enumerated() {
            let below = place.child(index, of: type)
            let childType = child["type"]?.string ?? "nothing"
            let fitting = index == 0 ? spec.first ?? allowed : allowed
            guard fitting.contains(childType), let childSpec = NodeSpec.all[childType] else {
                return "\(below.path): \(childType) may not stand \(index == 0 ? "first " : "")in \(type)"
            }
            if type == "codeBlock" {
                if let reason = TextRules.fault(in: child, inCode: true) { return "\(below.path): \(reason)" }
            } else if childType == "text" {
                if let reason = TextRules.fault(in: child, inCode: false) { return "\(below.path): \(reason)" }
            }
            if let reason = check(child, spec: childSpec, at: below) { return reason }
        }
        return nil
    }
}

/// Rules of text nodes.
enum TextRules {
    /// Why a text node is not valid.
    static func fault(in node: JSON, inCode: Bool) -> String? {
        guard let text = node["text"]?.string else { return "text is missing" }
        guard !text.isEmpty else { return "empty text" }
        for scalar in text.unicodeScalars where scalar.value < 0x20 && scalar != "\t" {
            // A tab was recorded in a real description; a line break in code is how code has lines.
            if inCode, scalar == "\n" { continue }
            return "control character U+\(String(scalar.value, radix: 16, uppercase: true)) in text"
        }
        if inCode, let marks = node["marks"]?.array, !marks.isEmpty { return "marks in code" }
        return nil
    }
}
