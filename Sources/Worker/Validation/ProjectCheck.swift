import Jira
import TramlineModel

/// The rules by which a project is fit for an export, for tickets or for a team's requirements. Pure.
struct ProjectCheck {
    let facts: ProjectFacts

    /// What keeps tickets from being created: every reason, none twice. Empty where the export may begin.
    func findings(for tickets: [Ticket]) -> [ProjectFinding] {
        let access = accessFindings
        guard access.isEmpty else { return access }
        return missingTypes(of: tickets) + missingFields(of: tickets)
    }

    // MARK: Access

    /// What no export can do without.
    var accessFindings: [ProjectFinding] {
        guard let project = facts.project, facts.permissions.contains(.browse) else {
            return [
                .blocking(
                    .projectNotFound,
                    "Jira does not know the project \(facts.key), or does not show it to the account",
                    action: "Check the project's key, and give the account the project permission Browse Projects"
                )
            ]
        }
        if project.isArchived {
            return [
                .blocking(
                    .projectArchived,
                    "the project \(facts.key) is archived",
                    action: "Ask a Jira administrator to restore the project, or choose another one"
                )
            ]
        }
        guard facts.permissions.contains(.create) else {
            return [
                .blocking(
                    .createNotPermitted,
                    "the Jira account may not create issues in \(facts.key)",
                    action: "Give the account the project permission Create Issues"
                )
            ]
        }
        guard !facts.issueTypes.isEmpty else {
            return [
                .blocking(
                    .noIssueTypes,
                    "the project \(facts.key) has no issue type that can be created",
                    action: "Ask a Jira administrator to add an issue type to the project"
                )
            ]
        }
        return []
    }

    // MARK: Tickets

    private func missingTypes(of tickets: [Ticket]) -> [ProjectFinding] {
        Self.grouped(tickets, by: \.content.issueType).compactMap { name, tickets in
            guard facts.issueType(named: name) == nil else { return nil }
            let available = facts.issueTypes.map(\.name).joined(separator: ", ")
            return .blocking(
                .issueTypeMissing,
                "the project has no issue type \"\(name)\", asked for by \(Self.refs(of: tickets)); it has \(available)",
                action: "Ask a Jira administrator to add the issue type \"\(name)\" to the project, "
                    + "or import the tickets with another type"
            )
        }
    }

    private func missingFields(of tickets: [Ticket]) -> [ProjectFinding] {
        Self.grouped(tickets, by: \.content.issueType).flatMap { name, tickets -> [ProjectFinding] in
            guard let type = facts.issueType(named: name), let screen = facts.screens[type.id] else { return [] }
            return Self.demands(of: screen).compactMap { field in
                let lacking = tickets.filter { !$0.gives(field.id, on: screen) }
                guard !lacking.isEmpty else { return nil }
                return .blocking(
                    .requiredFieldMissing,
                    "every \(type.name) must have \(Self.name(of: field)), not given by \(Self.refs(of: lacking))",
                    action: "Give \(Self.name(of: field)) in the tickets, "
                        + "or ask a Jira administrator for a default or to make it optional"
                )
            }
        }
    }

    /// The fields that must be given, in an order that does not change.
    static func demands(of screen: CreateScreen) -> [JiraFieldMeta] {
        screen.fields.values.filter { $0.isRequired && !$0.hasDefaultValue }.sorted { $0.id < $1.id }
    }

    // MARK: Words

    /// How many tickets a sentence names.
    private static let namedTickets = 5

    private static func refs(of tickets: [Ticket]) -> String {
        let named = tickets.prefix(namedTickets).map(\.ref).joined(separator: ", ")
        let more = tickets.count - namedTickets
        return named + (more > 0 ? " and \(more) more" : "")
    }

    static func name(of field: JiraFieldMeta) -> String {
        field.name == field.id ? field.name : "\(field.name) (\(field.id))"
    }

    /// In the order in which each first comes.
    private static func grouped<Key: Hashable>(
        _ tickets: [Ticket],
        by key: (Ticket) -> Key
    ) -> [(Key, [Ticket])] {
        var order: [Key] = []
        var groups: [Key: [Ticket]] = [:]
        for ticket in tickets {
            if groups[key(ticket)] == nil { order.append(key(ticket)) }
            groups[key(ticket), default: []].append(ticket)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }
}

extension ProjectCheck {
    /// The fields that every create request gives, or that Jira fills in: the account is the reporter, and the marker's label is
    /// always there.
    static let givenFields: Set = ["project", "issuetype", "summary", "reporter", "labels"]
}

extension Ticket {
    /// Whether the create request for this ticket gives a field a value.
    func gives(_ field: String, on screen: CreateScreen) -> Bool {
        switch field {
        case _ where ProjectCheck.givenFields.contains(field): true
        case "description": content.descriptionHTML?.isEmpty == false
        case "priority": content.priority != nil
        case "assignee": content.assignee != nil
        case "parent": parent != nil
        case screen.sprintFieldID: content.sprint != nil
        case screen.storyPointsFieldID: content.storyPoints != nil || givesByID(field)
        default: givesByID(field)
        }
    }

    private func givesByID(_ field: String) -> Bool {
        // The column holds an object that the import has checked; were it anything else, it would give nothing.
        guard let further = try? JiraJSON(parsing: Array(content.fields.utf8)).object else { return false }
        return further[field].map { $0 != .null } ?? false
    }
}
