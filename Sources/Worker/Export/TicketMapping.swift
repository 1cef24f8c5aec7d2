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
    }

    /// How the description is worded: what is still tried when Jira refuses it, in this order.
    private enum Wording {
        /// As converted.
        case full
        /// With only the plainest nodes.
        case plain
        /// The beginning of that: how Jira counts the characters of a document is not known.
        case excerpt
    }

    /// Of an excerpt, characters: far below the limit by any way to count.
    private static let excerpt = 10_000
    /// What Jira calls fields in its refusals, where that is another name than in the request.
    private static let aliases = ["parentId": "parent"]

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
    private var wording = Wording.full
    private let ticket: Ticket
    private let takenNames: Set<String>

    var fixes: [ManualFix] { fieldFixes + descriptionFixes }
    /// Whether the create was sent without the property because Jira refuses it.
    private(set) var hasYieldedProperty = false

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
        setDescription(.full)
    }

    // MARK: Refusals

    /// Gives way to a refusal: leaves out exactly the optional fields that Jira names, and words the description more simply
    /// where Jira names that. Where it names no field, the plainest description is tried, then the marker's property is left
    /// out: the label, where there is one, still marks the issue. Decided by status and field ids, never by a text.
    ///
    /// - Returns: Whether there is anything new to send; if not, nothing has changed.
    mutating func yield(to error: JiraError) -> Bool {
        // Of the refusals only a 400 is about what was sent.
        guard error.code == .rejected, error.status == 400 else { return false }
        return error.fieldErrors.isEmpty ? simplify() : drop(error.fieldErrors)
    }

    /// - Parameter errors: Jira's messages by field id.
    private mutating func drop(_ errors: [String: String]) -> Bool {
        var errors = Dictionary(errors.map { (Self.aliases[$0.key] ?? $0.key, $0.value) }) { first, _ in first }
        let isAboutDescription = errors.removeValue(forKey: "description") != nil
        guard errors.keys.allSatisfy({ optional[$0] != nil }), !isAboutDescription || rephrase() else { return false }
        for (id, message) in errors.sorted(by: { $0.key < $1.key }) {
            guard let field = optional.removeValue(forKey: id) else { continue }
            draft.fields[id] = nil
            miss(field, id, reason: message)
        }
        return true
    }

    private mutating func simplify() -> Bool {
        if wording == .full, !hasYieldedProperty, reword(.plain) { return true }
        // Nothing would be different but the file that goes along, or it did not help.
        setDescription(.full)
        guard !draft.properties.isEmpty else { return false }
        hasYieldedProperty = true
        draft.properties = [:]
        return true
    }

    /// Words a description that Jira has refused by its name more simply.
    private mutating func rephrase() -> Bool {
        (wording == .full && reword(.plain)) || (wording != .excerpt && reword(.excerpt))
    }

    /// - Returns: Whether the document is another one by it.
    private mutating func reword(_ wording: Wording) -> Bool {
        let before = draft.documents["description"]
        setDescription(wording)
        return descriptionFault == nil && draft.documents["description"] != before
    }

    // MARK: Description

    private mutating func setDescription(_ wording: Wording) {
        self.wording = wording
        descriptionFixes = []
        companion = nil
        guard let html = ticket.content.descriptionHTML, !html.isEmpty else { return }
        let isPlain = wording != .full
        let (name, type) =
            isPlain
            ? (freeName("full-description", "html"), "text/html; charset=utf-8")
            : (freeName("full-description", "txt"), "text/plain; charset=utf-8")
        let converter = ADFConverter(
            options: .init(
                profile: isPlain ? .plain : .full,
                length: .cut(note: "The full description is attached as \(name)."),
                characters: wording == .excerpt ? Self.excerpt : ADFConverter.lengthLimit
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
