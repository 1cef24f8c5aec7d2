/// An issue of a simulated site.
package struct SimulatedIssue: Sendable, Hashable {
    /// The number that never changes.
    package let id: Int
    /// The present key; a move changes it.
    package internal(set) var key: String
    /// The present project's key.
    package internal(set) var projectKey: String
    /// The name of its type.
    package internal(set) var type: String
    /// The summary.
    package internal(set) var summary: String
    /// The ADF document, or `null`.
    package internal(set) var description: JSON = .null
    /// The name of its priority.
    package internal(set) var priority: String = "Medium"
    /// The name of its status.
    package internal(set) var status: String = "To Do"
    /// The assignee's account id.
    package internal(set) var assignee: String?
    /// The reporter's account id.
    package internal(set) var reporter: String
    /// The creator's account id.
    package let creator: String
    /// Its labels.
    package internal(set) var labels: [String] = []
    /// The parent's id.
    package internal(set) var parent: Int?
    /// The sprint's number.
    package internal(set) var sprint: Int?
    /// The estimate.
    package internal(set) var storyPoints: Double?
    /// `yyyy-MM-dd`.
    package internal(set) var dueDate: String?
    /// Other fields' values.
    package internal(set) var custom: [String: JSON] = [:]
    /// Issue properties.
    package internal(set) var properties: [String: JSON] = [:]
    /// Remote links, in the order made.
    package internal(set) var remoteLinks: [SimulatedRemoteLink] = []
    /// Its attachments, in the order made.
    package internal(set) var attachments: [SimulatedAttachment] = []
    /// When it was made, in milliseconds since 1970 by the site's clock.
    package let created: Int
    /// When it was last changed, likewise.
    package internal(set) var updated: Int
    /// Whether nobody may see it.
    package internal(set) var isHidden = false

    /// The number in its key.
    package var number: Int {
        key.split(separator: "-").last.flatMap { Int($0) } ?? 0
    }
}

/// A link to something outside Jira.
package struct SimulatedRemoteLink: Sendable, Hashable {
    package let id: Int
    /// The name by which a second request updates it.
    package let globalID: String?
    /// The request's body.
    package internal(set) var body: JSON
}

/// A file of an issue.
package struct SimulatedAttachment: Sendable, Hashable {
    package let id: Int
    package let filename: String
    package let type: String
    package let bytes: [UInt8]
    /// Who sent it.
    package let author: String
    /// In milliseconds since 1970.
    package let created: Int
}

/// A link between two issues: the source shows the type's outward words, the destination its inward words.
package struct SimulatedLink: Sendable, Hashable {
    package let id: Int
    /// The type's name.
    package let type: String
    /// The id of the issue that, say, blocks: the request's `inwardIssue`.
    package let source: Int
    /// The id of the issue that, say, is blocked: the request's `outwardIssue`.
    package let destination: Int
}
