import HTTPTypes

/// Boards and sprints.
enum AgileRoutes {
    static let routes = [
        Route(.get, "/rest/agile/1.0/board", access: .users, boards),
        Route(.get, "/rest/agile/1.0/board/{}", access: .users, board),
        Route(.get, "/rest/agile/1.0/board/{}/configuration", access: .users, configuration),
        Route(.get, "/rest/agile/1.0/board/{}/sprint", access: .users, sprints),
        Route(.get, "/rest/agile/1.0/sprint/{}", access: .users, sprint),
        Route(.post, "/rest/agile/1.0/sprint/{}/issue", input: .json, access: .users, addToSprint),
    ]

    private static func project(_ site: SimulatedSite, board id: String) -> ProjectConfiguration? {
        site.configuration.projects.first { String(site.boardID($0.key)) == id }
    }

    private static let noBoard = Answer.failure(
        404,
        [
            "The requested board cannot be viewed because it either does not exist or you do not have permission to view it."
        ]
    )

    private static func render(_ project: ProjectConfiguration, _ site: SimulatedSite, _ call: Call) -> JSON {
        let id = site.boardID(project.key)
        return [
            "id": .integer(id), "self": .string("\(call.request.base)/rest/agile/1.0/board/\(id)"),
            "name": .string("\(project.key) board"), "type": .string(project.hasSprints ? "scrum" : "kanban"),
            "isPrivate": false,
            "location": [
                "projectId": .integer(site.projectID(project.key)), "projectKey": .string(project.key),
                "projectName": .string(project.name), "displayName": .string("\(project.name) (\(project.key))"),
                "name": .string("\(project.name) (\(project.key))"), "projectTypeKey": "software",
            ],
        ]
    }

    @Sendable private static func boards(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let paging = Paging(call.request, most: 50) else { return Paging.refusal }
        let key = call.request.queryValue("projectKeyOrId")
        let type = call.request.queryValue("type")
        if let key, site.project(key) == nil {
            return .failure(404, ["No project could be found with key '\(key)'."])
        }
        let found = site.configuration.projects.filter { project in
            (key.map { site.project($0)?.key == project.key } ?? true)
                && (type.map { $0 == (project.hasSprints ? "scrum" : "kanban") } ?? true)
        }
        return Answer(200, paging.page(found.map { render($0, site, call) }))
    }

    @Sendable private static func board(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let project = project(site, board: call.parameters[0]) else { return noBoard }
        return Answer(200, render(project, site, call))
    }

    @Sendable private static func configuration(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let project = project(site, board: call.parameters[0]) else { return noBoard }
        let id = site.boardID(project.key)
        var members: [String: JSON] = [
            "id": .integer(id), "name": .string("\(project.key) board"),
            "type": .string(project.hasSprints ? "scrum" : "kanban"),
            "self": .string("\(call.request.base)/rest/agile/1.0/board/\(id)/configuration"),
            "columnConfig": [
                "constraintType": "issueCount",
                "columns": .array(
                    Status.all.map { ["name": .string($0.name), "statuses": [["id": .string($0.id)]]] }
                ),
            ],
            "ranking": ["rankCustomFieldId": 10019],
        ]
        if project.hasSprints {
            members["estimation"] = [
                "type": "field",
                "field": ["fieldId": .string(SimulatedSite.storyPoints), "displayName": "Story Points"],
            ]
        }
        return Answer(200, .object(members))
    }

    private static func render(_ sprint: SimulatedSprint, board: Int, _ call: Call) -> JSON {
        var members: [String: JSON] = [
            "id": .integer(sprint.id), "self": .string("\(call.request.base)/rest/agile/1.0/sprint/\(sprint.id)"),
            "state": .string(sprint.state), "name": .string(sprint.name), "originBoardId": .integer(board), "goal": "",
            "createdDate": "2026-10-01T08:00:00.000Z",
        ]
        for (name, value) in sprint.dates { members[name] = .string(value) }
        return .object(members)
    }

    @Sendable private static func sprints(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let project = project(site, board: call.parameters[0]) else { return noBoard }
        guard project.hasSprints else { return .failure(400, ["The board does not support sprints"]) }
        guard let paging = Paging(call.request, most: 50) else { return Paging.refusal }
        let states = call.request.queryList("state")
        let order = ["closed", "active", "future"]
        if let states, !Set(states).isSubset(of: order) { return .failure(400, ["The sprint state is not valid."]) }
        let found = order.filter { states?.contains($0) ?? true }.flatMap { state in
            project.sprints.filter { $0.state == state }
        }
        let board = site.boardID(project.key)
        return Answer(200, paging.page(found.map { render($0, board: board, call) }))
    }

    @Sendable private static func sprint(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let id = Int(call.parameters[0]), let found = site.sprint(id) else {
            return .failure(404, ["Sprint does not exist"])
        }
        return Answer(200, render(found.sprint, board: site.boardID(found.project), call))
    }

    @Sendable private static func addToSprint(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let id = Int(call.parameters[0]), let found = site.sprint(id) else {
            return .failure(404, ["Sprint does not exist"])
        }
        guard found.sprint.state != "closed" else {
            return .failure(400, ["Issue can be assigned only active or future sprints."])
        }
        let names = call.request.json?["issues"]?.array?.compactMap(\.string) ?? []
        guard (1...50).contains(names.count) else { return .failure(400, ["Between 1 and 50 issues must be given."]) }
        let issues = names.compactMap { site.visibleIssue($0, to: call.caller) }
        guard issues.count == names.count else { return .noIssue }
        for issue in issues { site.changeIssue(issue.id, at: call.now) { $0.sprint = id } }
        return Answer(empty: 204)
    }
}
