/// What a team wants of a project beyond creating issues.
package struct ProjectRequirements: Sendable, Hashable, Codable {
    package var requiresSprintAssignment: Bool
    package var requiresAssignee: Bool
    package var requiresPriorityLevels: Bool

    package init(
        requiresSprintAssignment: Bool = false,
        requiresAssignee: Bool = false,
        requiresPriorityLevels: Bool = false
    ) {
        self.requiresSprintAssignment = requiresSprintAssignment
        self.requiresAssignee = requiresAssignee
        self.requiresPriorityLevels = requiresPriorityLevels
    }
}

/// What a project offers and whether that suffices: the body of an answer, member by member.
package struct ProjectValidation: Sendable, Equatable, Codable {
    package enum Status: String, Sendable, Codable { case valid, invalid }

    package struct SprintOption: Sendable, Equatable, Codable {
        package let id: String
        package let name: String
        /// `active` or `future`: closed ones take nothing any more.
        package let state: String

        package init(id: String, name: String, state: String) {
            self.id = id
            self.name = name
            self.state = state
        }
    }

    package struct TeamMemberOption: Sendable, Equatable, Codable {
        package let accountId: String
        package let displayName: String
        /// `nil` where the person hides it.
        package let email: String?

        package init(accountId: String, displayName: String, email: String?) {
            self.accountId = accountId
            self.displayName = displayName
            self.email = email
        }

        /// A hidden address is `null`, not absent.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(accountId, forKey: .accountId)
            try container.encode(displayName, forKey: .displayName)
            try container.encode(email, forKey: .email)
        }
    }

    package struct PriorityOption: Sendable, Equatable, Codable {
        package let id: String
        package let name: String

        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    package struct ValidationWarning: Sendable, Equatable, Codable {
        /// A stable word for machines.
        package let code: String
        package let message: String

        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    package var projectKey: String
    /// Empty where the account cannot see the project.
    package var projectName: String
    package var validationStatus: Status
    package var canCreateTasks: Bool
    package var canViewProject: Bool
    package var availableSprints: [SprintOption]
    package var teamMembers: [TeamMemberOption]
    package var priorityLevels: [PriorityOption]
    package var validationWarnings: [ValidationWarning]
    package var blockingIssues: [String]

    package init(
        projectKey: String,
        projectName: String,
        validationStatus: Status,
        canCreateTasks: Bool,
        canViewProject: Bool,
        availableSprints: [SprintOption] = [],
        teamMembers: [TeamMemberOption] = [],
        priorityLevels: [PriorityOption] = [],
        validationWarnings: [ValidationWarning] = [],
        blockingIssues: [String] = []
    ) {
        self.projectKey = projectKey
        self.projectName = projectName
        self.validationStatus = validationStatus
        self.canCreateTasks = canCreateTasks
        self.canViewProject = canViewProject
        self.availableSprints = availableSprints
        self.teamMembers = teamMembers
        self.priorityLevels = priorityLevels
        self.validationWarnings = validationWarnings
        self.blockingIssues = blockingIssues
    }
}
