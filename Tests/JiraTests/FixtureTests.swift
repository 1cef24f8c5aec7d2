import Foundation
import Jira
import Testing

/// Recorded answers, served as they were.
@Suite(
    "Recorded answers",
    .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.missing)),
    .timeLimit(.minutes(1))
)
struct FixtureTests {
    private func served<Value: Sendable>(
        _ name: String,
        _ call: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> Value {
        try await served(text: try Fixtures.text(name), call)
    }

    private func served<Value: Sendable>(
        text: String,
        _ call: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> Value {
        try await withClient(of: [.answer(HTTP.answer(200, text))]) { client, _ in try await call(client).value }
    }

    /// The bodies of a recording as one array.
    private func recorded(_ name: String) throws -> String {
        String(decoding: JiraJSON.array(try Fixtures.bodies(name)).encoded(), as: UTF8.self)
    }

    @Test(
        "Issues of a real site",
        arguments: ["ocean-recorded/issue_a.json", "ocean-recorded/issue_b.json", "saral-modelled/issue_rich_adf.json"]
    )
    func issues(_ name: String) async throws {
        let issue = try await served(name) { client throws(JiraError) in try await client.issue("SEC-108") }
        #expect(issue.key != nil)
        #expect(issue.summary?.isEmpty == false)
        #expect(issue.fields["description"]?["type"]?.string == "doc" || issue.fields["description"]?.isNull == true)
    }

    @Test("Agile issues with sprints, and points that are once a string")
    func sprintsAndPoints() async throws {
        let issues = try Fixtures.bodies("devlake-recorded/agile_board_issues.json")
        let body = JiraJSON.object(["issues": .array(issues)])
        let fetched = try await served(text: String(decoding: body.encoded(), as: UTF8.self)) {
            client throws(JiraError) in
            try await client.bulkFetch(["EE-1"])
        }
        #expect(fetched.issues.count == issues.count)
        #expect(fetched.issues.contains { !$0.sprints(in: "customfield_10020").isEmpty })
        let points = fetched.issues.compactMap { $0.number(in: "customfield_10024") }
        #expect(points.contains(-1) && points.contains(2))
        #expect(fetched.issues.allSatisfy { $0.created != nil && $0.updated != nil })
    }

    @Test("Search pages")
    func search() async throws {
        let first = try await served("saral-modelled/search_page1.json") { client throws(JiraError) in
            try await client.searchPage(JiraSearch(jql: "project = EX"))
        }
        #expect(first.next != nil)
        #expect(first.issues.first?.key == "EX-1")
        #expect(first.issues.first?.assignee?.accountID == "5b10a2844c20165700ede21g")
        let second = try await served("saral-modelled/search_page2.json") { client throws(JiraError) in
            try await client.searchPage(JiraSearch(jql: "project = EX"))
        }
        #expect(second.next == nil)
    }

    @Test("Creation's issue types and fields")
    func createMeta() async throws {
        let types = try await served("saral-modelled/createmeta_issuetypes.json") { client throws(JiraError) in
            try await client.createMetaIssueTypes(project: "EX")
        }
        #expect(types.values.map(\.name) == ["Task", "Story", "Epic", "Bug", "Sub-task"])
        #expect(types.values.last?.isSubtask == true)
        #expect(types.next == nil)
        let fields = try await served("saral-modelled/createmeta_task.json") { client throws(JiraError) in
            try await client.createMetaFields(project: "EX", issueType: "10001")
        }
        #expect(fields.values.contains { $0.id == "summary" && $0.isRequired })
    }

    @Test("The sprint field and the story points are found, on a localised site as well")
    func fields() async throws {
        let fields = try await served("saral-modelled/field.json") { client throws(JiraError) in
            try await client.fields()
        }
        #expect(fields.filter(\.isSprint).map(\.id) == ["customfield_10020"])
        #expect(fields.filter(\.isStoryPoints).map(\.id).contains("customfield_10032"))
        let chinese = try await served(text: try recorded("devlake-recorded/issue_fields.json")) {
            client throws(JiraError) in
            try await client.fields()
        }
        #expect(chinese.count == 3 || !chinese.isEmpty)
        #expect(chinese.allSatisfy { !$0.isSprint })
    }

    @Test("Boards, their estimation, their sprints in both spellings of time")
    func agile() async throws {
        let boards = try await served("saral-modelled/board.json") { client throws(JiraError) in
            try await client.boards(project: "EX")
        }
        #expect(boards.values.map(\.type) == ["scrum", "kanban"])
        #expect(boards.values.first?.projectKey == "EX")
        let configuration = try await served("saral-modelled/board_config_estimation.json") {
            client throws(JiraError) in
            try await client.boardConfiguration(board: 10)
        }
        #expect(configuration.estimationFieldID == "customfield_10032")
        let sprints = try await served("saral-modelled/sprint_page.json") { client throws(JiraError) in
            try await client.sprints(board: 10)
        }
        #expect(sprints.values.map(\.state) == [.closed, .active, .future])
        #expect(sprints.values[0].completeDate != nil)
        let recorded = JiraJSON.object(["values": .array(try Fixtures.bodies("devlake-recorded/board_sprints.json"))])
        let real = try await served(text: String(decoding: recorded.encoded(), as: UTF8.self)) {
            client throws(JiraError) in
            try await client.sprints(board: 8)
        }
        #expect(real.values.allSatisfy { $0.boardID != nil })
    }

    @Test("People without an address, projects, permissions")
    func people() async throws {
        let users = try await served(text: try recorded("devlake-recorded/users.json")) { client throws(JiraError) in
            try await client.userSearch(query: "")
        }
        #expect(users.count == 15)
        #expect(users.contains { $0.emailAddress == nil })
        let me = try await served("saral-modelled/myself.json") { client throws(JiraError) in try await client.myself()
        }
        #expect(!me.accountID.isEmpty)
        for name in ["ocean-recorded/user_a.json", "ocean-recorded/user_b.json"] {
            _ = try await served(name) { client throws(JiraError) in try await client.myself() }
        }
        for name in ["ocean-recorded/project_a.json", "ocean-recorded/project_b.json"] {
            let project = try await served(name) { client throws(JiraError) in try await client.project("X") }
            #expect(!project.key.isEmpty)
        }
        let permissions = try await served("saral-modelled/mypermissions_basic.json") { client throws(JiraError) in
            try await client.myPermissions(projectKey: "EX", permissions: ["CREATE_ISSUES", "MOVE_ISSUES"])
        }
        #expect(permissions == ["CREATE_ISSUES": true, "MOVE_ISSUES": false])
    }

    @Test("The specification's own examples")
    func specification() async throws {
        for example in try Fixtures.json("openapi_examples.json").array ?? [] {
            guard let operation = example["operationId"]?.string,
                let answer = example["responses"]?["200"] ?? example["responses"]?["201"]
            else { continue }
            let text = String(decoding: answer.encoded(), as: UTF8.self)
            switch operation {
            case "getCreateIssueMetaIssueTypes":
                let page = try await served(text: text) { client throws(JiraError) in
                    try await client.createMetaIssueTypes(project: "P")
                }
                #expect(!page.values.isEmpty)
            case "getCreateIssueMetaIssueTypeId":
                let page = try await served(text: text) { client throws(JiraError) in
                    try await client.createMetaFields(project: "P", issueType: "1")
                }
                #expect(!page.values.isEmpty)
            case "getIssueLinkTypes":
                let types = try await served(text: text) { client throws(JiraError) in try await client.linkTypes() }
                #expect(!types.isEmpty)
            case "getPriorities":
                let priorities = try await served(text: text) { client throws(JiraError) in
                    try await client.priorities()
                }
                #expect(!priorities.isEmpty)
            case "getFields":
                let fields = try await served(text: text) { client throws(JiraError) in try await client.fields() }
                #expect(!fields.isEmpty)
            case "getProject":
                _ = try await served(text: text) { client throws(JiraError) in try await client.project("P") }
            case "getCurrentUser":
                _ = try await served(text: text) { client throws(JiraError) in try await client.myself() }
            case "getServerInfo":
                _ = try await served(text: text) { client throws(JiraError) in try await client.serverInfo() }
            case "getAttachmentMeta":
                _ = try await served(text: text) { client throws(JiraError) in try await client.attachmentSettings() }
            case "searchAndReconsileIssuesUsingJqlPost":
                let page = try await served(text: text) { client throws(JiraError) in
                    try await client.searchPage(JiraSearch(jql: "project = P"))
                }
                #expect(!page.issues.isEmpty)
            default:
                continue
            }
        }
    }
}
