import FaultProxy
import Foundation
import JiraSimulator
import Postgres
import TestEquipment
import Testing

@Suite("A fleet whose PostgreSQL fails", .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct PostgresFleetTests {
    /// What PostgreSQL does.
    enum Trouble: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case endsEveryConnection, crashes, takesNoConnections, isSlow, isCutOff

        var testDescription: String { rawValue }

        /// Whether nobody can work with it meanwhile.
        var isOutage: Bool { self != .endsEveryConnection && self != .isSlow }
    }

    @Test(
        "Nothing is lost, workers go on by themselves, and the API says when to come again",
        arguments: Trouble.allCases
    )
    func trouble(_ trouble: Trouble) async throws {
        let options = Fleet.Options(lease: 2, ownPostgres: true, proxied: true)
        try await Fleet.run(options) { fleet in
            let sessions = [try await fleet.export("A", count: 10), try await fleet.export("B", count: 10)]
            try await fleet.creates(5)
            try await begin(trouble, fleet)
            if trouble.isOutage {
                let answer = try await fleet.send("GET", "/api/jira/export-results/\(sessions[0].wire)", key: fleet.key)
                #expect(answer.status == 503 && answer.retryAfter != nil)
                #expect(try await fleet.send("GET", "/ready", key: nil).status == 503)
            } else {
                try await fleet.creates(12)
            }
            try await end(trouble, fleet)
            for session in sessions { try await fleet.completed(session) }
            try fleet.checkSite(issues: 20)
            try fleet.checkSpacing()
            for session in sessions {
                let job = try await fleet.job(of: session)
                #expect(job.attempts == 0)
            }
            let judge = FaultRunJudge(evidence: try await FaultRunEvidence(of: fleet), hasLateCommits: false)
            #expect(judge.violations() == [])
        }
    }

    private func begin(_ trouble: Trouble, _ fleet: Fleet) async throws {
        switch trouble {
        case .endsEveryConnection: try await endConnections(fleet)
        case .crashes: fleet.servers.postgres?.crash()
        case .takesNoConnections:
            try await fleet.pool.execute("ALTER ROLE fleet CONNECTION LIMIT 0")
            try await endConnections(fleet)
        case .isSlow: await fleet.proxies?.postgres.set(.delay(.milliseconds(50)))
        case .isCutOff: await fleet.proxies?.postgres.set(.drop)
        }
    }

    private func end(_ trouble: Trouble, _ fleet: Fleet) async throws {
        switch trouble {
        case .endsEveryConnection: try await endConnections(fleet)
        case .crashes: try await fleet.servers.startPostgres()
        case .takesNoConnections: try await fleet.pool.execute("ALTER ROLE fleet CONNECTION LIMIT -1")
        case .isSlow, .isCutOff: await fleet.proxies?.postgres.set(.pass)
        }
    }

    private func endConnections(_ fleet: Fleet) async throws {
        try await fleet.pool.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fleet'")
    }
}
