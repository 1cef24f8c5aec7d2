import Foundation
import Jira
import JiraSimulator
import Synchronization
import Testing

/// The client against a Jira that is strict about what it takes.
@Suite("Against the simulator", .timeLimit(.minutes(2)))
struct SimulatorTests {
    private func withSimulator(
        _ settings: JiraConnections.Configuration = .init(allowInsecure: true),
        faults: [Fault] = [],
        _ body: @Sendable (JiraClient, JiraSimulator) async throws -> Void
    ) async throws {
        let configuration = JiraSimulator.Configuration(latency: .zero, faults: faults)
        try await JiraSimulator.run(configuration) { simulator in
            try await withConnections(settings) { connections in
                let client = JiraClient(
                    site: try JiraSite(baseURL: simulator.baseURL, allowInsecure: true),
                    credential: .basic(email: "bot@acme.example", token: "simulated-token"),
                    connections: connections
                )
                try await body(client, simulator)
            }
        }
    }

    private static let document = Array(
        #"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"Grüße 😀"}]}]}"#
            .utf8
    )

    private static func draft(_ summary: String, marker: String = "m-1") -> JiraIssueDraft {
        JiraIssueDraft(
            fields: [
                "project": ["key": "PROJ"], "issuetype": ["name": "Task"], "summary": .string(summary),
                "labels": ["x-1"],
            ],
            documents: ["description": document],
            properties: ["tramline": ["marker": .string(marker)]]
        )
    }

    @Test("An issue is made with its property and read back in each way")
    func creating() async throws {
        try await withSimulator { client, simulator in
            let made = try await client.createIssue(Self.draft("First", marker: "m-7"))
            #expect(made.value.key == "PROJ-1")
            #expect(made.serverTime != nil)
            #expect(simulator.issues().count == 1)

            let read = try await client.issue(
                "PROJ-1",
                fields: ["summary", "created", "creator", "description"],
                properties: ["tramline"]
            )
            #expect(read.value.id == made.value.id)
            #expect(read.value.summary == "First")
            #expect(read.value.created != nil)
            #expect(read.value.properties["tramline"]?["marker"] == "m-7")
            #expect(read.value.fields["description"] == (try JiraJSON(parsing: Self.document)))
            let me = try await client.myself()
            #expect(read.value.creator?.accountID == me.value.accountID)

            let fetched = try await client.bulkFetch(
                ["PROJ-1", "PROJ-2", made.value.id],
                fields: ["created"],
                properties: ["tramline"]
            )
            #expect(fetched.value.issues.map(\.key) == ["PROJ-1"])
            #expect(fetched.value.issues.first?.properties["tramline"]?["marker"] == "m-7")
            _ = try await client.bulkFetch(["PROJ-1"])

            let found = try await client.searchPage(
                JiraSearch(jql: "project = PROJ ORDER BY created ASC", fields: ["summary"], properties: ["tramline"])
            )
            #expect(found.value.issues.map(\.summary) == ["First"])
            #expect(found.value.issues.first?.properties["tramline"]?["marker"] == "m-7")
            #expect(found.value.next == nil)
        }
    }

    @Test("A search of many pages gives every issue once")
    func searching() async throws {
        try await withSimulator { client, _ in
            for number in 1...7 { _ = try await client.createIssue(Self.draft("Number \(number)")) }
            var keys: [String?] = []
            var pages = 0
            for try await reply in client.search(JiraSearch(jql: "project = PROJ ORDER BY created ASC", maxResults: 3))
            {
                keys += reply.value.issues.map(\.id)
                pages += 1
            }
            #expect(keys.count == 7 && Set(keys).count == 7)
            #expect(pages >= 3)
            let unbounded = try await failure { () throws(JiraError) in try await client.searchPage(JiraSearch(jql: ""))
            }
            #expect(unbounded.code == .rejected)
        }
    }

