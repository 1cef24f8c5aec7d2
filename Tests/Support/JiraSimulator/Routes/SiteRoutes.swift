import HTTPTypes

/// The site itself: server, fields, priorities, types, statuses.
enum SiteRoutes {
    static let routes = [
        Route(.get, "/rest/api/3/serverInfo", serverInfo),
        Route(.get, "/rest/api/3/field", fields),
        Route(.get, "/rest/api/3/priority", priorities),
        Route(.get, "/rest/api/3/priority/search", prioritySearch),
        Route(.get, "/rest/api/3/issuetype", issueTypes),
        Route(.get, "/rest/api/3/status", statuses),
    ]

    @Sendable private static func serverInfo(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        Answer(
            200,
            [
                "baseUrl": .string(call.request.base), "displayUrl": .string(call.request.base),
                "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
                "buildNumber": 100_300, "buildDate": "2026-11-01T00:00:00.000+0000",
                "serverTime": .string(JiraTime.platform(call.now, zone: call.caller?.timeZone)),
                "scmInfo": "simulated", "serverTitle": .string(site.configuration.name),
                "serverTimeZone": .string(call.caller?.timeZone ?? "UTC"), "defaultLocale": ["locale": "en_US"],
            ]
        )
    }

    @Sendable private static func fields(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        let types = [
            "summary": "string", "description": "string", "issuetype": "issuetype", "project": "project",
            "priority": "priority", "status": "status", "assignee": "user", "reporter": "user", "creator": "user",
            "created": "datetime", "updated": "datetime", "duedate": "date", "resolution": "resolution",
            "resolutiondate": "datetime", "labels": "array", "issuelinks": "array", "attachment": "array",
            "subtasks": "array", "components": "array", "versions": "array", "fixVersions": "array",
        ]
        var fields = types.keys.sorted().map { id -> JSON in
            let name = id.prefix(1).uppercased() + id.dropFirst()
            return [
                "id": .string(id), "key": .string(id), "name": .string(name), "custom": false, "orderable": true,
                "navigable": true, "searchable": true, "clauseNames": [.string(id)],
                "schema": ["type": .string(types[id] ?? "string"), "system": .string(id)],
            ]
        }
        var screens: [String: ScreenField] = [:]
        for project in site.configuration.projects {
            for type in IssueType.all where type.level == 0 {
                for field in site.createScreen(project, type) where field.id.hasPrefix("customfield_") {
                    screens[field.id] = field
                }
            }
        }
        for field in screens.values.sorted(by: { $0.id < $1.id }) {
            let number = field.id.split(separator: "_").last.map(String.init) ?? ""
            fields.append(
                [
                    "id": .string(field.id), "key": .string(field.id), "name": .string(field.name),
                    "untranslatedName": .string(field.name), "custom": true, "orderable": true, "navigable": true,
                    "searchable": true, "clauseNames": [.string("cf[\(number)]"), .string(field.name)],
                    "schema": field.schema,
                ]
            )
        }
        return Answer(200, .array(fields))
    }

    @Sendable private static func priorities(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        Answer(200, .array(detailedPriorities(site, call)))
    }

    @Sendable private static func prioritySearch(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let paging = Paging(call.request, most: 50) else { return Paging.refusal }
        return Answer(200, paging.page(detailedPriorities(site, call)))
    }

    private static func detailedPriorities(_ site: SimulatedSite, _ call: Call) -> [JSON] {
        Priority.all.map { priority in
            var members = site.render(priority, base: call.request.base).object ?? [:]
            members["statusColor"] = .string(priority.color)
            members["description"] = ""
            members["isDefault"] = .bool(priority.name == "Medium")
            return .object(members)
        }
    }

    @Sendable private static func issueTypes(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        Answer(
            200,
            .array(call.caller == nil ? [] : IssueType.all.map { site.renderListed($0, base: call.request.base) })
        )
    }

    @Sendable private static func statuses(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        Answer(200, .array(call.caller == nil ? [] : Status.all.map { site.render($0, base: call.request.base) }))
    }
}
