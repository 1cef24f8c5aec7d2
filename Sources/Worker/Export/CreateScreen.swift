import Jira

/// What a site says about creating issues of one type, reduced to what a ticket needs.
struct CreateScreen: Sendable {
    let issueTypeID: String
    let fields: [String: JiraFieldMeta]
    let sprintFieldID: String?
    let storyPointsFieldID: String?

    init(issueTypeID: String, fields: [JiraFieldMeta]) {
        self.issueTypeID = issueTypeID
        self.fields = Dictionary(fields.map { ($0.id, $0) }) { first, _ in first }
        sprintFieldID = fields.first { $0.schema?.custom == JiraFieldSchema.sprint }?.id
        storyPointsFieldID = fields.first(where: Self.isStoryPoints)?.id
    }

    private static func isStoryPoints(_ field: JiraFieldMeta) -> Bool {
        if field.schema?.custom == JiraFieldSchema.storyPointEstimate { return true }
        let name = field.name.lowercased()
        return field.schema?.custom == JiraFieldSchema.float
            && (name == "story points" || name == "story point estimate")
    }

    /// Whether an issue cannot be made without the field.
    func requires(_ field: String) -> Bool { fields[field].map { $0.isRequired && !$0.hasDefaultValue } ?? false }
}

/// What was looked up for a ticket, because Jira takes only ids.
struct ResolvedNames: Sendable {
    var assigneeID: String?
    var sprintID: Int64?
    var parentKey: String?
    /// The names of the files that the ticket brought along.
    var takenNames: Set<String> = []
}
