import HTTPTypes

/// Which site a request means, from its address alone. Pure.
struct SiteDirectory: Sendable {
    /// Where a request goes.
    struct Place: Sendable, Hashable {
        /// The site's name.
        let site: String
        /// The raw path below the site's root, beginning with `/`.
        let path: String
        /// The raw query, without `?`.
        let query: String
        /// What stands before the site's root: empty, `/site/<name>` or `/ex/jira/<cloudId>`.
        let prefix: String
        /// Whether it is for the simulator itself.
        var isControl: Bool { path.hasPrefix("/_simulator") || isPage }
        /// Whether it is a page for a browser.
        var isPage: Bool { path.hasPrefix("/browse/") }
        /// Whether it is for Atlassian's authorization server rather than for a site.
        var isAuthorization: Bool { site == SiteDirectory.authorization }
        /// Whether it came through the gateway's address.
        var isGateway: Bool { prefix.hasPrefix("/ex/jira/") }
    }

    /// Stands in a site's place for what is asked of Atlassian itself.
    static let authorization = "atlassian"

    private let names: [String]
    private let cloudIDs: [String: String]

    /// - Parameter sites: Names with their cloud ids; the first is the default.
    init(sites: [(name: String, cloudID: String)]) {
        precondition(!sites.isEmpty, "a simulator has at least one site")
        names = sites.map(\.name)
        cloudIDs = Dictionary(sites.map { ($0.cloudID, $0.name) }) { first, _ in first }
    }

    /// The place that a request names; nil for the path of a site that does not exist.
    ///
    /// A path prefix decides first, then the first label of the `Host` (`acme.atlassian.net`), else it is the first site.
    func place(of head: HTTPRequest) -> Place? {
        let target = head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "/")
        let query = parts.count > 1 ? String(parts[1]) : ""
        let segments = path.split(separator: "/", maxSplits: 3)
        if segments.count >= 2, segments[0] == "site" {
            guard names.contains(String(segments[1])) else { return nil }
            return place(String(segments[1]), path, dropping: "/site/\(segments[1])", query)
        }
        if segments.count >= 3, segments[0] == "ex", segments[1] == "jira" {
            guard let name = cloudIDs[String(segments[2])] else { return nil }
            return place(name, path, dropping: "/ex/jira/\(segments[2])", query)
        }
        if path == "/authorize" || path.hasPrefix("/oauth/") {
            return Place(site: Self.authorization, path: path, query: query, prefix: "")
        }
        let label = (head.authority ?? "").split(separator: ".").first.map(String.init)
        return Place(
            site: label.flatMap { names.contains($0) ? $0 : nil } ?? names[0],
            path: path,
            query: query,
            prefix: ""
        )
    }

    private func place(_ site: String, _ path: String, dropping prefix: String, _ query: String) -> Place {
        let rest = path.dropFirst(prefix.count)
        return Place(site: site, path: rest.isEmpty ? "/" : String(rest), query: query, prefix: prefix)
    }

    /// What a request does, from its verb and path.
    static func kind(of method: HTTPRequest.Method, _ path: String) -> JournalEntry.Kind {
        if path.hasSuffix("/search/jql") { return .search }
        let reading = path.hasSuffix("/issue/bulkfetch") || path.hasSuffix("/search/approximate-count")
        return method == .get || method == .head || method == .options || reading ? .read : .write
    }
}
