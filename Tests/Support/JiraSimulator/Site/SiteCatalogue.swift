/// An issue type.
struct IssueType: Sendable {
    let id: String
    let name: String
    let description: String
    let level: Int
    let avatar: Int

    static let all = [
        IssueType(id: "10000", name: "Epic", description: "A collection of related work.", level: 1, avatar: 10307),
        IssueType(id: "10001", name: "Story", description: "A goal of a user.", level: 0, avatar: 10315),
        IssueType(id: "10002", name: "Task", description: "A task that needs to be done.", level: 0, avatar: 10318),
        IssueType(id: "10004", name: "Bug", description: "A problem or error.", level: 0, avatar: 10303),
        IssueType(id: "10003", name: "Sub-task", description: "A part of an issue.", level: -1, avatar: 10316),
    ]

    /// The type of this name, any case.
    static func named(_ name: String) -> IssueType? {
        all.first { $0.name.caseInsensitiveEquals(name) }
    }
}

/// A priority.
struct Priority: Sendable {
    let id: String
    let name: String
    let color: String

    static let all = [
        Priority(id: "1", name: "Highest", color: "#d04437"),
        Priority(id: "2", name: "High", color: "#f15C75"),
        Priority(id: "3", name: "Medium", color: "#f79232"),
        Priority(id: "4", name: "Low", color: "#707070"),
        Priority(id: "5", name: "Lowest", color: "#999999"),
    ]
}

/// A status.
struct Status: Sendable {
    let id: String
    let name: String
    /// Id, key, colour and name of its category.
    let category: (id: Int, key: String, color: String, name: String)

    static let all = [
        Status(id: "10000", name: "To Do", category: (2, "new", "blue-gray", "To Do")),
        Status(id: "10001", name: "In Progress", category: (4, "indeterminate", "yellow", "In Progress")),
        Status(id: "10002", name: "Done", category: (3, "done", "green", "Done")),
    ]
}

/// A kind of link.
struct LinkType: Sendable {
    let id: String
    let name: String
    let inward: String
    let outward: String

    static let all = [
        LinkType(id: "10000", name: "Blocks", inward: "is blocked by", outward: "blocks"),
        LinkType(id: "10001", name: "Cloners", inward: "is cloned by", outward: "clones"),
        LinkType(id: "10002", name: "Duplicate", inward: "is duplicated by", outward: "duplicates"),
        LinkType(id: "10003", name: "Relates", inward: "relates to", outward: "relates to"),
    ]
}

extension SimulatedSite {
    /// The field of story points.
    static let storyPoints = "customfield_10016"
    /// The field of sprints.
    static let sprint = "customfield_10020"

    /// The sprint of this number, with the key of the project whose board has it.
    func sprint(_ id: Int) -> (sprint: SimulatedSprint, project: String)? {
        for project in configuration.projects where project.hasSprints {
            if let sprint = project.sprints.first(where: { $0.id == id }) { return (sprint, project.key) }
        }
        return nil
    }

    /// An issue type as a project and its statuses name it.
    func render(_ type: IssueType, base: String) -> JSON {
        [
            "self": .string("\(base)/rest/api/3/issuetype/\(type.id)"), "id": .string(type.id),
            "description": .string(type.description), "name": .string(type.name),
            "subtask": .bool(type.level < 0), "avatarId": .integer(type.avatar), "hierarchyLevel": .integer(type.level),
            "iconUrl": .string(
                "\(base)/rest/api/2/universal_avatar/view/type/issuetype/avatar/\(type.avatar)?size=medium"
            ),
        ]
    }

    /// An issue type as the lists of types name it: with the name that no profile's language changes.
    func renderListed(_ type: IssueType, base: String) -> JSON {
        var members = render(type, base: base).object ?? [:]
        members["untranslatedName"] = .string(type.name)
        return .object(members)
    }

    func render(_ priority: Priority, base: String) -> JSON {
        [
            "self": .string("\(base)/rest/api/3/priority/\(priority.id)"), "id": .string(priority.id),
            "name": .string(priority.name),
            "iconUrl": .string("\(base)/images/icons/priorities/\(priority.name.lowercased())_new.svg"),
        ]
    }

    func render(_ status: Status, base: String) -> JSON {
        [
            "self": .string("\(base)/rest/api/3/status/\(status.id)"), "id": .string(status.id),
            "name": .string(status.name), "description": "", "iconUrl": .string("\(base)/"),
            "statusCategory": [
                "self": .string("\(base)/rest/api/3/statuscategory/\(status.category.id)"),
                "id": .integer(status.category.id), "key": .string(status.category.key),
                "colorName": .string(status.category.color), "name": .string(status.category.name),
            ],
        ]
    }

    func render(_ type: LinkType, base: String) -> JSON {
        [
            "id": .string(type.id), "name": .string(type.name), "inward": .string(type.inward),
            "outward": .string(type.outward), "self": .string("\(base)/rest/api/3/issueLinkType/\(type.id)"),
        ]
    }

    /// A user as `caller` may see it: no hidden address, unless it is the caller's own.
    func render(_ user: SimulatedUser, to caller: SimulatedUser?, base: String) -> JSON {
        var members: [String: JSON] = [
            "self": .string("\(base)/rest/api/3/user?accountId=\(user.accountID)"),
            "accountId": .string(user.accountID), "accountType": .string(user.accountType),
            "displayName": .string(user.displayName), "active": .bool(user.isActive),
            "avatarUrls": [
                "48x48": .string("\(base)/secure/useravatar?ownerId=\(user.accountID)"),
                "24x24": .string("\(base)/secure/useravatar?size=small&ownerId=\(user.accountID)"),
                "16x16": .string("\(base)/secure/useravatar?size=xsmall&ownerId=\(user.accountID)"),
                "32x32": .string("\(base)/secure/useravatar?size=medium&ownerId=\(user.accountID)"),
            ],
        ]
        if user.accountType == "atlassian" { members["timeZone"] = .string(user.timeZone) }
        if let email = user.email, user.accountType == "atlassian", !user.hidesEmail || user == caller {
            members["emailAddress"] = .string(email)
        }
        return .object(members)
    }

    func render(_ project: ProjectConfiguration, base: String) -> JSON {
        let id = projectID(project.key)
        return [
            "self": .string("\(base)/rest/api/3/project/\(id)"), "id": .string(String(id)), "key": .string(project.key),
            "name": .string(project.name), "projectTypeKey": "software", "simplified": false,
            "avatarUrls": [
                "48x48": .string("\(base)/rest/api/3/universal_avatar/view/type/project/avatar/10423")
            ],
        ]
    }

    /// A sprint as an issue's field shows it.
    func render(_ sprint: SimulatedSprint, board: Int) -> JSON {
        var members: [String: JSON] = [
            "id": .integer(sprint.id), "name": .string(sprint.name), "state": .string(sprint.state),
            "boardId": .integer(board), "goal": "",
        ]
        for (name, value) in sprint.dates { members[name] = .string(value) }
        return .object(members)
    }
}

extension SimulatedSprint {
    /// Start, end and completion, as far as the state has them.
    var dates: [(String, String)] {
        switch state {
        case "closed":
            [
                ("startDate", "2026-10-12T08:00:00.000Z"), ("endDate", "2026-10-26T08:00:00.000Z"),
                ("completeDate", "2026-10-26T09:30:00.000Z"),
            ]
        case "active": [("startDate", "2026-11-09T08:00:00.000Z"), ("endDate", "2026-11-23T08:00:00.000Z")]
        default: []
        }
    }
}