    @Test("A link is seen the right way round from both of its ends, and twice is once")
    func linking() async throws {
        try await withSimulator { client, simulator in
            let blocker = try await client.createIssue(Self.draft("First")).value.key
            let blocked = try await client.createIssue(Self.draft("Second")).value.key
            for _ in 0..<2 { _ = try await client.createLink(blocker: blocker, blocked: blocked) }
            #expect(simulator.links().count == 1)

            let first = try await client.links(ofIssue: blocker).value
            #expect(first.map(\.otherKey) == [blocked])
            #expect(first.first?.role == .source)
            #expect(first.first?.type.outward == "blocks")
            let second = try await client.links(ofIssue: blocked).value
            #expect(second.map(\.otherKey) == [blocker])
            #expect(second.first?.role == .target)
            #expect(second.first?.type.inward == "is blocked by")

            let blocks = try #require(try await client.linkTypes().value.first { $0.name == "Blocks" })
            _ = try await client.createLink(type: .id(blocks.id), from: blocker, to: blocked)
            let missing = try await failure { () throws(JiraError) in
                try await client.createLink(blocker: "PROJ-99", blocked: blocked)
            }
            #expect(missing.code == .notFound)
            #expect(missing.outcome == .refused)
        }
    }

    @Test("A file is attached and listed")
    func attaching() async throws {
        try await withSimulator { client, _ in
            let key = try await client.createIssue(Self.draft("First")).value.key
            #expect(try await client.attachmentSettings().value.isEnabled)
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            let upload = JiraUpload(filename: "grüße \"1\".bin", contentType: "application/zip", bytes: bytes)
            let attached = try await client.attach(upload, toIssue: key).value
            #expect(attached.map(\.size) == [100_000])
            let listed = try await client.attachments(ofIssue: key).value
            #expect(listed.map(\.id) == attached.map(\.id))
            let missing = try await failure { () throws(JiraError) in
                try await client.attach(upload, toIssue: "PROJ-99")
            }
            #expect(missing.code == .notFound)
        }
    }

    @Test("What a project allows")
    func project() async throws {
        try await withSimulator { client, _ in
            let project = try await client.project("PROJ").value
            #expect(project.key == "PROJ")
            let types = try await client.createMetaIssueTypes(project: "PROJ").value
            let task = try #require(types.values.first { $0.name == "Task" })
            var fields: [JiraFieldMeta] = []
            var start: Int? = 0
            while let at = start {
                let page = try await client.createMetaFields(
                    project: "PROJ",
                    issueType: task.id,
                    startAt: at,
                    maxResults: 4
                ).value
                fields += page.values
                start = page.next
            }
            #expect(Set(fields.map(\.id)).isSuperset(of: ["summary", "description", "assignee", "priority", "labels"]))
            #expect(Set(fields.map(\.id)).count == fields.count)
            #expect(fields.first { $0.id == "priority" }?.allowedValue(named: "high") != nil)
            let permissions = try await client.myPermissions(
                projectKey: "PROJ",
                permissions: ["CREATE_ISSUES", "LINK_ISSUES"]
            )
            #expect(permissions.value == ["CREATE_ISSUES": true, "LINK_ISSUES": true])
            #expect(try await !client.priorities().value.isEmpty)
            #expect(try await client.serverInfo().value.deploymentType == "Cloud")
        }
    }

    @Test("People, sprints and the fields for them")
    func peopleAndSprints() async throws {
        try await withSimulator { client, _ in
            #expect(try await client.userSearch(query: "ada@acme.example").value.map(\.displayName) == ["Ada Arden"])
            let assignable = try await client.assignableSearch(project: "PROJ", query: "Ben").value
            #expect(assignable.map(\.accountID) == ["712020:ben-0001"])
            #expect(try await client.assignableUser(project: "PROJ", accountID: "712020:ben-0001").value != nil)
            let fields = try await client.fields().value
            let sprintField = try #require(fields.first { $0.isSprint })
            #expect(fields.contains { $0.isStoryPoints })

            let board = try #require(try await client.boards(project: "PROJ").value.values.first)
            _ = try await client.boardConfiguration(board: board.id)
            let sprints = try await client.sprints(board: board.id, states: [.active, .future]).value
            #expect(sprints.values.map(\.id) == [37, 38])
            var draft = Self.draft("In a sprint")
            draft.fields[sprintField.id] = 37
            let key = try await client.createIssue(draft).value.key
            let issue = try await client.issue(key, fields: [sprintField.id]).value
            #expect(issue.sprints(in: sprintField.id).map(\.name) == ["Sprint 12"])
        }
    }

