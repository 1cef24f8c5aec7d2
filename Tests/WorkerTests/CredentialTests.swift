import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Credentials that Jira refuses", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct CredentialTests {
    private static let second = "the-other-token"

    private func run(_ body: @Sendable (ExportFixture) async throws -> Void) async throws {
        let bot = SimulatedUser.defaults[0].accountID
        var site = SiteConfiguration()
        site.credentials.append(
            Credential(.basic(email: "bot@acme.example"), token: Self.second, accountID: bot)
        )
        try await ExportFixture.run(jira: .init(sites: [site], latency: .milliseconds(2)), body)
    }

    @Test("A credential that is good no more parks the integration, and stops every job of it")
    func parks() async throws {
        try await run { fixture in
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let (_, other) = try await fixture.importSession([.make(1)])
            fixture.jira.add(.creating(.latency(milliseconds: 100), title: "Ticket 2"))
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                _ = try await fixture.follow(session) { $0.count >= 2 }
                fixture.jira.revoke(token: ExportFixture.token)
                let end = try await fixture.messages(of: session).last
                #expect(end?.contains(#""error_category":"admin_required""#) == true)
            }
            let fault = try await fixture.row(of: session).fault
            #expect(fault?.code == "jira_unauthenticated")
            let reason = try await fixture.pool.query("SELECT parked_reason FROM integrations").scalar(as: String?.self)
            #expect(reason == "Jira refused its credential.")
            // Nothing is sent for the next job: its integration is parked. An API that starts none says so earlier.
            let sent = fixture.jira.journal().count
            _ = try? await fixture.export(other, team: team)
            #expect(fixture.jira.journal().count == sent)
            #expect(try await fixture.operations().allSatisfy { $0 == "created" || $0 == "refused" })
        }
    }

    @Test("Another credential that is stored meanwhile is taken, and the request repeated with it")
    func renews() async throws {
        try await run { fixture in
            let (team, session) = try await fixture.importSession((1...4).map { .make($0) })
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                _ = try await fixture.follow(session) { $0.count >= 2 }
                try await fixture.integrate(token: Self.second)
                fixture.jira.revoke(token: ExportFixture.token)
                let end = try await fixture.messages(of: session).last
                #expect(end?.contains("export_complete") == true)
            }
            #expect(fixture.jira.issues().count == 4 && fixture.jira.duplicates().isEmpty)
            let state = try await fixture.pool.query("SELECT state FROM integrations").scalar(as: String.self)
            #expect(state == "active")
        }
    }

    @Test("A create that was refused for its credential is sent once more, as a request of its own")
    func renewsForCreate() async throws {
        try await run { fixture in
            let (team, session) = try await fixture.importSession([.make(1)])
            try await fixture.integrate(token: Self.second)
            // As if the job had begun with the one before: the record's is another by the time of the refusal.
            fixture.jira.add(.creating(.unauthorized, limit: 1))
            let messages = try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                fixture.jira.add(.creating(.latency(milliseconds: 300), .nth(1)))
                try await fixture.start(session, team: team)
                try await fixture.jira.journal { $0.contains { $0.path == "/rest/api/3/issue" } }
                try await fixture.integrate(token: ExportFixture.token)
                return try await fixture.messages(of: session)
            }
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.creates.map(\.status) == [401, 201])
            #expect(try await fixture.operations() == ["refused", "created"])
        }
    }

    @Test("A 401 though the credential is good stops the export, and parks nothing")
    func goodCredential() async throws {
        try await run { fixture in
            fixture.jira.add(.creating(.unauthorized))
            let (team, session) = try await fixture.importSession([.make(1)])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""error_category":"admin_required""#) == true)
            #expect(fixture.creates.count == 1)
            let state = try await fixture.pool.query("SELECT state FROM integrations").scalar(as: String.self)
            #expect(state == "active")
        }
    }
}
