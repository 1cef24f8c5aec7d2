import Foundation
import JiraSimulator
import Postgres
import Record
import Secrets
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("From a person's consent to integrations", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct ConnectTests {
    @Test("A consent makes an integration for each site; its requests go through the gateway, past the site's own gate")
    func connects() async throws {
        let sites = [SiteConfiguration(), SiteConfiguration(name: "globex")]
        try await ExportFixture.run(jira: .init(sites: sites, latency: .milliseconds(2))) { fixture in
            let end = try await fixture.finish(try await fixture.recordConsent())
            let connected = try AnswerJSON.decode(ConnectedSites.self, from: try #require(end.result)).integrations
            #expect(connected.map(\.site).sorted() == ["acme", "globex"])
            #expect(connected.map(\.created) == [true, true])
            let rows = try await IntegrationStore(pool: fixture.pool).list(team: "acme").map(\.integration)
            #expect(rows.map(\.baseURL) == ["acme", "globex"].map { fixture.jira.gatewayURL(of: $0) })
            #expect(rows.map(\.browseURL) == ["acme", "globex"].map { fixture.jira.baseURL(of: $0) })
            #expect(rows.map(\.gate) == rows.map { SiteID(address: $0.browseURL) })
            #expect(Set(rows.compactMap(\.grant)).count == 1)
            // What was sealed for the exchange is gone, and nothing of it stands in the job.
            #expect(try await fixture.pool.query("SELECT count(*) FROM oauth_consents").scalar(as: Int.self) == 0)
            let actors = try await fixture.pool.query("SELECT actor FROM audit_log WHERE entity = 'integration'")
            #expect(Set(try actors.column(as: String.self)) == ["cli"])
        }
    }

    @Test("An export goes through the gateway with the grant's access token")
    func exports() async throws {
        try await ExportFixture.run { fixture in
            try await fixture.connect()
            let (team, session) = try await fixture.importConnected(2)
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.creates.map(\.status) == [201, 201])
            // People open the site's own address, not the gateway's.
            let url = try await fixture.pool.query("SELECT jira_ticket_url FROM tickets LIMIT 1").scalar(
                as: String.self
            )
            #expect(url.hasPrefix(fixture.jira.baseURL + "/browse/"))
        }
    }

    @Test("A consent that is given again keeps the integration, and takes over one with an API token")
    func again() async throws {
        try await ExportFixture.run { fixture in
            let token = try await fixture.integrate()
            let first = try await fixture.connect()
            #expect(first.id == token.id && first.authKind == .oauth && first.accountEmail == nil)
            try await fixture.pool.withTransaction(by: .commandLine) { connection in
                _ = try await connection.execute("UPDATE integrations SET state = 'parked', parked_reason = 'x'")
            }
            let second = try await fixture.connect()
            #expect(second.id == first.id && second.grant != first.grant && second.parkedReason == nil)
            // The former grant is of no use to anybody.
            #expect(try await fixture.pool.query("SELECT count(*) FROM oauth_grants").scalar(as: Int.self) == 1)
            let back = try await fixture.integrate()
            #expect(back.id == first.id)
            #expect(try await fixture.pool.query("SELECT count(*) FROM oauth_grants").scalar(as: Int.self) == 0)
        }
    }

    @Test(
        "A code with another verifier, a code that is used twice and a consent without a site are told apart from faults"
    )
    func refusals() async throws {
        try await ExportFixture.run { fixture in
            let stolen = try await fixture.finish(
                try await fixture.recordConsent(challenge: OneTimeSecret.make().challenge)
            )
            #expect(stolen.state == .failed && stolen.fault?.code == "consent_refused")
            let weak = try await fixture.finish(
                try await fixture.recordConsent(scope: "read:jira-work write:jira-work")
            )
            #expect(weak.fault?.code == "oauth_unavailable")
            let narrow = try await fixture.finish(
                try await fixture.recordConsent(scope: "read:jira-work offline_access")
            )
            #expect(narrow.fault?.code == "consent_refused" && narrow.fault?.category == .userFixable)
            #expect(try await IntegrationStore(pool: fixture.pool).list(team: "acme").isEmpty)
            #expect(try await fixture.pool.query("SELECT count(*) FROM oauth_consents").scalar(as: Int.self) == 0)
        }
    }

    @Test("When the sites cannot be asked for, the grant is kept and the next attempt goes on with it")
    func goesOn() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(
                ScriptedFault(.errorBeforeCommit(status: 503), path: "/oauth/token/accessible-resources", limit: 1)
            )
            _ = try await fixture.connect()
            #expect(fixture.tokenRequests == [200])
        }
    }

    @Test("A state is good once, for ten minutes, and the record does not hold it")
    func states() async throws {
        try await ExportFixture.run { fixture in
            let store = ConsentStore(pool: fixture.pool)
            let team = try await KeyStore(pool: fixture.pool).team(named: "acme")
            func begin(_ lifetime: Duration) async throws -> OneTimeSecret {
                let state = OneTimeSecret.make()
                let consent = Consent(
                    id: ConsentID(),
                    team: team,
                    actor: .commandLine,
                    sealedVerifier: [1],
                    redirection: "x"
                )
                try await store.begin(consent, state: state.hash, lifetime: lifetime)
                return state
            }
            let state = try await begin(.seconds(600))
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await store.redeem(state: state.hash) { _ in [2] } != nil }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(winners == 1)
            let late = try await begin(.zero)
            #expect(try await store.redeem(state: late.hash) { _ in [2] } == nil)
            #expect(try await store.redeem(state: OneTimeSecret.make().hash) { _ in [2] } == nil)
            // A person who declines uses the state up too, and no job is made of it.
            let declined = try await begin(.seconds(600))
            let result = try await store.redeem(state: declined.hash) { _ in nil }
            #expect(result != nil && result?.1 == nil)
            #expect(try await store.redeem(state: declined.hash) { _ in [2] } == nil)
            #expect(try await fixture.pool.query("SELECT count(*) FROM jobs").scalar(as: Int.self) == 1)
        }
    }
}
