import Foundation
import TestEquipment
import Testing

/// How long a soak is.
private enum SoakLength {
    /// `TRAMLINE_SOAK_SECONDS`.
    static let wanted = ProcessInfo.processInfo.environment["TRAMLINE_SOAK_SECONDS"].flatMap { Int($0) }
    static let seconds = wanted ?? 0
    /// In minutes, with all that is around it.
    static let longest = 3 + seconds / 30
}

/// `Tests/soak` runs this for as long as somebody likes. Not beside other tests, whose load is no growth of this fleet's.
@Suite("A fleet that works all the time", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(SoakLength.longest)))
struct SoakTests {
    /// Exports some sessions at once, each with a listener and a look at its status, to the end.
    private func work(_ round: Int, _ fleet: Fleet) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    let name = "round \(round), session \(number)"
                    let session = try await fleet.export(name, count: 5, site: number < 2 ? "acme" : "other")
                    _ = try await ProgressClient.listen(port: fleet.port, session: session, key: fleet.key)
                    let path = "/api/jira/export-status/\(session.wire)"
                    let status = try await fleet.send("GET", path, key: fleet.key).status
                    guard status == 200 else { throw FleetFault("a status was answered with \(status)") }
                    try await fleet.completed(session)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "It uses no more at the end than at the beginning: memory, files, threads, keys, connections",
        .enabled(if: SoakLength.wanted != nil, "only Tests/soak soaks")
    )
    func flat() async throws {
        try await Fleet.run(.init(spacing: 0.02, sites: ["acme", "other"], latency: .milliseconds(2))) { fleet in
            let end = ContinuousClock.now + .seconds(SoakLength.seconds)
            var samples: [SoakSample] = []
            // Slow as the machine may be, less than eight rounds show nothing.
            while ContinuousClock.now < end || samples.count < 8 {
                try await work(samples.count, fleet)
                samples.append(try await .take(of: fleet))
            }
            let verdict = SoakVerdict(samples: samples)
            print("figure: soak: \(samples.count * 4) sessions in \(SoakLength.seconds) s: \(verdict.text)")
            #expect(verdict.growth == [])
            for site in ["acme", "other"] { try fleet.checkSite(site, issues: samples.count * 10) }
        }
    }
}

@Suite("What a soak finds")
struct SoakVerdictTests {
    private let still = SoakSample(
        memory: 200 << 20,
        files: 60,
        threads: 30,
        keys: 20,
        entries: 60,
        postgresConnections: 12,
        redisConnections: 8
    )

    private func growth(_ change: (inout SoakSample, Int) -> Void) -> [String] {
        SoakVerdict(
            samples: (0..<40).map { number in
                var sample = still
                change(&sample, number)
                return sample
            }
        ).growth
    }

    @Test("What warms up and what comes and goes is no growth")
    func flat() {
        #expect(growth { sample, number in sample.memory += min(number, 8) << 22 } == [])
        #expect(growth { sample, number in sample.files += number % 3 * 10 } == [])
    }

    @Test("A leak of one in each round is found, whatever leaks")
    func leaks() {
        #expect(growth { $0.files += $1 } == ["files grew from 70 to 90"])
        #expect(growth { $0.entries += $1 } == ["entries grew from 70 to 90"])
        #expect(growth { $0.redisConnections += $1 / 4 } == ["Redis connections grew from 10 to 15"])
        #expect(growth { $0.memory += $1 << 20 } == [])
        #expect(growth { $0.memory += $1 << 21 }.count == 1)
        #expect(SoakVerdict(samples: [still]).growth == ["too few looks (1): that shows nothing"])
    }
}
