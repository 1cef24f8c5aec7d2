/// A type of links between issues.
package struct JiraLinkType: JiraReadable, Hashable {
    package let id: String
    /// `Blocks`.
    package let name: String
    /// What the target says of the source: `is blocked by`.
    package let inward: String
    /// What the source says of the target: `blocks`.
    package let outward: String

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let name = json["name"]?.string else { return nil }
        self.id = id
        self.name = name
        inward = json["inward"]?.string ?? ""
        outward = json["outward"]?.string ?? ""
    }
}

/// A link as one of its two issues shows it.
package struct JiraIssueLink: JiraReadable, Hashable {
    /// What the issue that was read is to the other one.
    package enum Role: Sendable, Hashable {
        /// The one that does: it `blocks` the other.
        case source
        /// The one it is done to: it `is blocked by` the other.
        case target
    }

    package let id: String
    package let type: JiraLinkType
    /// The role of the issue that was read.
    package let role: Role
    package let otherKey: String

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let type = json["type"].flatMap({ JiraLinkType($0) }) else { return nil }
        self.id = id
        self.type = type
        // An issue shows the other end only, under the name of the end that the other one is: the source sees an
        // `outwardIssue`.
        if let key = json["outwardIssue"]?["key"]?.string {
            role = .source
            otherKey = key
        } else if let key = json["inwardIssue"]?["key"]?.string {
            role = .target
            otherKey = key
        } else {
            return nil
        }
    }
}
