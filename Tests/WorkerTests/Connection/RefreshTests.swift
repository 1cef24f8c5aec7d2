import Foundation
import Jira
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("One refresher for each grant", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct RefreshTests {
    /// Has the claim of a refresh end, as time does.
    private func endClaims(_ fixture: ExportFixture) async throws {
        try await fixture.pool.execute(
            "UPDATE oauth_grants SET refresh_until = now() - interval '1 s' WHERE refresh_until IS NOT NULL"
        )
    }

    @Test("Twenty workers that want a new access token at once send one request, and all have the new one")
    func twenty() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            let grant = try #require(integration.grant)
            // Long enough for all of them to come while it is under way.
            fixture.jira.add(ScriptedFault(.latency(milliseconds: 300), path: "/oauth/token"))
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    let refresher = fixture.makeRefresher(WorkerID(rawValue: "worker-\(number)"))
                    group.addTask {
                        try await refresher.renew(grant, replacing: integration.sealedSecret, isNeeded: true)
                    }
                }
                for try await hasAnother in group { #expect(hasAnother) }
            }
            #expect(fixture.tokenRequests == [200, 200])
            let renewed = try await fixture.integration()
            #expect(renewed.sealedSecret != integration.sealedSecret && renewed.parkedReason == nil)
            #expect(fixture.jira.isUnused(refreshToken: try await fixture.refreshToken()))
        }
    }

    @Test("A pair that was received and never stored costs nothing: the old refresh token is used again in time")
    func lostPair() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            let grant = try #require(integration.grant)
            // The server has rotated, and its answer reaches nobody: as if the process had died with it.
            fixture.jira.add(ScriptedFault(.dropAfterCommit, path: "/oauth/token", limit: 1))
            let refresher = fixture.makeRefresher()
            await #expect(throws: JiraError.self) {
                try await refresher.renew(grant, replacing: integration.sealedSecret, isNeeded: true)
            }
            #expect(!fixture.jira.isUnused(refreshToken: try await fixture.refreshToken()))
            try await endClaims(fixture)
            fixture.jira.advance(by: .seconds(540))
            // Nobody asks; the keeper finds what was not finished.
            await GrantKeeper(refresher: refresher, logger: PostgresFixture.logger).look()
            #expect(fixture.tokenRequests == [200, nil, 200])
            let renewed = try await fixture.integration()
            #expect(renewed.sealedSecret != integration.sealedSecret && renewed.parkedReason == nil)
            #expect(fixture.jira.isUnused(refreshToken: try await fixture.refreshToken()))
        }
    }

    @Test("Beyond Atlassian's leeway nothing helps: the integration is parked and says what to do")
    func tooLate() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            let grant = try #require(integration.grant)
            fixture.jira.add(ScriptedFault(.dropAfterCommit, path: "/oauth/token", limit: 1))
            let refresher = fixture.makeRefresher()
            await #expect(throws: JiraError.self) {
                try await refresher.renew(grant, replacing: integration.sealedSecret, isNeeded: true)
            }
            try await fixture.pool.execute(
                "UPDATE oauth_grants SET refresh_begun_at = now() - interval '11 min', refresh_until = now()"
            )
            fixture.jira.advance(by: .seconds(660))
            await #expect(throws: TramlineModel.Fault.self) {
                try await refresher.renew(grant, replacing: integration.sealedSecret, isNeeded: true)
            }
            let reason = try #require(try await fixture.integration().parkedReason)
            #expect(reason.contains("interrupted") && reason.contains("integrations add --oauth"))
        }
    }

    @Test("A worker that wakes up after its claim has ended sends nothing, and what it has received is not stored")
    func late() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            let grant = try #require(integration.grant)
            let refresher = fixture.makeRefresher()
            func claim() async throws -> RefreshClaim {
                let turn = try await refresher.grants.claimRefresh(
                    of: grant,
                    replacing: integration.sealedSecret,
                    for: .seconds(30)
                )
                guard case .yours(let claim) = turn else { throw CancellationError() }
                return claim
            }
            let slept = try await claim()
            await #expect(throws: JiraError.self) {
                try await refresher.carryOut(slept, begun: .now - .seconds(60))
            }
            #expect(fixture.tokenRequests.compactMap(\.self) == [200])
            #expect(fixture.jira.isUnused(refreshToken: try await fixture.refreshToken()))

            try await endClaims(fixture)
            let first = try await claim()
            try await endClaims(fixture)
            let second = try await claim()
            let pair = SealedPair(access: [9], refresh: [9], lifetime: .seconds(3600))
            #expect(try await !refresher.grants.store(pair, by: first))
            try await refresher.carryOut(second, begun: .now)
            #expect(try await fixture.integration().sealedSecret != integration.sealedSecret)
        }
    }

    @Test("A server that refuses for a while, or the app, parks nothing")
    func otherRefusals() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            let grant = try #require(integration.grant)
            let page = JSON.string("<html>")
            for effect in [
                ScriptedFault.Effect.errorBeforeCommit(status: 503), .answer(status: 403, body: page),
                .rateLimited(retryAfter: 3, reason: "jira-burst-based"),
            ] {
                fixture.jira.add(ScriptedFault(effect, path: "/oauth/token", limit: 1))
                await #expect(throws: JiraError.self) {
                    try await fixture.makeRefresher()
                        .renew(grant, replacing: integration.sealedSecret, isNeeded: true)
                }
                try await endClaims(fixture)
            }
            let fault = await #expect(throws: TramlineModel.Fault.self) {
                try await fixture.makeRefresher(secret: "wrong-client-secret")
                    .renew(grant, replacing: integration.sealedSecret, isNeeded: true)
            }
            #expect(fault?.code == "oauth_unavailable")
            #expect(try await fixture.integration().parkedReason == nil)
        }
    }

    @Test("A record that is away when a pair comes gets it when it is back")
    func awayRecord() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            try await fixture.pool.execute("CREATE SEQUENCE refusals")
            try await fixture.pool.execute(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF nextval('refusals') <= 2 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '57P03'; END IF;
                    RETURN NEW;
                END $$
                """
            )
            try await fixture.pool.execute(
                """
                CREATE TRIGGER refuse BEFORE UPDATE OF sealed_access_token ON oauth_grants FOR EACH ROW
                EXECUTE FUNCTION refuse()
                """
            )
            let grant = try #require(integration.grant)
            _ = try await fixture.makeRefresher().renew(grant, replacing: integration.sealedSecret, isNeeded: true)
            #expect(fixture.tokenRequests == [200, 200])
            #expect(fixture.jira.isUnused(refreshToken: try await fixture.refreshToken()))
        }
    }

    @Test("A grant that nobody uses is renewed before Atlassian forgets it; one in use is left alone")
    func idle() async throws {
        try await ExportFixture.run { fixture in
            let integration = try await fixture.connect()
            let keeper = GrantKeeper(refresher: fixture.makeRefresher(), logger: PostgresFixture.logger)
            await keeper.look()
            #expect(fixture.tokenRequests == [200])
            try await fixture.pool.execute("UPDATE oauth_grants SET issued_at = now() - interval '31 days'")
            await keeper.look()
            await keeper.look()
            #expect(fixture.tokenRequests == [200, 200])
            #expect(try await fixture.integration().sealedSecret != integration.sealedSecret)
        }
    }
}
