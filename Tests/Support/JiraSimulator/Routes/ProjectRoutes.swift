import HTTPTypes

/// Projects.
enum ProjectRoutes {
    static let routes = [
        Route(.get, "/rest/api/3/project/search", search),
        Route(.get, "/rest/api/3/project/{}", read),
        Route(.get, "/rest/api/3/project/{}/statuses", statuses),
    ]

    private static func visible(_ site: SimulatedSite, _ call: Call) -> [ProjectConfiguration] {
        guard call.caller != nil else { return [] }
        return site.configuration.projects.filter { site.may("BROWSE_PROJECTS", in: $0.key) }
    }

    @Sendable private static func search(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let paging = Paging(call.request, most: 100) else { return Paging.refusal }
        let query = call.request.queryValue("query")?.lowercased()
        let keys = call.request.queryList("keys")
        let found = visible(site, call).filter { project in
            (keys?.contains(project.key) ?? true)
                && (query.map { project.key.lowercased().contains($0) || project.name.lowercased().contains($0) }
                    ?? true)
        }
        return Answer(200, paging.page(found.map { site.render($0, base: call.request.base) }))
    }

    @Sendable private static func read(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let named = site.project(call.parameters[0]), visible(site, call).contains(where: { $0.key == named.key })
        else { return .failure(404, ["No project could be found with key '\(call.parameters[0])'."]) }
        let base = call.request.base
        var members = site.render(named, base: base).object ?? [:]
        members["expand"] = "description,lead,issueTypes,url,projectKeys,permissions,insight"
        members["description"] = ""
        members["style"] = "classic"
        members["isPrivate"] = false
        members["lead"] = site.render(site.configuration.users[0], to: call.caller, base: base)
        members["issueTypes"] = .array(
            IssueType.all.filter { named.issueTypes.contains($0.name) }.map { site.render($0, base: base) }
        )
        members["components"] = []
        members["versions"] = []
        return Answer(200, .object(members))
    }

    @Sendable private static func statuses(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let project = site.project(call.parameters[0]),
            visible(site, call).contains(where: { $0.key == project.key })
        else { return .failure(404, ["No project could be found with key '\(call.parameters[0])'."]) }
        let base = call.request.base
        let types = IssueType.all.filter { project.issueTypes.contains($0.name) }.map { type -> JSON in
            var members = site.render(type, base: base).object ?? [:]
            members["statuses"] = .array(Status.all.map { site.render($0, base: base) })
            return .object(members)
        }
        return Answer(200, .array(types))
    }
}
