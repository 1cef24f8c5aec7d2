import JiraSimulator
import Testing

@Suite("Creating issues", .timeLimit(.minutes(1)))
struct CreateTests {
    @Test("A create answers 201 with id, key and address, and the issue can be read with its property")
    func creates() async throws {
        try await withJira { jira, client in
            let reply = try await client.post(
                "/rest/api/3/issue",
                Client.issue(
                    "One",
                    fields: [
                        "description": document("Text"), "labels": ["b", "a", "b"], "priority": ["name": "high"],
                        "customfield_10020": 37, "customfield_10016": 3, "duedate": "2026-12-24",
                        "assignee": ["accountId": .string(SimulatedUser.defaults[1].accountID)],
                    ],
                    marker: "m-1"
                )
            )
            #expect(reply.status == 201)
            #expect(reply.json["key"] == "PROJ-1")
            let id = try #require(reply.json["id"]?.string)
            #expect(reply.json["self"]?.string == "\(jira.baseURL)/rest/api/3/issue/\(id)")
            let issue = try await client.get("/rest/api/3/issue/\(id)?properties=tramline").json
            #expect(issue["properties"]?["tramline"]?["marker"] == "m-1")
            let fields = try #require(issue["fields"])
            #expect(fields["summary"] == "One")
            #expect(fields["description"] == document("Text"))
            #expect(fields["labels"] == ["a", "b"])
            #expect(fields["priority"]?["name"] == "High")
            #expect(fields["customfield_10020"]?[0]?["name"] == "Sprint 12")
            #expect(fields["customfield_10016"] == 3.0)
            #expect(fields["assignee"]?["displayName"] == "Ada Arden")
            #expect(fields["creator"]?["displayName"] == "Tramline Bot")
            #expect(jira.issues().map(\.key) == ["PROJ-1"])
            #expect(jira.journal().first?.marker == "m-1")
        }
    }

