import HTTPTypes

/// Issues: create, read, edit, delete.
enum IssueRoutes {
    static let routes = [
        Route(.post, "/rest/api/3/issue", input: .json, access: .users, create),
        Route(.post, "/rest/api/3/issue/bulkfetch", input: .json, bulkFetch),
        Route(.get, "/rest/api/3/issue/{}", read),
        Route(.put, "/rest/api/3/issue/{}", input: .json, access: .users, writesIssueAt: 0, edit),
        Route(.delete, "/rest/api/3/issue/{}", access: .users, writesIssueAt: 0, delete),
    ]

    @Sendable private static func create(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let caller = call.caller else { return .unauthenticated }
        guard let body = call.request.json, let fields = body["fields"]?.object else {
            return .failure(400, ["There was an error parsing JSON. Check that your request body is valid."])
        }
        guard let name = (fields["project"]?["key"] ?? fields["project"]?["id"])?.string,
            let project = site.project(name)
        else { return .failure(400, [], ["project": "Specify a valid project ID or key"]) }
        guard site.may("CREATE_ISSUES", in: project.key) else {
            return .failure(403, ["You do not have permission to create issues in this project."])
        }
        guard let type = issueType(fields["issuetype"], in: project) else {
            return .failure(400, [], ["issuetype": "Specify a valid issue type"])
        }
        if let update = body["update"]?.object, !update.isEmpty {
            return .failure(400, [], update.mapValues { _ in "Field does not support update" })
        }
        let properties: [String: JSON]
        switch issueProperties(body["properties"], refused: call.twists.contains(.propertyRefused)) {
        case .failure(let refusal): return refusal.answer
        case .success(let read): properties = read
        }
        var draft: SimulatedIssue
        switch self.draft(fields, site, project, type, caller, call) {
        case .failure(let refusal): return refusal.answer
        case .success(let read): draft = read
        }
        if !call.twists.contains(.propertyLost) { draft.properties = properties }
        return commit(draft, &site, call)
    }

    /// Reads the fields of a create. A function of its own, so that no copy of the site outlives it.
    private static func draft(
        _ fields: [String: JSON],
        _ site: borrowing SimulatedSite,
        _ project: ProjectConfiguration,
        _ type: IssueType,
        _ caller: SimulatedUser,
        _ call: Call
    ) -> Result<SimulatedIssue, Refusal> {
        var reader = IssueFields(fields, copy site, project, type)
        reader.check(
            screen: site.createScreen(project, type, labels: !call.twists.contains(.labelsOffScreen)),
            requiring: true
        )
        var draft = SimulatedIssue(
            id: 0,
            key: "",
            projectKey: project.key,
            type: type.name,
            summary: "",
            reporter: caller.accountID,
            creator: caller.accountID,
            created: call.now,
            updated: call.now
        )
        reader.apply(to: &draft, caller: caller)
        if let refusal = reader.refusal { return .failure(Refusal(refusal)) }
        if call.twists.contains(.fieldRefused), let field = dispensable(fields, project, call) {
            return .failure(Refusal(.failure(400, [], [field: "Field '\(field)' cannot be set."])))
        }
        return .success(draft)
    }

    /// One of the fields that a create could do without, another one for another request; nil when it has none.
    private static func dispensable(
        _ fields: [String: JSON],
        _ project: ProjectConfiguration,
        _ call: Call
    ) -> String? {
        let candidates = fields.keys.filter { field in
            ["assignee", "labels", "parent", "priority"].contains(field)
                || field.hasPrefix("customfield_") && !project.requiredFields.contains(field)
        }
        return candidates.isEmpty ? nil : candidates.sorted()[call.request.sequence % candidates.count]
    }

    private static func commit(_ draft: SimulatedIssue, _ site: inout SimulatedSite, _ call: Call) -> Answer {
        var draft = draft
        var lag: Int?
        for twist in call.twists {
            switch twist {
            case .keyGap(let count): site.skipKeys(count, in: draft.projectKey)
            case .hidden: draft.isHidden = true
            case .indexLag(let milliseconds): lag = milliseconds
            default: break
            }
        }
        let issue = site.addIssue(in: draft.projectKey, at: call.now, lag: lag) { id, key in
            draft.numbered(id, key)
        }
        var answer = Answer(
            201,
            [
                "id": .string(String(issue.id)), "key": .string(issue.key),
                "self": .string("\(call.request.base)/rest/api/3/issue/\(issue.id)"),
            ]
        )
        answer.made = issue
        return answer
    }

    private static func issueType(_ value: JSON?, in project: ProjectConfiguration) -> IssueType? {
        let type =
            value?["id"]?.string.flatMap { id in IssueType.all.first { $0.id == id } }
            ?? value?["name"]?.string.flatMap { IssueType.named($0) }
        return type.flatMap { project.issueTypes.contains($0.name) ? $0 : nil }
    }

