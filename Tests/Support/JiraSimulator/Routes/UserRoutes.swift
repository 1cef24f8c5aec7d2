import HTTPTypes

/// People: search, assignable, oneself, permissions.
enum UserRoutes {
    static let routes = [
        Route(.get, "/rest/api/3/myself", access: .users, myself),
        Route(.get, "/rest/api/3/user", access: .users, user),
        Route(.get, "/rest/api/3/user/search", search),
        Route(.get, "/rest/api/3/user/assignable/search", assignable),
        Route(.get, "/rest/api/3/users/search", all),
        Route(.get, "/rest/api/3/mypermissions", permissions),
    ]

    @Sendable private static func myself(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let caller = call.caller else { return .unauthenticated }
        var members = site.render(caller, to: caller, base: call.request.base).object ?? [:]
        members["locale"] = "en_GB"
        members["groups"] = ["size": 1, "items": []]
        members["applicationRoles"] = ["size": 1, "items": []]
        members["expand"] = "groups,applicationRoles"
        return Answer(200, .object(members))
    }

    @Sendable private static func user(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let id = call.request.queryValue("accountId") else {
            return .failure(400, ["The accountId query parameter needs to be provided."])
        }
        guard let user = site.user(id) else {
            return .failure(404, ["Specified user does not exist or you do not have required permissions"])
        }
        return Answer(200, site.render(user, to: call.caller, base: call.request.base))
    }

    /// Whether a user's name, or an address that may be seen, begins with the text, word by word.
    private static func matches(_ user: SimulatedUser, _ query: String) -> Bool {
        let query = query.lowercased()
        if query.isEmpty { return true }
        let name = user.displayName.lowercased()
        if name.hasPrefix(query) || name.split(separator: " ").contains(where: { $0.hasPrefix(query) }) { return true }
        guard let email = user.email, !user.hidesEmail, user.accountType == "atlassian" else { return false }
        return email.lowercased().hasPrefix(query)
    }

    private static func answer(_ users: some Sequence<SimulatedUser>, _ site: SimulatedSite, _ call: Call) -> Answer {
        let beans = users.map { site.render($0, to: call.caller, base: call.request.base) }
        var answer = Answer(200, .array(beans))
        answer.objects = 2 * beans.count
        return answer
    }

    @Sendable private static func search(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        let query = call.request.queryValue("query")
        let id = call.request.queryValue("accountId")
        guard (query == nil) != (id == nil) else {
            return .failure(400, ["One of query and accountId must be provided."])
        }
        guard let paging = Paging(call.request, most: 1000) else { return Paging.refusal }
        guard call.caller != nil else { return Answer(200, []) }
        let found = site.configuration.users.filter { user in
            user.isActive && (id.map { $0 == user.accountID } ?? matches(user, query ?? ""))
        }
        return answer(paging.cut(Array(found.prefix(1000))), site, call)
    }

    /// Takes the page first and filters it then, so pages come back short.
    @Sendable private static func assignable(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        let key = call.request.queryValue("project")
        let issue = call.request.queryValue("issueKey") ?? call.request.queryValue("issueId")
        guard key != nil || issue != nil else {
            return .failure(
                400,
                ["At least one of the 'issueKey', 'issueId' and 'project' parameters must be provided."]
            )
        }
        let project =
            key.flatMap { site.project($0)?.key }
            ?? issue.flatMap { site.visibleIssue($0, to: call.caller)?.projectKey }
        guard project != nil, call.caller != nil else {
            return .failure(404, ["No project could be found with key '\(key ?? "")'."])
        }
        guard let paging = Paging(call.request, most: 1000) else { return Paging.refusal }
        let query = call.request.queryValue("query")
        let id = call.request.queryValue("accountId")
        let page = paging.cut(Array(site.configuration.users.prefix(1000)))
        let found = page.filter { user in
            user.isAssignable && (id.map { $0 == user.accountID } ?? matches(user, query ?? ""))
        }
        return answer(found, site, call)
    }

    @Sendable private static func all(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let paging = Paging(call.request, most: 1000) else { return Paging.refusal }
        guard call.caller != nil else { return .failure(403, ["You are not authorised to see all users."]) }
        return answer(paging.cut(site.configuration.users), site, call)
    }

    /// The permissions that the simulator knows, with id, name and scope.
    private static let known: [(key: String, id: String, name: String, type: String)] = [
        ("ADMINISTER", "0", "Administer Jira", "GLOBAL"),
        ("BROWSE_PROJECTS", "10", "Browse Projects", "PROJECT"),
        ("CREATE_ISSUES", "11", "Create Issues", "PROJECT"),
        ("EDIT_ISSUES", "12", "Edit Issues", "PROJECT"),
        ("ASSIGN_ISSUES", "13", "Assign Issues", "PROJECT"),
        ("DELETE_ISSUES", "16", "Delete Issues", "PROJECT"),
        ("ASSIGNABLE_USER", "17", "Assignable User", "PROJECT"),
        ("CREATE_ATTACHMENTS", "19", "Create Attachments", "PROJECT"),
        ("LINK_ISSUES", "21", "Link Issues", "PROJECT"),
        ("MODIFY_REPORTER", "30", "Modify Reporter", "PROJECT"),
        ("SCHEDULE_ISSUES", "28", "Schedule Issues", "PROJECT"),
        ("ADD_COMMENTS", "15", "Add Comments", "PROJECT"),
        ("TRANSITION_ISSUES", "46", "Transition Issues", "PROJECT"),
        ("MANAGE_SPRINTS_PERMISSION", "-1", "Manage Sprints", "PROJECT"),
    ]

    @Sendable private static func permissions(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let wanted = call.request.queryList("permissions"), !wanted.isEmpty else {
            return .failure(400, ["The 'permissions' query parameter is required."])
        }
        let unknown = wanted.filter { key in !known.contains { $0.key == key } }
        guard unknown.isEmpty else {
            return .failure(400, unknown.map { "Unrecognized permission: \($0)" })
        }
        let place = call.request.queryValue("projectKey") ?? call.request.queryValue("projectId")
        let issue = call.request.queryValue("issueKey") ?? call.request.queryValue("issueId")
        var projects = site.configuration.projects.map(\.key)
        if let issue {
            guard let found = site.visibleIssue(issue, to: call.caller) else { return .noIssue }
            projects = [found.projectKey]
        } else if let place {
            guard call.caller != nil, let project = site.project(place), site.may("BROWSE_PROJECTS", in: project.key)
            else {
                return .failure(404, ["No project could be found with key '\(place)'."])
            }
            projects = [project.key]
        }
        var members: [String: JSON] = [:]
        for permission in known where wanted.contains(permission.key) {
            // Without a project the answer is optimistic: somewhere is enough.
            let has =
                call.caller != nil && permission.key != "ADMINISTER"
                && projects.contains { site.may(permission.key, in: $0) }
            members[permission.key] = [
                "id": .string(permission.id), "key": .string(permission.key), "name": .string(permission.name),
                "type": .string(permission.type), "description": .string(permission.name), "havePermission": .bool(has),
            ]
        }
        return Answer(200, ["permissions": .object(members)])
    }
}
