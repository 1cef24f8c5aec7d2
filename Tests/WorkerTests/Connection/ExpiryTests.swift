import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Access tokens that run out while an export runs", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ExpiryTests {
    /// Has the access token's life be over but for four minutes.
    private func letAge(_ fixture: ExportFixture) async throws {
        try await fixture.pool.execute(
            """
            UPDATE oauth_grants SET
                issued_at = now() - interval '56 min', access_expires_at = now() + interval '4 min'
            """
        )
    }

    @Test("A token that runs out in the middle is renewed once, and each ticket is in Jira once")
    func middle() async throws {
        try await ExportFixture.run { fixture in
            try await fixture.connect()
            let (team, session) = try await fixture.importConnected(6)
            let (_, other) = try await fixture.importConnected(6)
            try await fixture.withWorkers([fixture.makeRunner("one"), fixture.makeRunner("two")]) { _ in
                try await fixture.start(session, team: team)
                try await fixture.start(other, team: team)
                _ = try await fixture.follow(session) { $0.count >= 3 }
                fixture.jira.expireAccessTokens()
                for id in [session, other] {
                    #expect(try await fixture.messages(of: id).last?.contains("export_complete") == true)
                }
            }
            #expect(fixture.tokenRequests == [200, 200])
            #expect(fixture.jira.issues().count == 12 && fixture.jira.duplicates().isEmpty)
            #expect(fixture.jira.journal(site: "acme").contains { $0.status == 401 })
        }
    }

    @Test("A token whose end is near is renewed before it is used: Jira never says 401")
    func ahead() async throws {
        try await ExportFixture.run { fixture in
            try await fixture.connect()
            let (team, session) = try await fixture.importConnected(3)
            try await letAge(fixture)
            #expect(try await fixture.export(session, team: team).last?.contains("export_complete") == true)
            #expect(fixture.tokenRequests == [200, 200])
            #expect(!fixture.jira.journal(site: "acme").contains { $0.status == 401 })
        }
    }

    @Test("While Atlassian renews nothing, a token that is good is used on; one that has run out sends nothing to Jira")
    func unavailable() async throws {
        try await ExportFixture.run { fixture in
            try await fixture.connect()
            fixture.jira.add(ScriptedFault(.errorBeforeCommit(status: 503), path: "/oauth/token"))
            let (team, session) = try await fixture.importConnected(2)
            try await letAge(fixture)
            #expect(try await fixture.export(session, team: team).last?.contains("export_complete") == true)
            #expect(fixture.tokenRequests.contains(503))

            let (_, other) = try await fixture.importConnected(2)
            let sent = fixture.jira.journal(site: "acme").count
            try await fixture.pool.execute("UPDATE oauth_grants SET access_expires_at = now() - interval '1 s'")
            #expect(
                try await fixture.export(other, team: team).last?.contains(#""error_category":"temporary""#) == true
            )
            #expect(fixture.jira.journal(site: "acme").count == sent)
            #expect(try await fixture.integration().parkedReason == nil)
            #expect(try await fixture.operations() == ["created", "created"])
        }
    }

    @Test("A consent that was taken back parks the integration; consenting anew lets the export go on")
    func revoked() async throws {
        try await ExportFixture.run { fixture in
            try await fixture.connect()
            let (team, session) = try await fixture.importConnected(3)
            fixture.jira.add(.creating(.latency(milliseconds: 100), title: "Ticket 2"))
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                _ = try await fixture.follow(session) { $0.count >= 2 }
                fixture.jira.revokeGrants()
                #expect(
                    try await fixture.messages(of: session).last?.contains(#""error_category":"admin_required""#)
                        == true
                )
            }
            let fault = try await fixture.row(of: session).fault
            #expect(fault?.code == "jira_unauthenticated")
            #expect(fault?.recoveryActions.first?.contains("integrations add --oauth") == true)
            let parked = try #require(try await fixture.integration().parkedReason)
            #expect(parked.contains("consent anew"))

            try await fixture.connect()
            let (_, messages) = try await fixture.resume(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().count == 3 && fixture.jira.duplicates().isEmpty)
        }
    }

    @Test("A site that refuses even a new token parks its integration, after one renewal")
    func refusedSite() async throws {
        try await ExportFixture.run { fixture in
            try await fixture.connect()
            let (team, session) = try await fixture.importConnected(2)
            fixture.jira.add(ScriptedFault(.unauthorized, site: "acme"))
            #expect(
                try await fixture.export(session, team: team).last?.contains(#""error_category":"admin_required""#)
                    == true
            )
            #expect(fixture.tokenRequests == [200, 200])
            #expect(try await fixture.integration().parkedReason == "Jira refused its credential.")
        }
    }
}
