/// Rules of marks.
enum MarkRules {
    private static let textMarks: [String: [String: AttributeRule]] = [
        "strong": [:], "em": [:], "underline": [:], "strike": [:], "code": [:],
        "subsup": ["type": .choice(["sub", "sup"], required: true)],
        "textColor": ["color": .text(required: true)],
        "backgroundColor": ["color": .text(required: true)],
        "link": link,
    ]
    private static let link: [String: AttributeRule] = [
        "href": .text(required: true, atLeast: 1), "title": .text(), "id": .text(), "collection": .text(),
        "occurrenceKey": .text(),
    ]
    private static let blockMarks = ["alignment": ["align": AttributeRule.choice(["center", "end"], required: true)]]

    /// Why the marks of a node are not valid.
    ///
    /// - Parameters:
    ///   - type: The node's type.
    ///   - ancestors: The types of what it stands in, the outermost first.
    static func fault(in value: JSON, of type: String, ancestors: [String]) -> String? {
        guard let marks = value.array else { return "marks are no array" }
        var seen: Set<String> = []
        for mark in marks {
            guard let name = mark["type"]?.string, let rules = allowed(in: type)[name] else {
                return "mark \(mark["type"]?.string ?? "without type") may not stand on \(type)"
            }
            guard seen.insert(name).inserted else { return "mark \(name) twice" }
            guard Set(mark.object?.keys.map { $0 } ?? []).isSubset(of: ["type", "attrs"]) else {
                return "mark \(name) has unknown members"
            }
            if rules.isEmpty, mark["attrs"] != nil { return "mark \(name) takes no attrs" }
            if let reason = AttributeRule.fault(in: mark["attrs"], rules, required: !rules.isEmpty) {
                return "mark \(name): \(reason)"
            }
            if let reason = valueFault(name, mark["attrs"]) { return "mark \(name): \(reason)" }
        }
        if seen.contains("code"), !seen.isSubset(of: ["code", "link"]) { return "code with other marks than link" }
        if seen.contains("textColor"), seen.contains("link") { return "textColor with link" }
        if seen.contains("alignment"), !["doc", "tableCell", "tableHeader"].contains(ancestors.last) {
            return "alignment outside doc and cells"
        }
        return nil
    }

    private static func allowed(in type: String) -> [String: [String: AttributeRule]] {
        switch type {
        case "text": textMarks
        case "paragraph", "heading": blockMarks
        case "media", "mediaSingle": ["link": link]
        default: [:]
        }
    }

    private static func valueFault(_ name: String, _ attributes: JSON?) -> String? {
        switch name {
        case "textColor", "backgroundColor":
            let color = attributes?["color"]?.string ?? ""
            return color.wholeMatch(of: /#[0-9a-fA-F]{6}/) == nil ? "colour is not #rrggbb" : nil
        case "link":
            let href = attributes?["href"]?.string ?? ""
            return isSafe(href) ? nil : "unsafe address"
        default: return nil
        }
    }

    /// The schemes that Atlassian's editor lets through.
    private static let schemes: Set<String> = [
        "http", "https", "ftp", "ftps", "sftp", "scp", "mailto", "tel", "git", "ssh", "svn", "cvs", "mvn", "irc",
        "irc6",
        "news", "nntp", "feed", "skype", "callto", "facetime", "slack", "whatsapp", "xmpp", "sip", "sips", "urn",
        "magnet",
        "notes", "sourcetree", "itms", "rdp", "vnc", "telnet", "smb", "file", "gopher",
    ]

    private static func isSafe(_ address: String) -> Bool {
        if address.hasPrefix("/") || address.hasPrefix("#") { return true }
        guard let colon = address.firstIndex(of: ":") else { return false }
        return schemes.contains(address[..<colon].lowercased())
    }
}
