import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("The validation of a project", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ValidationTests {
    static let requirements = """
        {"requires_sprint_assignment": true, "requires_assignee": false, "requires_priority_levels": true}
        """
    static let body = #"{"project_key": "PROJ", "user_requirements": \#(requirements)}"#

    static let answer = ProjectValidation(
        projectKey: "PROJ",
        projectName: "Project PROJ",
        validationStatus: .invalid,
        canCreateTasks: false,
        canViewProject: true,
        availableSprints: [.init(id: "37", name: "Sprint 12", state: "active")],
        teamMembers: [
            .init(accountId: "a:1", displayName: "Ada Arden", email: "ada@acme.example"),
            .init(accountId: "a:2", displayName: "Cleo Crane", email: nil),
        ],
        priorityLevels: [.init(id: "2", name: "High")],
        validationWarnings: [.init(code: "links_not_permitted", message: "No links.")],
        blockingIssues: ["The account may not create issues."]
    )

    private func post(_ client: any TestClientProtocol, _ api: APIFixture, _ body: String) async throws -> TestResponse
    {
        try await client.execute(
            uri: "/api/jira/validate-project",
            method: .post,
            headers: api.headers([.contentType: "application/json"]),
            body: ByteBuffer(string: body)
        )
    }

    private func jobs(_ api: APIFixture) async throws -> [String] {
        try await api.backend.pool.query("SELECT state FROM jobs WHERE kind = 'validate'").map { try $0.get("state") }
    }

    @Test("A worker's answer comes back member by member, and the worker is asked what the client asked")
    func answered() async throws {
        try await APIFixture.run { api in
            let asked = Asked()
            try await api.withWorker(answering: { question in
                await asked.note(question)
                return (.succeeded, try AnswerJSON.encode(Self.answer))
            }) {
                try await api.application.test(.router) { client in
                    let response = try await post(client, api, Self.body)
                    #expect(response.status == .ok)
                    let json = try response.json
                    #expect(
                        Set(json.keys) == [
                            "project_key", "project_name", "validation_status", "can_create_tasks", "can_view_project",
                            "available_sprints", "team_members", "priority_levels", "validation_warnings",
                            "blocking_issues",
                        ]
                    )
                    #expect(json["validation_status"]?.string == "invalid")
                    #expect(json["can_create_tasks"] == .bool(false))
                    #expect(json["can_view_project"] == .bool(true))
                    #expect(json["available_sprints"]?.text == #"[{"id":"37","name":"Sprint 12","state":"active"}]"#)
                    #expect(
                        json["team_members"]?.text
                            == #"[{"account_id":"a:1","display_name":"Ada Arden","email":"ada@acme.example"},"#
                            + #"{"account_id":"a:2","display_name":"Cleo Crane","email":null}]"#
                    )
                    #expect(json["priority_levels"]?.text == #"[{"id":"2","name":"High"}]"#)
                    #expect(
                        json["validation_warnings"]?.text == #"[{"code":"links_not_permitted","message":"No links."}]"#
                    )
                    #expect(json["blocking_issues"]?.text == #"["The account may not create issues."]"#)
                }
            }
            let question = try #require(await asked.questions.first)
            #expect(question.subject == .project)
            #expect(question.projectKey == "PROJ")
            #expect(
                question.requirements
                    == ProjectRequirements(requiresSprintAssignment: true, requiresPriorityLevels: true)
            )
            let job = try await api.backend.pool.query("SELECT kind, priority, state, site FROM jobs").only()
            #expect(try job.get("kind", as: String.self) == "validate")
            #expect(try job.get("priority", as: Int.self) == JobPriority.waiting.rawValue)
            #expect(try job.get("state", as: String.self) == "succeeded")
            #expect(try job.get("site", as: String.self) == "acme.example")
        }
    }

    @Test("Without a worker the answer is 503 with Retry-After, and the job waits for nobody")
    func unanswered() async throws {
        try await APIFixture.run { api in
            var api = api
            api.backend.validationPatience = .milliseconds(50)
            try await api.application.test(.router) { [api] client in
                let response = try await post(client, api, Self.body)
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter] == "5")
                let error = try response.error()
                #expect(error.code == "unavailable")
                #expect(error.errorCategory == "temporary")
            }
            #expect(try await jobs(api) == ["cancelled"])
        }
    }

    @Test("An answer is found also where nobody could be told of it")
    func missedWake() async throws {
        try await APIFixture.run { api in
            async let looked: Void = {
                // What a worker writes, without the wake that it sends.
                while try await jobs(api) != ["queued"] { await Task.yield() }
                try await api.backend.pool.execute(
                    """
                    UPDATE jobs SET state = 'succeeded', finished_at = now(),
                        result = \(PostgresJSON(try AnswerJSON.encode(Self.answer)))
                    """
                )
            }()
            try await api.application.test(.router) { client in
                let response = try await post(client, api, Self.body)
                #expect(response.status == .ok)
            }
            try await looked
        }
    }

    struct Ending: CustomTestStringConvertible {
        let testDescription: String
        let category: FaultCategory
        let status: HTTPResponse.Status
        let code: String
    }

    @Test(
        "What the worker could not find out has its status, in the worker's words",
        arguments: [
            Ending(
                testDescription: "the site does not answer",
                category: .temporary,
                status: .serviceUnavailable,
                code: "unavailable"
            ),
            Ending(
                testDescription: "the credential is refused",
                category: .adminRequired,
                status: .forbidden,
                code: "integration_parked"
            ),
            Ending(
                testDescription: "the account may not",
                category: .userFixable,
                status: .forbidden,
                code: "jira_forbidden"
            ),
        ]
    )
    func faults(_ ending: Ending) async throws {
        try await APIFixture.run { api in
            let fault = Fault(
                category: ending.category,
                code: "x",
                userMessage: "Jira said no.",
                recoveryActions: ["Ask Ada"]
            )
            try await api.withWorker(answering: { _ in (.failed(fault), nil) }) {
                try await api.application.test(.router) { client in
                    let response = try await post(client, api, Self.body)
                    #expect(response.status == ending.status)
                    let error = try response.error()
                    #expect(error.code == ending.code)
                    #expect(error.errorCategory == ending.category.rawValue)
                    #expect(error.userMessage == "Jira said no.")
                    #expect(error.recoveryActions == ["Ask Ada"])
                    #expect((response.headers[.retryAfter] != nil) == (ending.status == .serviceUnavailable))
                }
            }
        }
    }

    @Test("A team with several sites must say which; one that is parked is 403 without a worker")
    func sites() async throws {
        try await APIFixture.run { api in
            try await api.addSite("other")
            try await api.application.test(.router) { client in
                let unnamed = try await post(client, api, Self.body)
                #expect(unnamed.status == .unprocessableContent)
                #expect(try unnamed.error().code == "site_needed")
                #expect(try unnamed.error().userMessage.contains(#""acme", "other""#))

                let unknown = try await post(
                    client,
                    api,
                    Self.body.replacing("{\"proj", with: "{\"site\": \"x\", \"proj")
                )
                #expect(unknown.status == .unprocessableContent)
                #expect(try unknown.error().code == "unknown_site")

                try await api.backend.pool.execute(
                    "UPDATE integrations SET state = 'parked', parked_reason = 'it was revoked' WHERE site = 'other'"
                )
                let parked = try await post(
                    client,
                    api,
                    Self.body.replacing("{\"proj", with: "{\"site\": \"other\", \"proj")
                )
                #expect(parked.status == .forbidden)
                #expect(try parked.error().code == "integration_parked")
                #expect(try parked.error().errorCategory == "admin_required")
                #expect(try await jobs(api).isEmpty)
            }
        }
    }

    @Test(
        "What is wrong with the request is said by its place",
        arguments: [
            ("{}", ["project_key is missing", "user_requirements is missing"]),
            (
                #"{"project_key": "proj", "user_requirements": {"requires_assignee": 1}, "x": 1}"#,
                [
                    "x is not a member of this request",
                    "project_key must be a project key such as PROJ: capital letters, digits and _",
                    "user_requirements.requires_sprint_assignment is missing",
                    "user_requirements.requires_assignee must be true or false, but is a number",
                    "user_requirements.requires_priority_levels is missing",
                ]
            ),
        ]
    )
    func malformed(body: String, faults: [String]) async throws {
        try await APIFixture.run { api in
            try await api.application.test(.router) { client in
                let response = try await post(client, api, body)
                #expect(response.status == .unprocessableContent)
                let error = try response.error()
                #expect(error.code == "invalid_request")
                #expect(error.details?.map { "\($0.at) \($0.message)" } == faults)
            }
        }
    }
}

/// What a worker was asked.
actor Asked {
    private(set) var questions: [SiteQuestion] = []
    func note(_ question: SiteQuestion) { questions.append(question) }
}
