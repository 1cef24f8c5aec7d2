import Foundation

/// Who shall work on a ticket, as the import named them. Only an account id is certain; the others are looked up.
package enum Assignee: Sendable, Hashable {
    case accountID(String)
    case email(String)
    case displayName(String)
}

/// A sprint, as the import named it.
package enum SprintReference: Sendable, Hashable {
    case name(String)
    case number(Int64)
}

/// What a ticket says, however it came: the members of the import body.
package struct TicketContent: Sendable {
    package var title: String
    package var descriptionHTML: String?
    package var issueType: String
    package var priority: String?
    package var assignee: Assignee?
    package var sprint: SprintReference?
    package var storyPoints: Double?
    package var labels: [String]
    /// Further Jira fields by id: a JSON object's text.
    package var fields: String

    package init(
        title: String,
        descriptionHTML: String? = nil,
        issueType: String = "Task",
        priority: String? = nil,
        assignee: Assignee? = nil,
        sprint: SprintReference? = nil,
        storyPoints: Double? = nil,
        labels: [String] = [],
        fields: String = "{}"
    ) {
        self.title = title
        self.descriptionHTML = descriptionHTML
        self.issueType = issueType
        self.priority = priority
        self.assignee = assignee
        self.sprint = sprint
        self.storyPoints = storyPoints
        self.labels = labels
        self.fields = fields
    }
}

/// The issue in Jira that a ticket became.
package struct ExportedIssue: Sendable, Hashable {
    /// Jira's numeric id, which survives a move to another project.
    package let id: String
    /// As `PROJ-123`.
    package let key: String
    /// The address for browsers.
    package let url: String

    package init(id: String, key: String, url: String) {
        self.id = id
        self.key = key
        self.url = url
    }
}

/// A ticket of a session, as the record holds it.
package struct Ticket: Sendable {
    /// What stands above a ticket in Jira.
    package enum Parent: Sendable, Hashable {
        case ticket(TicketID)
        case key(String)
    }

    /// How far the ticket's export is.
    package enum ExportStatus: String, Sendable, CaseIterable {
        case pending, exported, failed, skipped
    }

    package var id: TicketID
    package var ref: String
    /// From 1: its place in the order of creation.
    package var exportOrder: Int
    package var content: TicketContent
    package var parent: Parent?
    package var marker: Marker
    package var status: ExportStatus
    /// Set exactly when the status is `exported`.
    package var issue: ExportedIssue?

    package init(
        id: TicketID,
        ref: String,
        exportOrder: Int,
        content: TicketContent,
        parent: Parent?,
        marker: Marker,
        status: ExportStatus,
        issue: ExportedIssue?
    ) {
        self.id = id
        self.ref = ref
        self.exportOrder = exportOrder
        self.content = content
        self.parent = parent
        self.marker = marker
        self.status = status
        self.issue = issue
    }
}