    @Test("One 400 names every offending field, and nothing is made")
    func namesEveryField() async throws {
        try await withJira { jira, client in
            let reply = try await client.post(
                "/rest/api/3/issue",
                Client.issue(
                    "Two\nlines",
                    fields: [
                        "customfield_99999": 1, "priority": ["name": "Urgent"], "labels": ["two words"],
                        "customfield_10016": "3", "customfield_10020": "37", "duedate": "tomorrow",
                        "assignee": ["accountId": .string(SimulatedUser.defaults[4].accountID)],
                        "parent": ["key": "PROJ-99"], "description": "plain",
                    ]
                )
            )
            #expect(reply.status == 400)
            #expect(reply.json["errorMessages"] == [])
            let errors = try #require(reply.json["errors"]?.object)
            #expect(
                Set(errors.keys) == [
                    "summary", "customfield_99999", "priority", "labels", "customfield_10016", "customfield_10020",
                    "duedate", "assignee", "parent", "description",
                ]
            )
            #expect(
                errors["customfield_99999"]
                    == "Field 'customfield_99999' cannot be set. It is not on the appropriate screen, or unknown."
            )
            #expect(
                errors["description"]
                    == "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            )
            #expect(jira.issues().isEmpty)
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let field: String
        let message: String
        var summary = "Fine"
        var type = "Task"
        var fields: [String: JSON] = [:]
    }

    static let refused: [Refused] = [
        Refused(
            testDescription: "empty summary",
            field: "summary",
            message: "You must specify a summary of the issue.",
            summary: " "
        ),
        Refused(
            testDescription: "summary of 256 characters",
            field: "summary",
            message: "Summary can't exceed 255 characters.",
            summary: String(repeating: "s", count: 256)
        ),
        Refused(
            testDescription: "description of 32,768 characters",
            field: "description",
            message: "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
            fields: ["description": document(String(repeating: "d", count: 32_768))]
        ),
        Refused(
            testDescription: "closed sprint",
            field: "customfield_10020",
            message: "Issue can be assigned only active or future sprints.",
            fields: ["customfield_10020": 36]
        ),
        Refused(
            testDescription: "sprint of another board",
            field: "customfield_10020",
            message: "Sprint with id 137 does not exist or you do not have permission to view it.",
            fields: ["customfield_10020": 137]
        ),
        Refused(
            testDescription: "sub-task without parent",
            field: "parent",
            message: "Issue type is a sub-task but parent issue key or id not specified.",
            type: "Sub-task"
        ),
        Refused(
            testDescription: "epic with sprint",
            field: "customfield_10020",
            message: "Field 'customfield_10020' cannot be set. It is not on the appropriate screen, or unknown.",
            type: "Epic",
            fields: ["customfield_10020": 37]
        ),
        Refused(
            testDescription: "app as assignee",
            field: "assignee",
            message: "User '557058:automation-0004' cannot be assigned issues.",
            fields: ["assignee": ["accountId": "557058:automation-0004"]]
        ),
        Refused(
            testDescription: "unknown type",
            field: "issuetype",
            message: "Specify a valid issue type",
            type: "Chore"
        ),
        Refused(
            testDescription: "option that is none",
            field: "customfield_10100",
            message: "Option value '\"Pink\"' is not valid",
            fields: ["customfield_10100": ["value": "Pink"]]
        ),
    ]

    @Test("A wrong value is refused under its field", arguments: refused)
    func refuses(_ refused: Refused) async throws {
        let site = SiteConfiguration(
            projects: [ProjectConfiguration(), ProjectConfiguration(key: "TWO")],
            customFields: [CustomField(id: "customfield_10100", name: "Colour", kind: .select(["Red", "Blue"]))]
        )
        try await withJira([site]) { _, client in
            let reply = try await client.post(
                "/rest/api/3/issue",
                Client.issue(refused.summary, type: refused.type, fields: refused.fields)
            )
            #expect(reply.status == 400)
            #expect(reply.json["errors"] == [refused.field: .string(refused.message)])
        }
    }

    @Test("The longest values are taken")
    func takesTheLongest() async throws {
        try await withJira { _, client in
            try await client.create(
                String(repeating: "s", count: 255),
                fields: ["description": document(String(repeating: "d", count: 32_767))]
            )
        }
    }

    @Test("A document with any fault is INVALID_INPUT without a field, and the journal tells where")
    func invalidInput() async throws {
        try await withJira { jira, client in
            let reply = try await client.post(
                "/rest/api/3/issue",
                Client.issue("One", fields: ["description": document(""), "priority": ["name": "Urgent"]])
            )
            #expect(reply.status == 400)
            #expect(reply.json == ["errorMessages": ["INVALID_INPUT"], "errors": [:]])
            #expect(jira.journal().first?.detail == "doc.content[0].content[0]: empty text")
        }
    }

    @Test("A required field that is missing is named, and labels only exist where the screen has them")
    func screens() async throws {
        let project = ProjectConfiguration(labelsOnScreen: false, requiredFields: ["customfield_10101"])
        let site = SiteConfiguration(
            projects: [project],
            customFields: [CustomField(id: "customfield_10101", name: "Team")]
        )
        try await withJira([site]) { _, client in
            let reply = try await client.post("/rest/api/3/issue", Client.issue("One", fields: ["labels": ["a"]]))
            #expect(
                reply.json["errors"] == [
                    "customfield_10101": "Team is required.",
                    "labels": "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown.",
                ]
            )
            try await client.create("One", fields: ["customfield_10101": "Red"])
        }
    }

    @Test("Parents must be one level up, and a sub-task's in the same project")
    func parents() async throws {
        let site = SiteConfiguration(projects: [ProjectConfiguration(), ProjectConfiguration(key: "TWO")])
        try await withJira([site]) { _, client in
            let epic = try await client.create("Epic", type: "Epic")
            let story = try await client.create("Story", type: "Story", fields: ["parent": ["key": .string(epic)]])
            let part = try await client.create("Part", type: "Sub-task", fields: ["parent": ["key": .string(story)]])
            let read = try await client.get("/rest/api/3/issue/\(part)?fields=parent").json
            #expect(read["fields"]?["parent"]?["key"]?.string == story)
            let skipping = try await client.post(
                "/rest/api/3/issue",
                Client.issue("Part", type: "Sub-task", fields: ["parent": ["key": .string(epic)]])
            )
            #expect(skipping.json["errors"]?["parent"] != nil)
            let abroad = try await client.post(
                "/rest/api/3/issue",
                Client.issue("Part", project: "TWO", type: "Sub-task", fields: ["parent": ["key": .string(story)]])
            )
            #expect(
                abroad.json["errors"]?["project"] == "Sub-tasks must be created in the same project as the parent."
            )
        }
    }

    @Test("Malformed, empty and untyped bodies are refused in Jira's ways")
    func bodies() async throws {
        try await withJira { _, client in
            let json = [("Content-Type", "application/json")]
            let broken = try await client.send("POST", "/rest/api/3/issue", headers: json, body: Array("{".utf8))
            #expect(broken.status == 400)
            let empty = try await client.send("POST", "/rest/api/3/issue", headers: json)
            #expect(empty.json["errorMessages"] == ["No content to map to Object due to end of input"])
            let untyped = try await client.send("POST", "/rest/api/3/issue", body: Array("{}".utf8))
            #expect(untyped.status == 415)
            #expect(untyped.header("Content-Type") == "application/problem+json")
            let deleted = try await client.send("PATCH", "/rest/api/3/issue")
            #expect(deleted.status == 405)
            #expect(deleted.header("Allow") == "POST")
        }
    }

    @Test("Create metadata lists types and fields by pages of at most 200")
    func createMeta() async throws {
        try await withJira { _, client in
            let types = try await client.get("/rest/api/3/issue/createmeta/PROJ/issuetypes").json
            #expect(types["total"] == 5)
            let task = try #require(types["issueTypes"]?.array?.first { $0["name"] == "Task" }?["id"]?.string)
            let path = "/rest/api/3/issue/createmeta/PROJ/issuetypes/\(task)"
            let fields = try await client.get("\(path)?maxResults=200").json["fields"]?.array ?? []
            let names = Set(fields.compactMap { $0["fieldId"]?.string })
            #expect(names.isSuperset(of: ["summary", "labels", "priority", "customfield_10016", "customfield_10020"]))
            let priority = try #require(fields.first { $0["fieldId"] == "priority" })
            #expect(priority["allowedValues"]?.array?.count == 5)
            let page = try await client.get("\(path)?startAt=2&maxResults=3").json
            #expect(page["fields"]?.array?.count == 3)
            #expect(try await client.get("\(path)?maxResults=201").status == 400)
            #expect(try await client.get("/rest/api/3/issue/createmeta/NONE/issuetypes").status == 404)
        }
    }
}
