import Synchronization

/// What a browser shows at `/browse/PROJ-1`: enough to see with one's own eyes what an export has made.
///
/// The simulator's own, and not in its journal; anybody on the machine may look.
struct IssuePage {
    let site: SimulatedSite
    let issue: SimulatedIssue
    /// What stands before the site's paths.
    let base: String

    /// The whole page.
    var html: String {
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>\(HTMLText.escape(issue.key))</title>
        <meta name="viewport" content="width=device-width">
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #172b4d }
        pre, code { background: #f4f5f7; padding: 0 .2em } pre { padding: .7em; overflow: auto }
        table { border-collapse: collapse } td, th { border: 1px solid #c1c7d0; padding: .2em .6em; text-align: left }
        blockquote { border-left: 3px solid #c1c7d0; margin-left: 0; padding-left: 1em } dt { color: #5e6c84 }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1em } dd { margin: 0 }
        </style>
        <p>\(HTMLText.escape(issue.projectKey)) / \(HTMLText.escape(issue.key)) · simulated</p>
        <h1>\(HTMLText.escape(issue.summary))</h1>
        <dl>\(facts.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined())</dl>
        <hr>
        \(DocumentPage.html(of: issue.description))
        </html>

        """
    }

    /// Names with HTML.
    private var facts: [(String, String)] {
        var facts = [("Type", issue.type), ("Status", issue.status), ("Priority", issue.priority)]
            .map { ($0.0, HTMLText.escape($0.1)) }
        if let assignee = issue.assignee.flatMap({ site.user($0) }) {
            facts.append(("Assignee", HTMLText.escape(assignee.displayName)))
        }
        if let sprint = issue.sprint.flatMap({ site.sprint($0) }) {
            facts.append(("Sprint", HTMLText.escape(sprint.sprint.name)))
        }
        if let points = issue.storyPoints { facts.append(("Story points", "\(points)")) }
        if !issue.labels.isEmpty { facts.append(("Labels", HTMLText.escape(issue.labels.joined(separator: ", ")))) }
        if let parent = issue.parent.flatMap({ site.issues[$0] }) { facts.append(("Parent", link(to: parent))) }
        for file in issue.attachments {
            facts.append(("Attachment", "\(HTMLText.escape(file.filename)), \(file.bytes.count) bytes"))
        }
        for (words, other) in neighbours { facts.append((HTMLText.escape(words), link(to: other))) }
        return facts
    }

    /// The linked issues, with the words of the link as seen from here.
    private var neighbours: [(String, SimulatedIssue)] {
        site.links.compactMap { link in
            guard let type = LinkType.all.first(where: { $0.name == link.type }) else { return nil }
            switch issue.id {
            case link.source: return site.issues[link.destination].map { (type.outward, $0) }
            case link.destination: return site.issues[link.source].map { (type.inward, $0) }
            default: return nil
            }
        }
    }

    private func link(to other: SimulatedIssue) -> String {
        let key = HTMLText.escape(other.key)
        return "<a href=\"\(HTMLText.escape(base))/browse/\(key)\">\(key)</a> \(HTMLText.escape(other.summary))"
    }
}

/// Text that must not be taken for markup.
enum HTMLText {
    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

extension SimulatorServer {
    /// Answers `/browse/PROJ-1`.
    func page(of key: String, in site: String, base: String) -> Answer {
        let page = boxes[site]?.state.withLock { site in
            site.issueID(key).flatMap { site.issues[$0] }.map { IssuePage(site: site, issue: $0, base: base) }
        }
        guard let page else {
            return Answer(404, type: "text/plain;charset=UTF-8", bytes: Array("No such issue.\n".utf8))
        }
        return Answer(200, type: "text/html;charset=UTF-8", bytes: Array(page.html.utf8))
    }
}
