import JiraSimulator
import Postgres
import Record
import ServiceLifecycle
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Checks before an export", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ExportCheckTests {
    private func jira(_ project: ProjectConfiguration) -> JiraSimulator.Configuration {
        .init(sites: [SiteConfiguration(projects: [project])], latency: .milliseconds(2))
    }

    @Test("Everything that is amiss is told at once, and nothing is created")
    func everythingAtOnce() async throws {
        let project = ProjectConfiguration(issueTypes: ["Task"], requiredFields: ["customfield_10016"])
        try await ExportFixture.run(jira: jira(project)) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, TicketContent(title: "Pointed", storyPoints: 3)),
                .make(2),
                .make(3, TicketContent(title: "Epic", issueType: "Epic")),
            ])
            _ = try await fixture.export(session, team: team)
            let row = try #require(try await SessionStore(pool: fixture.pool).load(session, on: fixture.pool))
            #expect(row.status == .exportFailed)
            let fault = try #require(row.fault)
            #expect(fault.code == "project_unready" && fault.category == .adminRequired)
            #expect(fault.userMessage.contains("no issue type \"Epic\", asked for by T3"))
            #expect(fault.userMessage.contains("Story Points (customfield_10016), not given by T2"))
            #expect(fixture.jira.issues().isEmpty)
            #expect(fixture.jira.journal().allSatisfy { $0.method == "GET" })
        }
    }

    @Test(
        "A project that is gone, or in which the account may create nothing, fails the export at once",
        arguments: [("BROWSE_PROJECTS", "project_not_found"), ("CREATE_ISSUES", "create_not_permitted")]
    )
    func access(denied: String, code: String) async throws {
        try await ExportFixture.run(jira: jira(ProjectConfiguration(deniedPermissions: [denied]))) { fixture in
            let (team, session) = try await fixture.importSession([.make(1)])
            _ = try await fixture.export(session, team: team)
            let row = try #require(try await SessionStore(pool: fixture.pool).load(session, on: fixture.pool))
            #expect(row.fault?.code == code)
            let job = try await fixture.pool.query("SELECT state, attempts FROM jobs").only()
            #expect(try job.get("state", as: String.self) == "failed")
            #expect(try job.get("attempts", as: Int.self) == 0)
        }
    }

    @Test("A job looks once: another claim of it goes on without looking again")
    func once() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession((1...6).map { .make($0) })
            try await fixture.withWorkers([fixture.makeRunner("first")]) { groups in
                try await fixture.start(session, team: team)
                _ = try await fixture.follow(session) { $0.count >= 3 }
                await groups[0].triggerGracefulShutdown()
            }
            #expect((1..<6).contains(fixture.jira.issues().count))
            _ = try await fixture.withWorkers([fixture.makeRunner("second")]) { _ in
                try await fixture.messages(of: session)
            }
            #expect(fixture.jira.issues().count == 6)
            let looks = fixture.jira.journal().count { $0.path == "/rest/api/3/mypermissions" }
            #expect(looks == 1)
            let steps = try await fixture.pool.query("SELECT outcome FROM job_steps WHERE step = 'checks'")
            #expect(try steps.only().get("outcome", as: String.self) == "passed")
        }
    }
}
