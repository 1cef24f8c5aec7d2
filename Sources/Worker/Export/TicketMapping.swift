import ADF
import Jira
import Record
import TramlineModel

/// A ticket as the body of a create request, with what had to be left out. Pure.
struct TicketMapping {
    /// The issue property that carries the marker.
    static let markerProperty = "tramline"

    /// A file that goes along because the description does not hold everything.
    struct Companion: Sendable, Equatable {
        let name: String
        let contentType: String
        let bytes: [UInt8]

        /// By these the files that an earlier run has added are known again.
        static let types = ["text/html; charset=utf-8", "text/plain; charset=utf-8"]
    }

    /// What is still tried when Jira refuses a create without naming a field, in this order.
    private enum Form {
        /// As converted, with the marker's property.
        case full
        /// With only the plainest nodes in the description.
        case plain
        /// As converted, without the property. The label, where there is one, still marks the issue.
        case unmarked
    }

    let screen: CreateScreen
    private(set) var draft: JiraIssueDraft
    /// The fields that may be dropped when Jira refuses them, and what the ticket calls them.
    private(set) var optional: [String: OptionalField] = [:]
    /// What a description that is cut or simplified leaves for a person to see.
    private(set) var companion: Companion?
    /// What the converter of the description said when it could not convert it.
    private(set) var descriptionFault: ADFReport?
    private var fieldFixes: [ManualFix] = []
    private var descriptionFixes: [ManualFix] = []
    private var form = Form.full
    private let ticket: Ticket
    private let takenNames: Set<String>

    var fixes: [ManualFix] { fieldFixes + descriptionFixes }
    /// Whether the create was sent without the property because Jira refuses it.
    var hasYieldedProperty: Bool { form == .unmarked }

    /// - Parameter carriesProperty: whether the marker goes as an issue property; `false` where the project is known to
    ///   refuse that.
    init(
        _ ticket: Ticket,
        project: String,
        screen: CreateScreen,
        names: ResolvedNames,
        carriesProperty: Bool = true
    ) {
        self.ticket = ticket
        self.screen = screen
        takenNames = names.takenNames
        draft = JiraIssueDraft(
            fields: [
                "project": ["key": .string(project)],
                "issuetype": ["id": .string(screen.issueTypeID)],
                "summary": .string(ticket.content.title),
            ],
            documents: [:],
            properties: carriesProperty
                ? [Self.markerProperty: ["marker": .string(ticket.marker.description), "ref": .string(ticket.ref)]]
                : [:]
        )
        addOptionalFields(names)
        addFurtherFields()
        setDescription(isPlain: false)
    }

    // MARK: Refusals

    /// Gives way to a refusal: leaves out exactly the optional fields that Jira names, or, where it names none, tries the
    /// next simpler form. Decided by status and field ids, never by a text.
    ///
    /// - Returns: Whether there is anything new to send; if not, nothing has changed.
    mutating func yield(to error: JiraError) -> Bool {
        // Of the refusals only a 400 is about what was sent.
        guard error.code == .rejected, error.status == 400 else { return false }
        return error.fieldErrors.isEmpty ? simplify() : drop(error.fieldErrors)
    }

    /// - Parameter errors: Jira's messages by field id.
    private mutating func drop(_ errors: [String: String]) -> Bool {
        guard errors.keys.allSatisfy({ optional[$0] != nil }) else { return false }
        for (id, message) in errors.sorted(by: { $0.key < $1.key }) {
            guard let field = optional.removeValue(forKey: id) else { continue }
            draft.fields[id] = nil
            miss(field, id, reason: message)
        }
        return true
    }

    private mutating func simplify() -> Bool {
        switch form {
        case .full:
            form = .plain
            let before = draft.documents["description"]
            setDescription(isPlain: true)
            if descriptionFault == nil, draft.documents["description"] != before { return true }
            // Nothing would be different but the file that goes along.
            return simplify()
        case .plain:
            setDescription(isPlain: false)
            guard !draft.properties.isEmpty else { return false }
            form = .unmarked
            draft.properties = [:]
            return true
        case .unmarked:
            return false
        }
    }

    // MARK: Description

