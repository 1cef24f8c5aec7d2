import Foundation
import JiraSimulator
import Redis
import TestEquipment
import Testing

@Suite("A fleet whose workers come and go", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct ShiftFleetTests {
    private static let sites = ["acme", "umbrella", "initech", "hooli", "globex"]

    /// Starts the export of two sessions on each site.
    private func load(_ fleet: Fleet, tickets: Int) async throws -> [UUID] {
        var sessions: [UUID] = []
        for site in Self.sites {
            for name in ["A", "B"] {
                sessions.append(try await fleet.export("\(site) \(name)", count: tickets, site: site))
            }
        }
        return sessions
    }

    /// Nothing shows that workers went: nothing repeated, nothing counted.
    private func check(_ fleet: Fleet, _ sessions: [UUID]) async throws {
        for session in sessions {
            try await fleet.completed(session)
            let job = try await fleet.job(of: session)
            #expect(job.state == "succeeded" && job.attempts == 0 && job.deaths == 0)
        }
        for site in Self.sites {
            try fleet.checkNoRepetition(site)
            try fleet.checkSpacing(site)
        }
        let judge = FaultRunJudge(evidence: try await FaultRunEvidence(of: fleet), hasLateCommits: false)
        #expect(judge.violations() == [])
    }

    @Test("A worker that is told to stop under load is gone within 3 s and the request in flight")
    func stop() async throws {
        try await Fleet.run(.init(spacing: 0.05, sites: Self.sites)) { fleet in
            let sessions = try await load(fleet, tickets: 8)
            try await fleet.jira.journal { entries in entries.count(where: \.isCreate) >= 20 }
            let told = ContinuousClock.now
            fleet.workers[0].signal(SIGTERM)
            try #require(try await fleet.workers[0].ended() == .exit(0))
            let left = ContinuousClock.now - told
            fleet.report("from SIGTERM under load to the end of the process", left / .seconds(1))
            #expect(left < .seconds(3) + fleet.options.latency)
            try await check(fleet, sessions)
        }
    }

    @Test("A rolling restart of all workers during an export changes nothing but the worker's name")
    func rolling() async throws {
        try await Fleet.run(.init(workers: 3, spacing: 0.05, sites: Self.sites)) { fleet in
            let sessions = try await load(fleet, tickets: 8)
            for round in 1...6 {
                try await fleet.jira.journal { entries in entries.count(where: \.isCreate) >= round * 10 }
                let oldest = fleet.workers[round - 1]
                oldest.signal(SIGTERM)
                try #require(try await oldest.ended() == .exit(0))
                try await fleet.startWorker()
            }
            try await check(fleet, sessions)
        }
    }

    @Test(
        "There is one scheduler; when it dies or sleeps there is another within 10 s, and it stays so when the old one wakes"
    )
    func election() async throws {
        try await Fleet.run(.init(workers: 3)) { fleet in
            let first = try await scheduler(of: fleet, after: [])
            first.signal(SIGKILL)
            let killed = ContinuousClock.now
            let second = try await scheduler(of: fleet, after: [first])
            fleet.report(
                "from the death of the scheduler to the next one",
                (ContinuousClock.now - killed) / .seconds(1)
            )
            #expect(ContinuousClock.now - killed < .seconds(10))

            second.signal(SIGSTOP)
            let third = try await scheduler(of: fleet, after: [first, second])
            second.signal(SIGCONT)
            // Its first word with Redis tells it that its lease has ended.
            try await fleet.registered(second)
            #expect(try await leader(fleet)?.contains("-\(third.pid)-") == true)
            #expect(second.log.components(separatedBy: Self.election).count == 2, "it was elected once")
        }
    }

    private static let election = "This worker is the scheduler now"

    private func leader(_ fleet: Fleet) async throws -> String? {
        try await fleet.redisClient.send(RedisCommand("GET", "tramline:{q}:leader")).string()
    }

    /// Waits until one of the others says that it is the scheduler, and Redis says so too.
    private func scheduler(of fleet: Fleet, after former: [FleetProcess]) async throws -> FleetProcess {
        let candidates = fleet.workers.filter { worker in !former.contains { $0 === worker } }
        let elected = try await withThrowingTaskGroup(of: FleetProcess.self) { group in
            for candidate in candidates {
                group.addTask {
                    try await candidate.line(containing: Self.election)
                    return candidate
                }
            }
            defer { group.cancelAll() }
            guard let elected = try await group.next() else { throw CancellationError() }
            return elected
        }
        #expect(try await leader(fleet)?.contains("-\(elected.pid)-") == true)
        return elected
    }
}
