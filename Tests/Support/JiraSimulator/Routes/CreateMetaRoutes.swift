import HTTPTypes

/// What may be set when an issue is made.
enum CreateMetaRoutes {
    static let routes = [
        Route(.get, "/rest/api/3/issue/createmeta/{}/issuetypes", types),
        Route(.get, "/rest/api/3/issue/createmeta/{}/issuetypes/{}", fields),
    ]

    private static func project(_ site: SimulatedSite, _ call: Call) -> ProjectConfiguration? {
        guard call.caller != nil, let project = site.project(call.parameters[0]),
            site.may("BROWSE_PROJECTS", in: project.key)
        else { return nil }
        return project
    }

    private static func noProject(_ call: Call) -> Answer {
        .failure(404, ["No project could be found with key '\(call.parameters[0])'."])
    }

    @Sendable private static func types(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let project = project(site, call) else { return noProject(call) }
        guard let paging = Paging(call.request, most: 200, refusesMore: true) else { return Paging.refusal }
        let types = IssueType.all.filter {
            site.may("CREATE_ISSUES", in: project.key) && project.issueTypes.contains($0.name)
        }
        .map { site.renderListed($0, base: call.request.base) }
        return Answer(200, paging.page(types, as: "issueTypes", isLast: false))
    }

    @Sendable private static func fields(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let project = project(site, call) else { return noProject(call) }
        guard let paging = Paging(call.request, most: 200, refusesMore: true) else { return Paging.refusal }
        guard let type = IssueType.all.first(where: { $0.id == call.parameters[1] }),
            project.issueTypes.contains(type.name)
        else { return .failure(404, ["Issue type not found."]) }
        let base = call.request.base
        let fields = site.createScreen(project, type, base: base).map { render($0, project, base: base) }
        return Answer(200, paging.page(fields, as: "fields", isLast: false))
    }

    private static func render(_ field: ScreenField, _ project: ProjectConfiguration, base: String) -> JSON {
        var members: [String: JSON] = [
            "required": .bool(field.isRequired), "schema": field.schema, "name": .string(field.name),
            "key": .string(field.id), "fieldId": .string(field.id), "hasDefaultValue": .bool(field.hasDefault),
            "operations": .array(field.operations.map { .string($0) }),
        ]
        members["allowedValues"] = field.allowed.map { .array($0) }
        if field.id == "assignee" {
            members["autoCompleteUrl"] = .string(
                "\(base)/rest/api/3/user/assignable/search?project=\(project.key)&query="
            )
        }
        return .object(members)
    }
}
