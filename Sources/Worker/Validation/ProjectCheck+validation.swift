import Jira
import TramlineModel

extension ProjectCheck {
    /// The answer to whoever sets a session up: what there is to choose from, and what is amiss.
    func validation(for requirements: ProjectRequirements) -> ProjectValidation {
        let findings = findings(for: requirements)
        let blocking = findings.filter(\.isBlocking)
        let isVisible = facts.project != nil && facts.permissions.contains(.browse)
        return ProjectValidation(
            projectKey: facts.key,
            projectName: facts.project.map { $0.name.plainLine() } ?? "",
            validationStatus: blocking.isEmpty ? .valid : .invalid,
            canCreateTasks: accessFindings.isEmpty,
            canViewProject: isVisible,
            availableSprints: sprints,
            teamMembers: members,
            priorityLevels: priorities,
            validationWarnings: findings.filter { !$0.isBlocking }.map {
                .init(code: $0.kind.rawValue, message: $0.paragraph)
            },
            blockingIssues: blocking.map(\.paragraph)
        )
    }

    /// Active ones first.
    private var sprints: [ProjectValidation.SprintOption] {
        guard case .open(let sprints, _) = facts.sprints else { return [] }
        let active = sprints.filter { $0.state == .active }
        return (active + sprints.filter { $0.state != .active }).map { sprint in
            .init(
                id: String(sprint.id),
                name: sprint.name.plainLine(),
                state: sprint.state == .active ? "active" : "future"
            )
        }
    }

    private var members: [ProjectValidation.TeamMemberOption] {
        guard case .active(let people) = facts.people else { return [] }
        return people.prefix(Self.listedPeople).map {
            .init(
                accountId: $0.accountID.plainLine(),
                displayName: $0.displayName.plainLine(),
                email: $0.emailAddress?.plainLine()
            )
        }
    }

    /// Those of all create screens, in the order in which Jira gives them.
    private var priorities: [ProjectValidation.PriorityOption] {
        var seen: Set<String> = []
        return facts.issueTypes.compactMap { facts.screens[$0.id]?.fields["priority"]?.allowedValues }.flatMap(\.self)
            .compactMap { JiraPriority($0) }
            .filter { seen.insert($0.id).inserted }
            .map { .init(id: $0.id, name: $0.name.plainLine()) }
    }
}

extension ProjectFinding {
    /// What is the matter and what to do, as sentences.
    fileprivate var paragraph: String {
        (sentence.prefix(1).uppercased() + sentence.dropFirst() + ". " + action + ".").plainLine(most: 2000)
    }
}

extension String {
    /// The text as one line of bounded length: names come from somebody else's site, and neither the record nor a log can take
    /// all that may be in them.
    func plainLine(most: Int = 255) -> String {
        let line = String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(most * 4).map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
        return line.count <= most ? line : line.prefix(most - 1) + "…"
    }
}