    private mutating func setDescription(isPlain: Bool) {
        descriptionFixes = []
        companion = nil
        guard let html = ticket.content.descriptionHTML, !html.isEmpty else { return }
        let (name, type) =
            isPlain
            ? (freeName("full-description", "html"), Companion.types[0])
            : (freeName("full-description", "txt"), Companion.types[1])
        let converter = ADFConverter(
            options: .init(
                profile: isPlain ? .plain : .full,
                length: .cut(note: "The full description is attached as \(name).")
            )
        )
        let conversion = converter.convert(html)
        descriptionFault = conversion.document == nil ? conversion.report : nil
        guard let document = conversion.document else { return }
        draft.documents["description"] = document
        if conversion.overflow != nil {
            descriptionFixes.append(FixTable.descriptionCut(of: ticket.id, file: name))
        }
        if isPlain {
            companion = Companion(name: name, contentType: type, bytes: Array(html.utf8))
            descriptionFixes.append(FixTable.descriptionSimplified(of: ticket.id, file: name))
        } else if let text = conversion.overflow {
            companion = Companion(name: name, contentType: type, bytes: Array(text.utf8))
        }
    }

    /// A name that none of the ticket's own files has.
    private func freeName(_ base: String, _ suffix: String) -> String {
        let names = ["\(base).\(suffix)"] + (2...100).map { "\(base)-\($0).\(suffix)" }
        // A ticket has far fewer files than that.
        return names.first { !takenNames.contains($0) } ?? names[0]
    }

    // MARK: Fields

    private mutating func addOptionalFields(_ names: ResolvedNames) {
        let content = ticket.content
        if let priority = content.priority { addPriority(priority) }
        if let assignee = names.assigneeID {
            add(.assignee, id: "assignee", value: ["id": .string(assignee)])
        } else if content.assignee != nil {
            miss(
                .assignee,
                "assignee",
                reason: "No active member of the project has this name or a visible address like this."
            )
        }
        if let sprint = names.sprintID {
            add(.sprint, id: screen.sprintFieldID ?? "sprint", value: .integer(Int(sprint)))
        } else if content.sprint != nil {
            miss(.sprint, "sprint", reason: "No open sprint of the project's boards has this name.")
        }
        if let points = content.storyPoints {
            add(.storyPoints(points), id: screen.storyPointsFieldID ?? "story_points", value: .number(points))
        }
        if let parent = names.parentKey {
            add(.parent(parent), id: "parent", value: ["key": .string(parent)])
        }
        var labels = content.labels
        if screen.fields["labels"] != nil { labels.append(ticket.marker.label) }
        if !labels.isEmpty {
            add(.labels(content.labels), id: "labels", value: .array(labels.map { .string($0) }))
        }
    }

    /// A priority goes by its id, where the screen tells the allowed ones: names are translated.
    private mutating func addPriority(_ name: String) {
        guard let meta = screen.fields["priority"], let allowed = meta.allowedValues else {
            return add(.priority(name), id: "priority", value: ["name": .string(name)])
        }
        let field = OptionalField.priority(name, available: allowed.compactMap { $0["name"]?.string })
        guard let value = meta.allowedValue(named: name), let id = value["id"]?.identifier else {
            return miss(field, "priority", reason: "The project has no such priority.")
        }
        add(field, id: "priority", value: ["id": .string(id)])
    }

    /// The fields that the import gave by their ids go as they are.
    private mutating func addFurtherFields() {
        // The column holds an object that the import has checked; were it anything else, nothing would be lost.
        guard let further = try? JiraJSON(parsing: Array(ticket.content.fields.utf8)).object else { return }
        for (id, value) in further.sorted(by: { $0.key < $1.key }) where draft.fields[id] == nil {
            add(.other(id), id: id, value: value)
        }
    }

    /// Sends a field that is on the create screen; one that is not would only be refused.
    private mutating func add(_ field: OptionalField, id: String, value: JiraJSON) {
        guard screen.fields[id] != nil else {
            return miss(field, id, reason: "The field is not on the project's create screen.")
        }
        draft.fields[id] = value
        // Without a required field there is no issue: its refusal is for a person to mend.
        if !screen.requires(id) { optional[id] = field }
    }

    private mutating func miss(_ field: OptionalField, _ id: String, reason: String) {
        guard field.isTicketsOwn else { return }
        fieldFixes.append(FixTable.field(field, id, of: ticket.id, reason: reason))
    }
}
