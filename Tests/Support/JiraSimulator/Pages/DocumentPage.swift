/// Shows an ADF document as HTML. The simulator has checked it before, so the nesting is bounded.
enum DocumentPage {
    static func html(of node: JSON) -> String {
        guard let type = node["type"]?.string else { return "" }
        let inner = (node["content"]?.array ?? []).map(html).joined()
        switch type {
        case "text": return text(node)
        case "hardBreak": return "<br>"
        case "rule": return "<hr>"
        case "heading": return wrap("h\(min((node["attrs"]?["level"]?.integer ?? 1) + 1, 6))", inner)
        case "codeBlock": return "<pre><code>\(inner)</code></pre>"
        case "taskItem": return wrap("li", (node["attrs"]?["state"]?.string == "DONE" ? "☑ " : "☐ ") + inner)
        case "expand", "nestedExpand":
            return wrap("details", wrap("summary", attribute("title", of: node)) + inner)
        case "mention", "emoji", "status": return attribute("text", of: node)
        case "media":
            let url = attribute("url", of: node)
            return link(to: url, url)
        default: return tags[type].map { wrap($0, inner) } ?? inner
        }
    }

    /// Nodes that are one element.
    private static let tags = [
        "paragraph": "p", "bulletList": "ul", "orderedList": "ol", "taskList": "ul", "listItem": "li",
        "blockquote": "blockquote", "panel": "blockquote", "table": "table", "tableRow": "tr", "tableHeader": "th",
        "tableCell": "td",
    ]

    /// Marks that are one element.
    private static let marks = ["strong": "strong", "em": "em", "underline": "u", "strike": "s", "code": "code"]

    private static func text(_ node: JSON) -> String {
        let text = HTMLText.escape(node["text"]?.string ?? "")
        return (node["marks"]?.array ?? []).reduce(text) { inner, mark in
            guard let type = mark["type"]?.string else { return inner }
            switch type {
            case "link": return link(to: attribute("href", of: mark), inner)
            case "subsup": return wrap(mark["attrs"]?["type"]?.string == "sub" ? "sub" : "sup", inner)
            default: return marks[type].map { wrap($0, inner) } ?? inner
            }
        }
    }

    /// A link, where following it does no more than that.
    private static func link(to url: String, _ inner: String) -> String {
        guard ["http:", "https:", "mailto:", "/", "#"].contains(where: { url.hasPrefix($0) }) else { return inner }
        return "<a href=\"\(url)\">\(inner)</a>"
    }

    private static func wrap(_ tag: String, _ inner: String) -> String { "<\(tag)>\(inner)</\(tag)>" }

    private static func attribute(_ name: String, of node: JSON) -> String {
        HTMLText.escape(node["attrs"]?[name]?.string ?? "")
    }
}