    @Test("A refusal names its fields, and nothing is made")
    func refusal() async throws {
        try await withSimulator { client, simulator in
            var draft = Self.draft(String(repeating: "x", count: 256))
            draft.fields["customfield_99999"] = 1
            let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(error.code == .rejected)
            #expect(error.outcome == .refused)
            #expect(Set(error.fieldErrors.keys) == ["summary", "customfield_99999"])
            #expect(simulator.issues().isEmpty)
        }
    }

    struct FaultCase: Sendable, CustomTestStringConvertible {
        let effect: Fault.Effect
        let code: JiraError.Code
        let outcome: JiraError.Outcome
        /// How many issues there are afterwards.
        let made: Int
        var testDescription: String { effect.kind + " (\(made))" }
    }

    @Test(
        "What is refused was not made",
        arguments: [
            FaultCase(effect: .dropBeforeCommit, code: .connectionLost, outcome: .uncertain, made: 0),
            FaultCase(effect: .dropAfterCommit, code: .connectionLost, outcome: .uncertain, made: 1),
            FaultCase(effect: .errorBeforeCommit(status: 503), code: .serverFault, outcome: .uncertain, made: 0),
            FaultCase(effect: .errorAfterCommit(status: 500), code: .serverFault, outcome: .uncertain, made: 1),
            FaultCase(
                effect: .timeOut(milliseconds: 60_000, commits: true),
                code: .timedOut,
                outcome: .uncertain,
                made: 1
            ),
            FaultCase(effect: .truncated, code: .connectionLost, outcome: .uncertain, made: 1),
            FaultCase(
                effect: .rateLimited(retryAfter: 7, reason: "jira-per-issue-on-write"),
                code: .rateLimited,
                outcome: .refused,
                made: 0
            ),
            FaultCase(effect: .unauthorized, code: .unauthenticated, outcome: .refused, made: 0),
        ]
    )
    func faults(_ example: FaultCase) async throws {
        let settings = JiraConnections.Configuration(requestTimeout: .seconds(2), allowInsecure: true)
        try await withSimulator(settings, faults: [.creating(example.effect, .first(1))]) { client, simulator in
            let error = try await failure { () throws(JiraError) in try await client.createIssue(Self.draft("Once")) }
            #expect(error.outcome == example.outcome)
            #expect(error.code == example.code, "\(error.debugDescription)")
            #expect(simulator.issues().count == example.made)
            if example.code == .rateLimited {
                #expect(error.retryAfter == .seconds(7))
                #expect(error.rateLimit?.reason == .perIssueOnWrite)
            }
            // The next request is none the worse for it.
            _ = try await client.createIssue(Self.draft("Again", marker: "m-2"))
            #expect(simulator.journal().filter { $0.title == "Once" }.count == 1, "sent once")
        }
    }

    @Test("A bearer behind the gateway, and a wrong credential")
    func credentials() async throws {
        try await withSimulator { client, simulator in
            try await withConnections { connections in
                let site = try JiraSite(
                    baseURL: simulator.gatewayURL(),
                    browseURL: "https://acme.example",
                    allowInsecure: true
                )
                let bearer = JiraClient(site: site, credential: .bearer("simulated-bearer"), connections: connections)
                #expect(try await bearer.myself().value.accountID == client.myself().value.accountID)
                let wrong = JiraClient(
                    site: try JiraSite(baseURL: simulator.baseURL, allowInsecure: true),
                    credential: .basic(email: "bot@acme.example", token: "wrong"),
                    connections: connections
                )
                let me = try await failure { () throws(JiraError) in try await wrong.myself() }
                #expect(me.code == .unauthenticated)
                let search = try await failure { () throws(JiraError) in
                    try await wrong.searchPage(JiraSearch(jql: "project = PROJ"))
                }
                #expect([.unauthenticated, .rejected].contains(search.code), "not an empty list")
            }
        }
    }
}
