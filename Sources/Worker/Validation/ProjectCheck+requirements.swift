import Jira
import TramlineModel

extension ProjectCheck {
    /// How many people an answer lists.
    static let listedPeople = 500

    /// What keeps a team's requirements from being met, and what its exports will have to do without.
    func findings(for requirements: ProjectRequirements) -> [ProjectFinding] {
        guard facts.project != nil else { return accessFindings }
        return accessFindings + sprintFindings(areRequired: requirements.requiresSprintAssignment)
            + assigneeFindings(areRequired: requirements.requiresAssignee)
            + priorityFindings(areRequired: requirements.requiresPriorityLevels) + permissionWarnings + requiredFields
    }

    private func sprintFindings(areRequired: Bool) -> [ProjectFinding] {
        guard areRequired else { return [] }
        let action = "Make a sprint on a Scrum board of the project, or give up assigning sprints"
        var findings: [ProjectFinding] = []
        // What stands above or below the usual types is in no sprint of its own.
        let types = facts.issueTypes.filter { ($0.hierarchyLevel ?? 0) == 0 && !$0.isSubtask }
        if let finding = missing("Sprint", of: types, where: { $0.sprintFieldID != nil }, .sprintsNotAvailable) {
            findings.append(finding)
        }
        switch facts.sprints {
        case .unread: break
        case .refused:
            findings.append(
                .blocking(
                    .sprintsNotListed,
                    "the Jira account, or its token, may not read the boards of \(facts.key), so no sprint can be chosen",
                    action: "Give the account access to the project's boards"
                )
            )
        case .open(let sprints, _) where sprints.isEmpty:
            findings.append(
                .blocking(.sprintsNotAvailable, "no board of \(facts.key) has a sprint that is open", action: action)
            )
        case .open(_, let isComplete):
            if !isComplete {
                findings.append(
                    .warning(
                        .sprintsNotListed,
                        "the project has many boards; sprints are listed of the first \(ProjectReader.boards)",
                        action: "Name a sprint of another board by its number"
                    )
                )
            }
        }
        if !facts.permissions.contains(.schedule) {
            findings.append(
                .warning(
                    .scheduleNotPermitted,
                    "the Jira account lacks the permission Schedule Issues, without which Jira may refuse sprints",
                    action: "Give the account the project permission Schedule Issues"
                )
            )
        }
        return findings
    }

    private func assigneeFindings(areRequired: Bool) -> [ProjectFinding] {
        var findings: [ProjectFinding] = []
        if areRequired,
            let finding = missing(
                "Assignee",
                of: facts.issueTypes,
                where: { $0.fields["assignee"] != nil },
                .assigneesNotAvailable
            )
        {
            findings.append(finding)
        }
        if areRequired, !facts.permissions.contains(.assign) {
            findings.append(
                .blocking(
                    .assignNotPermitted,
                    "the Jira account may not assign issues in \(facts.key)",
                    action: "Give the account the project permission Assign Issues"
                )
            )
        }
        switch facts.people {
        case .unread: break
        case .active(let people) where people.isEmpty && areRequired:
            findings.append(
                .blocking(
                    .assigneesNotAvailable,
                    "there is nobody to whom issues of \(facts.key) can be assigned",
                    action: "Give people of the project the permission Assignable User"
                )
            )
        case .active(let people) where people.count > Self.listedPeople:
            findings.append(
                .warning(
                    .assigneesNotListed,
                    "the project has very many people; \(Self.listedPeople) are listed",
                    action: "Name others by their e-mail address or account id"
                )
            )
        case .active: break
        case .refused:
            let sentence = "the Jira account may not look for the people of \(facts.key)"
            let action = "Give the account the global permission Browse users and groups"
            findings.append(
                areRequired
                    ? .blocking(.assigneesNotListed, sentence, action: action)
                    : .warning(.assigneesNotListed, sentence, action: action)
            )
        }
        return findings
    }

    private func priorityFindings(areRequired: Bool) -> [ProjectFinding] {
        guard areRequired else { return [] }
        return missing(
            "Priority",
            of: facts.issueTypes,
            where: { $0.fields["priority"]?.allowedValues?.isEmpty == false },
            .prioritiesNotAvailable
        ).map { [$0] } ?? []
    }

    /// A field that must be on the create screens: on none, it blocks; on some only, it is a warning.
    private func missing(
        _ field: String,
        of types: [JiraIssueType],
        where isThere: (CreateScreen) -> Bool,
        _ kind: ProjectFinding.Kind
    ) -> ProjectFinding? {
        let read = types.filter { facts.screens[$0.id] != nil }
        guard !read.isEmpty else { return nil }
        let without = read.filter { type in facts.screens[type.id].map { !isThere($0) } ?? false }
        let action = "Ask a Jira administrator to put the field \(field) on the create screens"
        if without.isEmpty { return nil }
        if without.count == read.count {
            return .blocking(kind, "the field \(field) is on no create screen of \(facts.key)", action: action)
        }
        let names = without.map(\.name).joined(separator: ", ")
        return .warning(kind, "the field \(field) is not on the create screens of \(names)", action: action)
    }

    // MARK: Warnings

    /// What ends as a manual fix rather than a failure.
    private var permissionWarnings: [ProjectFinding] {
        guard facts.permissions.contains(.create) else { return [] }
        let lacks: [(ProjectFacts.Permission, ProjectFinding.Kind, String)] = [
            (.attach, .attachNotPermitted, "files cannot be attached"),
            (.link, .linkNotPermitted, "dependencies cannot be linked"),
        ]
        return lacks.filter { !facts.permissions.contains($0.0) }.map { permission, kind, what in
            .warning(
                kind,
                "the Jira account lacks the permission \(permission.title): \(what), and become manual fixes",
                action: "Give the account the project permission \(permission.title)"
            )
        }
    }

    /// Fields that tickets must give beside what all of them have.
    private var requiredFields: [ProjectFinding] {
        facts.issueTypes.compactMap { type in
            guard let screen = facts.screens[type.id] else { return nil }
            let fields = Self.demands(of: screen).filter { !Self.givenFields.contains($0.id) }
            guard !fields.isEmpty else { return nil }
            return .warning(
                .fieldsRequired,
                "every \(type.name) must have \(fields.map(Self.name).joined(separator: ", "))",
                action: "Give these fields in the tickets"
            )
        }
    }
}
