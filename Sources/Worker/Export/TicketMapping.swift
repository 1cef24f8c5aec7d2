import ADF
import Jira
import Record
import TramlineModel

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
}

/// What was looked up for a ticket's names, because Jira takes only ids.
struct ResolvedNames: Sendable {
    var assigneeID: String?
    var sprintID: Int64?
    var parentKey: String?
}

/// How much of a description goes to Jira.
enum DescriptionForm: Sendable, Hashable {
    /// As converted.
    case full
    /// Only the plainest nodes: after Jira has refused the full form.
    case plain
}

/// A ticket as the body of a create request, with what had to be left out. Pure.
struct TicketMapping {
    /// The issue property that carries the marker.
    static let markerProperty = "tramline"

    var draft: JiraIssueDraft
    /// The fields that may be dropped when Jira refuses them, and what the ticket calls them.
    private(set) var optional: [String: OptionalField] = [:]
    private(set) var fixes: [ManualFix] = []
    /// The whole text of a description that had to be cut: it goes along as a file.
    private(set) var overflow: String?
    /// What the converter of the description said when it could not convert it.
    private(set) var descriptionFault: ADFReport?
    private let ticket: Ticket

    init(_ ticket: Ticket, project: String, screen: CreateScreen, names: ResolvedNames) {
        self.ticket = ticket
        draft = JiraIssueDraft(
            fields: [
                "project": ["key": .string(project)],
                "issuetype": ["id": .string(screen.issueTypeID)],
                "summary": .string(ticket.content.title),
            ],
            documents: [:],
            properties: [
                Self.markerProperty: ["marker": .string(ticket.marker.description), "ref": .string(ticket.ref)]
            ]
        )
        addOptionalFields(screen, names)
        addFurtherFields()
        setDescription(.full)
    }

    /// Renders the description anew.
    mutating func setDescription(_ form: DescriptionForm) {
        guard let html = ticket.content.descriptionHTML, !html.isEmpty else { return }
        let note = "The full description is attached as \(Self.overflowFilename)."
        let converter = ADFConverter(
            options: .init(profile: form == .full ? .full : .plain, length: .cut(note: note))
        )
        let conversion = converter.convert(html)
        guard let document = conversion.document else {
            descriptionFault = conversion.report
            return
        }
        draft.documents["description"] = document
        overflow = conversion.overflow
        if overflow != nil {
            addFix(
                "description_cut",
                subject: "description",
                reason: "The description is longer than Jira allows.",
                action: "Read the whole text in the attachment \(Self.overflowFilename) and shorten the description"
            )
        }
        if form == .plain {
            addFix(
                "description_simplified",
                subject: "description",
                reason: "Jira refused the formatting of the description.",
                action: "Compare the description with the original and restore formatting where it matters"
            )
        }
    }

    static let overflowFilename = "full-description.txt"

    /// Leaves out the optional fields that Jira has refused.
    /// - Parameter errors: Jira's messages by field id.
    /// - Returns: Whether all that Jira named could be left out; if not, nothing has changed.
    mutating func drop(_ errors: [String: String]) -> Bool {
        guard !errors.isEmpty, errors.keys.allSatisfy({ optional[$0] != nil }) else { return false }
        for (id, message) in errors {
            guard let field = optional.removeValue(forKey: id) else { continue }
            draft.fields[id] = nil
            // The marker's own label is nobody's loss.
            guard field.isTicketsOwn else { continue }
            addFix(field.issueType, subject: id, reason: message, action: field.action)
        }
        return true
    }

    /// Records that a name could not be found.
    mutating func addFix(_ issueType: String, subject: String, reason: String, action: String) {
        fixes.append(
            ManualFix(
                ticket: ticket.id,
                issueType: issueType,
                subject: subject,
                reason: reason,
                recommendedAction: action
            )
        )
    }

    // MARK: Fields

    private mutating func addOptionalFields(_ screen: CreateScreen, _ names: ResolvedNames) {
        let content = ticket.content
        if let priority = content.priority {
            add(.priority(priority), id: "priority", value: ["name": .string(priority)], screen)
        }
        if let assignee = names.assigneeID {
            add(.assignee, id: "assignee", value: ["id": .string(assignee)], screen)
        }
        if let sprint = names.sprintID {
            add(.sprint, id: screen.sprintFieldID ?? "sprint", value: .integer(Int(sprint)), screen)
        }
        if let points = content.storyPoints {
            add(.storyPoints(points), id: screen.storyPointsFieldID ?? "story_points", value: .number(points), screen)
        }
        if let parent = names.parentKey {
            add(.parent(parent), id: "parent", value: ["key": .string(parent)], screen)
        }
        var labels = content.labels
        if screen.fields["labels"] != nil { labels.append(ticket.marker.label) }
        if !labels.isEmpty {
            let field = OptionalField.labels(content.labels, isTicketsOwn: !content.labels.isEmpty)
            add(field, id: "labels", value: .array(labels.map { .string($0) }), screen)
        }
    }

    /// Sends a field that is on the create screen; one that is not would only be refused.
    private mutating func add(_ field: OptionalField, id: String, value: JiraJSON, _ screen: CreateScreen) {
        guard screen.fields[id] != nil else {
            addFix(
                field.issueType,
                subject: id,
                reason: "The field is not on the project's create screen.",
                action: field.action
            )
            return
        }
        draft.fields[id] = value
        optional[id] = field
    }

    /// The fields that the import gave by their ids go as they are.
    private mutating func addFurtherFields() {
        guard let further = try? JiraJSON(parsing: Array(ticket.content.fields.utf8)).object else {
            // The column holds an object that the import has checked; were it anything else, nothing would be lost.
            return
        }
        for (id, value) in further where draft.fields[id] == nil {
            draft.fields[id] = value
            optional[id] = .other(id)
        }
    }
}

/// A field that an export can do without: dropped when Jira refuses it, and told as a manual fix.
struct OptionalField: Sendable {
    /// The manual fix's type.
    let issueType: String
    /// What a person does about it.
    let action: String
    /// Whether the ticket asked for it.
    var isTicketsOwn = true

    static func priority(_ name: String) -> OptionalField {
        OptionalField(
            issueType: "priority_not_available",
            action: "Choose a priority of the project; the ticket asked for \"\(name)\""
        )
    }

    static let assignee = OptionalField(
        issueType: "assignee_invalid",
        action: "Assign the issue to a member of the project"
    )
    static let sprint = OptionalField(
        issueType: "sprint_not_found",
        action: "Move the issue into a sprint that is open"
    )

    static func storyPoints(_ points: Double) -> OptionalField {
        OptionalField(issueType: "story_points_not_set", action: "Enter the story points: \(points.formatted)")
    }

    static func parent(_ key: String) -> OptionalField {
        OptionalField(issueType: "parent_not_set", action: "Set the parent to \(key), if its type allows that")
    }

    static func labels(_ labels: [String], isTicketsOwn: Bool) -> OptionalField {
        OptionalField(
            issueType: "labels_not_set",
            action: "Add the labels: \(labels.joined(separator: ", "))",
            isTicketsOwn: isTicketsOwn
        )
    }

    static func other(_ id: String) -> OptionalField {
        OptionalField(issueType: "field_not_set", action: "Set the field \(id) in Jira")
    }
}

extension Double {
    /// Without a needless ".0": as a person writes it.
    fileprivate var formatted: String {
        rounded() == self && abs(self) < 1e15 ? String(Int64(self)) : String(self)
    }
}
