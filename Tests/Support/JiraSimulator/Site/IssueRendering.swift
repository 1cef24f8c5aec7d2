extension SimulatedSite {
    /// An issue as an answer shows it.
    ///
    /// - Parameters:
    ///   - issue: As it is to be shown: for searches the index's version.
    ///   - properties: Keys of issue properties to add.
    ///   - caller: Whose zone the times are written in, and who must see what is linked.
    func bean(
        _ issue: SimulatedIssue,
        _ selection: FieldSelection,
        properties: [String],
        caller: SimulatedUser?,
        base: String
    ) -> JSON {
        guard !selection.isIDOnly || !properties.isEmpty else { return ["id": .string(String(issue.id))] }
        var bean: [String: JSON] = [
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": .string(String(issue.id)), "key": .string(issue.key),
            "self": .string("\(base)/rest/api/3/issue/\(issue.id)"),
        ]
        var fields: [String: JSON] = [:]
        for id in Self.systemFields where selection.contains(id) {
            fields[id] = value(of: id, issue, caller: caller, base: base)
        }
        for id in customFieldIDs where selection.contains(id) {
            fields[id] = customValue(of: id, issue)
        }
        bean["fields"] = .object(fields)
        if !properties.isEmpty {
            bean["properties"] = .object(issue.properties.filter { properties.contains($0.key) })
        }
        return .object(bean)
    }

    private var customFieldIDs: [String] {
        [Self.storyPoints, Self.sprint] + configuration.customFields.map(\.id)
    }

    static let systemFields = [
        "summary", "description", "issuetype", "project", "priority", "status", "statuscategorychangedate", "labels",
        "assignee", "reporter", "creator", "created", "updated", "duedate", "parent", "subtasks", "issuelinks",
        "attachment", "components", "fixVersions", "versions", "resolution", "resolutiondate", "environment",
    ]

    private func customValue(of id: String, _ issue: SimulatedIssue) -> JSON {
        switch id {
        case Self.storyPoints: issue.storyPoints.map { .number($0) } ?? .null
        case Self.sprint:
            issue.sprint.flatMap { sprint($0) }.map { [render($0.sprint, board: boardID($0.project))] } ?? .null
        default: issue.custom[id] ?? .null
        }
    }

    private func value(of id: String, _ issue: SimulatedIssue, caller: SimulatedUser?, base: String) -> JSON {
        switch id {
        case "summary": .string(issue.summary)
        case "description": issue.description
        case "issuetype": IssueType.named(issue.type).map { render($0, base: base) } ?? .null
        case "project": project(issue.projectKey).map { render($0, base: base) } ?? .null
        case "priority": Priority.all.first { $0.name == issue.priority }.map { render($0, base: base) } ?? .null
        case "status": Status.all.first { $0.name == issue.status }.map { render($0, base: base) } ?? .null
        case "labels": .array(issue.labels.map { .string($0) })
        case "assignee": user(issue.assignee).map { render($0, to: caller, base: base) } ?? .null
        case "reporter": user(issue.reporter).map { render($0, to: caller, base: base) } ?? .null
        case "creator": user(issue.creator).map { render($0, to: caller, base: base) } ?? .null
        case "created", "statuscategorychangedate": .string(JiraTime.platform(issue.created, zone: caller?.timeZone))
        case "updated": .string(JiraTime.platform(issue.updated, zone: caller?.timeZone))
        case "duedate": issue.dueDate.map { .string($0) } ?? .null
        case "parent": issue.parent.flatMap { issues[$0] }.map { brief($0, base: base) } ?? .null
        case "subtasks":
            .array(
                (children[issue.id] ?? []).sorted().compactMap { issues[$0] }.filter { $0.type == "Sub-task" }
                    .map { brief($0, base: base) }
            )
        case "issuelinks": .array(linkBeans(of: issue, caller: caller, base: base))
        case "attachment": .array(issue.attachments.map { render($0, to: caller, base: base) })
        case "components", "fixVersions", "versions": .array([])
        default: .null
        }
    }

    /// An issue as another one shows it.
    func brief(_ issue: SimulatedIssue, base: String) -> JSON {
        [
            "id": .string(String(issue.id)), "key": .string(issue.key),
            "self": .string("\(base)/rest/api/3/issue/\(issue.id)"),
            "fields": [
                "summary": .string(issue.summary),
                "status": Status.all.first { $0.name == issue.status }.map { render($0, base: base) } ?? .null,
                "priority": Priority.all.first { $0.name == issue.priority }.map { render($0, base: base) } ?? .null,
                "issuetype": IssueType.named(issue.type).map { render($0, base: base) } ?? .null,
            ],
        ]
    }

    /// The links of an issue, seen from it: the source shows the other end as `outwardIssue`, the destination as `inwardIssue`.
    private func linkBeans(of issue: SimulatedIssue, caller: SimulatedUser?, base: String) -> [JSON] {
        links.compactMap { link in
            guard link.source == issue.id || link.destination == issue.id else { return nil }
            let isSource = link.source == issue.id
            guard let other = issues[isSource ? link.destination : link.source], isVisible(other, to: caller),
                let type = LinkType.all.first(where: { $0.name == link.type })
            else { return nil }
            return [
                "id": .string(String(link.id)), "self": .string("\(base)/rest/api/3/issueLink/\(link.id)"),
                "type": render(type, base: base),
                isSource ? "outwardIssue" : "inwardIssue": brief(other, base: base),
            ]
        }
    }

    /// An attachment as issues and uploads show it.
    func render(_ attachment: SimulatedAttachment, to caller: SimulatedUser?, base: String) -> JSON {
        [
            "self": .string("\(base)/rest/api/3/attachment/\(attachment.id)"), "id": .string(String(attachment.id)),
            "filename": .string(attachment.filename), "size": .integer(attachment.bytes.count),
            "mimeType": .string(attachment.type),
            "author": user(attachment.author).map { render($0, to: caller, base: base) } ?? .null,
            "created": .string(JiraTime.platform(attachment.created, zone: caller?.timeZone)),
            "content": .string("\(base)/rest/api/3/attachment/content/\(attachment.id)"),
        ]
    }
}
