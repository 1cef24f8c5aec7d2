/// Where a search goes on: opaque, valid for seven days, for the same search only.
///
/// It holds the JQL in another spelling, so its descriptions do not show it.
package struct JiraPageToken: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package var description: String { "page token •••" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What to look for.
package struct JiraSearch: Sendable, Equatable {
    /// Must restrict something: Jira refuses unbounded queries.
    package var jql: String
    /// Field ids; none gives ids only.
    package var fields: [String]
    /// At most 5 property keys.
    package var properties: [String]
    /// The largest number of issues in a page, 1...5000; pages with many fields are shorter.
    package var maxResults: Int
    /// At most 50 numeric ids that the index must be up to date with, the same for all pages.
    package var reconcileIssues: [Int]

    package init(
        jql: String,
        fields: [String] = [],
        properties: [String] = [],
        maxResults: Int = 100,
        reconcileIssues: [Int] = []
    ) {
        self.jql = jql
        self.fields = fields
        self.properties = properties
        self.maxResults = maxResults
        self.reconcileIssues = reconcileIssues
    }

    func body(after token: JiraPageToken?) -> [UInt8] {
        var members: [String: JiraJSON] = ["jql": .string(jql), "maxResults": .integer(maxResults)]
        // Unknown and empty members are not always harmless: only what says something is sent.
        if !fields.isEmpty { members["fields"] = .array(fields.map { .string($0) }) }
        if !properties.isEmpty { members["properties"] = .array(properties.map { .string($0) }) }
        if !reconcileIssues.isEmpty { members["reconcileIssues"] = .array(reconcileIssues.map { .integer($0) }) }
        if let token { members["nextPageToken"] = .string(token.rawValue) }
        return JiraJSON.object(members).encoded()
    }
}

/// One page of a search. A page may be empty and still have a next one.
package struct JiraSearchPage: JiraReadable, Equatable {
    package let issues: [JiraIssue]
    /// Where the next page begins; `nil` for the last one.
    package let next: JiraPageToken?

    package init?(_ json: JiraJSON) {
        guard let issues = json["issues"]?.list(of: { JiraIssue($0) }) else { return nil }
        self.issues = issues
        // The end is a missing token or isLast, whichever comes first; either has been seen without the other.
        if json["isLast"]?.bool != true, let token = json["nextPageToken"]?.string, !token.isEmpty {
            next = JiraPageToken(rawValue: token)
        } else {
            next = nil
        }
    }
}
