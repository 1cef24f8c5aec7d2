/// A ticket as far as it can be read alone; what its refs mean shows when all tickets have been read.
struct TicketReading {
    var draft: SessionDraft.Ticket
    /// The refs with their positions in the body.
    var dependsOn: [(position: Int, ref: String)]
    var parent: String?
}

extension ImportReader {
    private static let ticketMembers: Set = [
        "ref", "title", "description_html", "issue_type", "priority", "assignee", "sprint", "story_points", "labels",
        "parent", "depends_on", "fields", "attachments",
    ]

    /// What a ticket is when it does not say.
    private static let defaultIssueType = "Task"

    /// Reads a ticket. Where a value is wrong, something empty stands in for it.
    mutating func ticket(_ value: JSONValue, at place: ImportPlace) -> TicketReading {
        let members = object(value, at: place, "a ticket", known: Self.ticketMembers) ?? [:]
        // One fault is enough for what is no ticket at all.
        if case .object = value {} else { return .nothing }
        func at(_ name: String) -> ImportPlace { place.member(name) }
        let dependsOn = dependencies(members["depends_on"], at: at("depends_on"))
        let content = TicketContent(
            title: line(members["title"], at: at("title"), most: ImportLimits.titleCharacters, required: true) ?? "",
            descriptionHTML: description(members["description_html"], at: at("description_html")),
            issueType: line(members["issue_type"], at: at("issue_type")) ?? Self.defaultIssueType,
            priority: line(members["priority"], at: at("priority")),
            assignee: assignee(members["assignee"], at: at("assignee")),
            sprint: sprint(members["sprint"], at: at("sprint")),
            storyPoints: storyPoints(members["story_points"], at: at("story_points")),
            labels: labels(members["labels"], at: at("labels")),
            fields: fields(members["fields"], at: at("fields"))
        )
        let draft = SessionDraft.Ticket(
            ref: line(members["ref"], at: at("ref"), most: ImportLimits.refCharacters, required: true) ?? "",
            content: content,
            dependsOn: dependsOn.map(\.ref),
            attachments: attachments(members["attachments"], at: at("attachments")),
            exportOrder: 0
        )
        return TicketReading(draft: draft, dependsOn: dependsOn, parent: line(members["parent"], at: at("parent")))
    }

    private mutating func description(_ value: JSONValue?, at place: ImportPlace) -> String? {
        guard let html = text(value, at: place) else { return nil }
        guard html.utf8.count <= ImportLimits.descriptionBytes else {
            faults.add(place, "has \(html.utf8.count) bytes, the most is \(ImportLimits.descriptionBytes)")
            return nil
        }
        return html
    }

    private mutating func assignee(_ value: JSONValue?, at place: ImportPlace) -> Assignee? {
        guard let value,
            let members = object(value, at: place, "an assignee", known: ["email", "account_id", "display_name"])
        else { return nil }
        guard members.count == 1, let (name, value) = members.first else {
            faults.add(place, "must have exactly one of email, account_id and display_name")
            return nil
        }
        guard let text = line(value, at: place.member(name)) else { return nil }
        switch name {
        case "account_id": return .accountID(text)
        case "display_name": return .displayName(text)
        default:
            guard text.contains("@") else {
                faults.add(place.member(name), "must be an e-mail address")
                return nil
            }
            return .email(text)
        }
    }

    private mutating func sprint(_ value: JSONValue?, at place: ImportPlace) -> SprintReference? {
        switch value {
        case nil:
            return nil
        case .string:
            return line(value, at: place).map(SprintReference.name)
        case .number(let number):
            // Above 2⁵³ a number is no longer itself for a reader in JavaScript.
            guard let id = number.integer, (1...(1 << 53)).contains(id) else {
                faults.add(place, "must be a sprint's name or its number")
                return nil
            }
            return .number(id)
        case let value?:
            faults.add(place, "must be a sprint's name or its number, but is \(value.kind)")
            return nil
        }
    }

    private mutating func storyPoints(_ value: JSONValue?, at place: ImportPlace) -> Double? {
        guard let value else { return nil }
        guard case .number(let number) = value else {
            faults.add(place, "must be a number, but is \(value.kind)")
            return nil
        }
        guard number.text.utf8.count <= ImportLimits.numberCharacters, let points = number.double else {
            faults.add(place, "is beyond all bounds")
            return nil
        }
        return points
    }

    /// Labels, each once: Jira keeps a set.
    private mutating func labels(_ value: JSONValue?, at place: ImportPlace) -> [String] {
        var labels: [String] = []
        var seen: Set<String> = []
        for (index, value) in list(value, at: place, most: ImportLimits.labels).enumerated() {
            let place = place.element(index)
            guard let label = line(value, at: place, most: ImportLimits.labelCharacters) else { continue }
            guard !label.contains(where: \.isWhitespace) else {
                faults.add(place, "must not hold a space: Jira's labels are single words")
                continue
            }
            if seen.insert(label).inserted { labels.append(label) }
        }
        return labels
    }

    private mutating func dependencies(_ value: JSONValue?, at place: ImportPlace) -> [(position: Int, ref: String)] {
        var dependencies: [(position: Int, ref: String)] = []
        var seen: Set<String> = []
        for (index, value) in list(value, at: place, most: ImportLimits.dependencies).enumerated() {
            let place = place.element(index)
            guard let ref = line(value, at: place, most: ImportLimits.refCharacters) else { continue }
            guard seen.insert(ref).inserted else {
                faults.add(place, "stands here twice")
                continue
            }
            dependencies.append((index, ref))
        }
        return dependencies
    }
}

extension TicketReading {
    /// What stands for an element that is no ticket, so that the others keep their places.
    fileprivate static let nothing = TicketReading(
        draft: SessionDraft.Ticket(ref: "", content: TicketContent(title: ""), exportOrder: 0),
        dependsOn: [],
        parent: nil
    )
}
