import HTTPTypes

/// Links between issues, and remote links.
enum LinkRoutes {
    static let routes = [
        Route(.post, "/rest/api/3/issueLink", input: .json, access: .users, link),
        Route(.get, "/rest/api/3/issueLink/{}", read),
        Route(.get, "/rest/api/3/issueLinkType", types),
        Route(.get, "/rest/api/3/issue/{}/remotelink", remoteLinks),
        Route(.post, "/rest/api/3/issue/{}/remotelink", input: .json, access: .users, writesIssueAt: 0, remoteLink),
    ]

    /// `inwardIssue` is the source: with the type "Blocks" it blocks `outwardIssue`.
    @Sendable private static func link(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard site.configuration.linking else { return .failure(404, ["Issue linking is currently disabled."]) }
        guard let body = call.request.json?.object,
            Set(body.keys).isSubset(of: ["type", "inwardIssue", "outwardIssue", "comment"])
        else { return .invalidPayload }
        guard let type = linkType(body["type"]) else {
            let name = body["type"]?["name"]?.string ?? body["type"]?["id"]?.string ?? ""
            return .failure(404, ["No issue link type with name '\(name)' found."])
        }
        guard let source = issue(body["inwardIssue"], site, call), let target = issue(body["outwardIssue"], site, call)
        else { return .noIssue }
        guard source.id != target.id else { return .failure(400, ["You cannot link an issue to itself."]) }
        guard site.may("LINK_ISSUES", in: source.projectKey) else {
            return .failure(401, ["No Link Issue Permission for issue '\(source.key)'"])
        }
        site.addLink(type: type.name, from: source.id, to: target.id, at: call.now)
        return Answer(empty: 201)
    }

    private static func linkType(_ value: JSON?) -> LinkType? {
        if let id = value?["id"]?.string { return LinkType.all.first { $0.id == id } }
        return value?["name"]?.string.flatMap { name in LinkType.all.first { $0.name.caseInsensitiveEquals(name) } }
    }

    private static func issue(_ value: JSON?, _ site: SimulatedSite, _ call: Call) -> SimulatedIssue? {
        (value?["key"] ?? value?["id"])?.string.flatMap { site.visibleIssue($0, to: call.caller) }
    }

    @Sendable private static func read(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let link = site.links.first(where: { String($0.id) == call.parameters[0] }),
            let source = site.issues[link.source], let target = site.issues[link.destination],
            site.isVisible(source, to: call.caller), site.isVisible(target, to: call.caller),
            let type = LinkType.all.first(where: { $0.name == link.type })
        else { return .failure(404, ["No issue link with id '\(call.parameters[0])' exists."]) }
        let base = call.request.base
        return Answer(
            200,
            [
                "id": .string(String(link.id)), "self": .string("\(base)/rest/api/3/issueLink/\(link.id)"),
                "type": site.render(type, base: base), "inwardIssue": site.brief(source, base: base),
                "outwardIssue": site.brief(target, base: base),
            ]
        )
    }

    @Sendable private static func types(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard site.configuration.linking else { return .failure(404, ["Issue linking is currently disabled."]) }
        return Answer(
            200,
            ["issueLinkTypes": .array(LinkType.all.map { site.render($0, base: call.request.base) })]
        )
    }

    private static func url(_ link: Int, of issue: SimulatedIssue, _ call: Call) -> JSON {
        .string("\(call.request.base)/rest/api/3/issue/\(issue.key)/remotelink/\(link)")
    }

    @Sendable private static func remoteLinks(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        func render(_ link: SimulatedRemoteLink) -> JSON {
            var members = link.body.object ?? [:]
            members["id"] = .integer(link.id)
            members["self"] = url(link.id, of: issue, call)
            return .object(members)
        }
        guard let wanted = call.request.queryValue("globalId") else {
            return Answer(200, .array(issue.remoteLinks.map { render($0) }))
        }
        guard let link = issue.remoteLinks.first(where: { $0.globalID == wanted }) else {
            return .failure(404, ["A remote link with globalId '\(wanted)' does not exist."])
        }
        return Answer(200, render(link))
    }

    @Sendable private static func remoteLink(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        guard let body = call.request.json, body.object != nil else {
            return .failure(400, ["There was an error parsing JSON. Check that your request body is valid."])
        }
        var errors: [String: String] = [:]
        if body["object"]?["url"]?.string?.isEmpty ?? true { errors["url"] = "'url' is required." }
        if body["object"]?["title"]?.string?.isEmpty ?? true { errors["title"] = "'title' is required." }
        let name = body["globalId"]?.string
        if let name, name.utf16.count > 255 { errors["globalId"] = "'globalId' must have at most 255 characters." }
        guard errors.isEmpty else { return .failure(400, [], errors) }
        let known = name.flatMap { name in issue.remoteLinks.firstIndex { $0.globalID == name } }
        let id = known.map { issue.remoteLinks[$0].id } ?? site.makeID()
        site.changeIssue(issue.id, at: call.now) { issue in
            if let known {
                issue.remoteLinks[known].body = body
            } else {
                issue.remoteLinks.append(SimulatedRemoteLink(id: id, globalID: name, body: body))
            }
        }
        return Answer(known == nil ? 201 : 200, ["id": .integer(id), "self": url(id, of: issue, call)])
    }
}