    /// A refusal as an error.
    private struct Refusal: Error {
        let answer: Answer

        init(_ answer: Answer) {
            self.answer = answer
        }
    }

    private static func issueProperties(_ value: JSON?, refused: Bool) -> Result<[String: JSON], Refusal> {
        guard let value, !value.isNull else { return .success([:]) }
        guard let elements = value.array else {
            return .failure(Refusal(.failure(400, ["The 'properties' member must be an array."])))
        }
        if refused, !elements.isEmpty {
            return .failure(Refusal(.failure(400, ["You cannot set issue properties when creating this issue."])))
        }
        var properties: [String: JSON] = [:]
        for element in elements {
            guard let key = element["key"]?.string, let content = element["value"],
                PropertyRoutes.isValid(key: key, value: content)
            else { return .failure(Refusal(.failure(400, ["The issue property is not valid."]))) }
            properties[key] = content
        }
        return .success(properties)
    }

    @Sendable private static func read(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        let properties = call.request.queryList("properties") ?? []
        guard properties.count <= 5 else { return .failure(400, ["The maximum number of properties is 5."]) }
        let selection = FieldSelection(call.request.queryList("fields"), standard: ["*all"])
        return Answer(
            200,
            site.bean(issue, selection, properties: properties, caller: call.caller, base: call.request.base)
        )
    }

    @Sendable private static func bulkFetch(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let body = call.request.json?.object,
            Set(body.keys).isSubset(of: ["issueIdsOrKeys", "fields", "properties", "expand", "fieldsByKeys"])
        else { return .invalidPayload }
        let names = body["issueIdsOrKeys"]?.array?.compactMap(\.string) ?? []
        guard !names.isEmpty, names.count == body["issueIdsOrKeys"]?.array?.count else {
            return .failure(400, ["At least one issue ID or key must be provided."])
        }
        guard names.count <= 100 else {
            return .failure(400, ["The maximum number of issues that can be fetched is 100."])
        }
        let properties = body["properties"]?.array?.compactMap(\.string) ?? []
        guard properties.count <= 5 else { return .failure(400, ["The maximum number of properties is 5."]) }
        let selection = FieldSelection(body["fields"]?.array?.compactMap(\.string), standard: ["*navigable"])
        let found = Dictionary(
            names.compactMap { site.visibleIssue($0, to: call.caller) }.map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let beans = found.values.sorted { $0.id < $1.id }.map {
            site.bean($0, selection, properties: properties, caller: call.caller, base: call.request.base)
        }
        var answer = Answer(200, ["issues": .array(beans), "issueErrors": []])
        answer.objects = beans.count
        return answer
    }

    @Sendable private static func edit(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        guard let fields = call.request.json?["fields"]?.object,
            let project = site.project(issue.projectKey), let type = IssueType.named(issue.type)
        else { return .failure(400, ["one of 'fields' or 'update' required"]) }
        guard site.may("EDIT_ISSUES", in: project.key) else {
            return .failure(403, ["You do not have permission to edit issues in this project."])
        }
        var reader = IssueFields(fields, site, project, type)
        reader.check(screen: site.createScreen(project, type), requiring: false)
        var changed = issue
        reader.apply(to: &changed, caller: call.caller)
        if let refusal = reader.refusal { return refusal }
        site.changeIssue(issue.id, at: call.now) { $0 = changed }
        return Answer(empty: 204)
    }

    @Sendable private static func delete(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        guard site.may("DELETE_ISSUES", in: issue.projectKey) else {
            return .failure(403, ["You do not have permission to delete issues in this project."])
        }
        let children = (site.children[issue.id] ?? []).compactMap { site.issues[$0] }.filter { $0.type == "Sub-task" }
        guard children.isEmpty || call.flag("deleteSubtasks") else {
            return .failure(
                400,
                [
                    "The issue '\(issue.key)' has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks."
                ]
            )
        }
        for child in children { site.deleteIssue(child.id, at: call.now) }
        site.deleteIssue(issue.id, at: call.now)
        return Answer(empty: 204)
    }
}

extension SimulatedIssue {
    /// The draft with the id and key that it was given.
    fileprivate func numbered(_ id: Int, _ key: String) -> SimulatedIssue {
        SimulatedIssue(
            id: id,
            key: key,
            projectKey: projectKey,
            type: type,
            summary: summary,
            description: description,
            priority: priority,
            status: status,
            assignee: assignee,
            reporter: reporter,
            creator: creator,
            labels: labels,
            parent: parent,
            sprint: sprint,
            storyPoints: storyPoints,
            dueDate: dueDate,
            custom: custom,
            properties: properties,
            created: created,
            updated: updated,
            isHidden: isHidden
        )
    }
}
