import Delivery
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

/// Questions run against a simulated Jira.
@Suite("Questions to a site", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ValidateTests {
    static let all = ProjectRequirements(
        requiresSprintAssignment: true,
        requiresAssignee: true,
        requiresPriorityLevels: true
    )

    private func jira(_ project: ProjectConfiguration) -> JiraSimulator.Configuration {
        .init(sites: [SiteConfiguration(projects: [project])], latency: .milliseconds(2))
    }

    private func validation(
        _ project: ProjectConfiguration = ProjectConfiguration(),
        asking key: String = "PROJ",
        _ requirements: ProjectRequirements = all,
        prepare: @escaping @Sendable (JiraSimulator) -> Void = { _ in }
    ) async throws -> ProjectValidation {
        let answer = Answered()
        try await ExportFixture.run(jira: jira(project)) { fixture in
            prepare(fixture.jira)
            let end = try await fixture.ask(.project, project: key, requirements)
            #expect(end.state == .succeeded)
            await answer.set(try AnswerJSON.decode(from: try #require(end.result)))
        }
        return try #require(await answer.validation)
    }

    @Test("A good project is valid, with its open sprints, active people and priorities")
    func valid() async throws {
        let validation = try await validation()
        #expect(validation.validationStatus == .valid)
        #expect(validation.blockingIssues.isEmpty && validation.validationWarnings.isEmpty)
        #expect(validation.projectKey == "PROJ" && validation.projectName == "Project PROJ")
        #expect(validation.canCreateTasks && validation.canViewProject)
        #expect(
            validation.availableSprints == [
                .init(id: "37", name: "Sprint 12", state: "active"),
                .init(id: "38", name: "Sprint 13", state: "future"),
            ]
        )
        // Neither the app nor whoever has left; a hidden address stays hidden.
        #expect(
            validation.teamMembers == [
                .init(accountId: "5b10ac8d82e05b22cc7d4ef5", displayName: "Ada Arden", email: "ada@acme.example"),
                .init(accountId: "712020:ben-0001", displayName: "Ben Brook", email: "ben@acme.example"),
                .init(accountId: "712020:cleo-0002", displayName: "Cleo Crane", email: nil),
                .init(accountId: "5b10a2844c20165700ede21g", displayName: "Tramline Bot", email: "bot@acme.example"),
            ]
        )
        #expect(validation.priorityLevels.map(\.name) == ["Highest", "High", "Medium", "Low", "Lowest"])
    }

    @Test("A project that is absent, or not shown, is invalid and says so")
    func absent() async throws {
        for validation in [
            try await validation(asking: "NONE"),
            try await validation(ProjectConfiguration(deniedPermissions: ["BROWSE_PROJECTS"])),
        ] {
            #expect(validation.validationStatus == .invalid)
            #expect(!validation.canViewProject && !validation.canCreateTasks)
            #expect(validation.projectName.isEmpty)
            #expect(validation.blockingIssues.count == 1)
            #expect(validation.teamMembers.isEmpty && validation.availableSprints.isEmpty)
        }
    }

    @Test("Permissions that are missing block, or warn, as they matter")
    func permissions() async throws {
        let mayNotCreate = try await validation(ProjectConfiguration(deniedPermissions: ["CREATE_ISSUES"]))
        #expect(mayNotCreate.validationStatus == .invalid)
        #expect(mayNotCreate.canViewProject && !mayNotCreate.canCreateTasks)
        #expect(mayNotCreate.blockingIssues.count == 1)
        #expect(mayNotCreate.blockingIssues[0].contains("Create Issues"))

        let mayNotLink = try await validation(ProjectConfiguration(deniedPermissions: ["LINK_ISSUES"]))
        #expect(mayNotLink.validationStatus == .valid)
        #expect(mayNotLink.validationWarnings.map(\.code) == ["link_not_permitted"])
    }

    @Test("What is required and missing blocks; what is not required is not missed")
    func requirements() async throws {
        let kanban = ProjectConfiguration(priorityOnScreen: false, hasSprints: false)
        let wanted = try await validation(kanban)
        #expect(wanted.validationStatus == .invalid)
        // The field is on no screen, and no board has a sprint; the priorities are the third.
        #expect(wanted.blockingIssues.count == 3)
        let unwanted = try await validation(kanban, ProjectRequirements())
        #expect(unwanted.validationStatus == .valid)
        #expect(unwanted.availableSprints.isEmpty && unwanted.priorityLevels.isEmpty)
    }

    @Test("Fields that tickets must give are a warning, by name")
    func requiredFields() async throws {
        let validation = try await validation(
            ProjectConfiguration(issueTypes: ["Task"], requiredFields: ["customfield_10016"]),
            ProjectRequirements()
        )
        #expect(validation.validationStatus == .valid)
        #expect(validation.validationWarnings.map(\.code) == ["fields_required"])
        #expect(validation.validationWarnings[0].message.contains("Story Points (customfield_10016)"))
    }

    @Test("Boards that the account may not read block only where sprints are required")
    func boardsForbidden() async throws {
        let forbid: @Sendable (JiraSimulator) -> Void = { jira in
            jira.add(Fault(.answer(status: 403, body: ["errorMessages": ["No."]]), path: "/rest/agile/1.0/board"))
        }
        let required = try await validation(prepare: forbid)
        #expect(required.validationStatus == .invalid)
        let unwanted = try await validation(ProjectConfiguration(), ProjectRequirements(), prepare: forbid)
        #expect(unwanted.validationStatus == .valid)
    }

    @Test("All of it are reads, one at a time, through the site's gate")
    func reads() async throws {
        try await ExportFixture.run { fixture in
            _ = try await fixture.ask(.project, project: "PROJ", Self.all)
            let journal = fixture.jira.journal()
            #expect(journal.allSatisfy { $0.method == "GET" })
            #expect(fixture.jira.summary().sites.values.first?.maxInFlight == 1)
            let permissions = try #require(journal.first { $0.path == "/rest/api/3/mypermissions" })
            #expect(permissions.query.contains("projectKey=PROJ"))
        }
    }

    @Test("How large files may be, and whether they may be attached at all")
    func allowance() async throws {
        try await ExportFixture.run(jira: .init(sites: [SiteConfiguration(uploadLimit: 77)])) { fixture in
            let end = try await fixture.ask(.attachments, project: "PROJ")
            let allowance = try AnswerJSON.decode(AttachmentAllowance.self, from: try #require(end.result))
            #expect(allowance == AttachmentAllowance(isEnabled: true, isPermitted: true, uploadLimit: 77))
        }
        try await ExportFixture.run(jira: jira(ProjectConfiguration(deniedPermissions: ["CREATE_ATTACHMENTS"]))) {
            fixture in
            let end = try await fixture.ask(.attachments, project: "PROJ")
            let allowance = try AnswerJSON.decode(AttachmentAllowance.self, from: try #require(end.result))
            #expect(!allowance.isPermitted)
        }
    }

    @Test("A credential that Jira refuses, and a site that fails, are faults that say whose turn it is")
    func faults() async throws {
        try await ExportFixture.run { fixture in
            let refused = try await fixture.ask(.project, project: "PROJ", token: "wrong")
            #expect(refused.state == .failed)
            #expect(refused.fault?.code == "jira_unauthenticated")
            #expect(refused.fault?.category == .adminRequired)
        }
        try await ExportFixture.run { fixture in
            fixture.jira.add(Fault(.errorBeforeCommit(status: 503), path: "/rest/api/3/project/*"))
            let failed = try await fixture.ask(.project, project: "PROJ")
            #expect(failed.state == .failed)
            #expect(failed.fault?.category == .temporary)
        }
    }
}

private actor Answered {
    private(set) var validation: ProjectValidation?
    func set(_ validation: ProjectValidation) { self.validation = validation }
}

extension ExportFixture {
    /// Has a worker of this process answer a question, and waits for its end.
    func ask(
        _ subject: SiteQuestion.Subject,
        project: String,
        _ requirements: ProjectRequirements = ProjectRequirements(),
        token: String = token
    ) async throws -> JobEnd {
        let integration = try await integrate(token: token)
        let jobs = JobStore(pool: pool)
        let payload = try AnswerJSON.encode(
            SiteQuestion(subject, at: integration.id, project: project, requirements: requirements)
        )
        let job = try await pool.withTransaction(by: .commandLine) { connection in
            try await jobs.insert(
                NewJob(
                    kind: .validate,
                    team: integration.team,
                    site: integration.gate,
                    priority: .waiting,
                    maximumAttempts: 1,
                    payload: payload
                ),
                on: connection
            ).job
        }
        let wakes = try await delivery.endWakes(of: job.id)
        defer { wakes.cancel() }
        return try await withWorkers([makeRunner("worker")]) { _ in
            _ = try await delivery.enqueue([QueuedJob(job)])
            var iterator = wakes.makeAsyncIterator()
            while true {
                if let end = try await jobs.end(of: job.id) { return end }
                guard await iterator.next() != nil else { throw CancellationError() }
            }
        }
    }
}
