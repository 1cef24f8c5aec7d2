import Foundation
import Postgres
import Synchronization
import TestEquipment
import Testing

/// `Tests/fleet --minutes 30` runs this for as long as somebody likes; here it is short.
@Suite("A fleet under fire", .redis, .tags(.fleet), .timeLimit(.minutes(LongRunPlan.longest)))
struct LongRunTests {
    @Test("Whatever ends, sleeps and fails, each ticket becomes one issue, and every export comes to its end")
    func fire() async throws {
        let isLong = LongRunPlan.minutes != nil
        let plan = LongRunPlan.fromEnvironment()
        let options = Fleet.Options(
            workers: isLong ? 6 : 4,
            spacing: 0.15,
            lease: isLong ? nil : LongRunPlan.shortLease,
            sites: (1...(isLong ? 6 : 2)).map { $0 == 1 ? "acme" : "site\($0)" },
            ownPostgres: true,
            proxied: true,
            environment: [
                "JIRA_REQUEST_TIMEOUT_SECONDS": "2",
                // Longer than anybody sleeps: half a request may lie in a sleeper's socket, and go on when it wakes.
                "JIRA_SETTLE_SECONDS": isLong ? "15" : "10",
                "JIRA_AUDIT_SECONDS": "5",
                "JOB_BACKOFF_BASE_SECONDS": "0.2",
                "JOB_BACKOFF_MAX_SECONDS": "2",
                "JOB_MAX_ATTEMPTS": "20",
            ]
        )
        print("figure: under fire: seed \(plan.seed), \(plan.duration)")
        try await Fleet.run(options) { fleet in
            let start = ContinuousClock.now
            let run = LongRun(plan: plan, fleet: fleet)
            try await run.carryOut()
            try await fleet.queueIsEmpty()
            var found: [String] = []
            // A job that nobody has heard of since its worker was killed had ended before, or is lost.
            let missing = run.watch.missing.compactMap { UUID(uuidString: $0) }
            let lost: [UUID] = try await fleet.pool.query(
                "SELECT id FROM jobs WHERE id = ANY (\(missing)) AND finished_at IS NULL"
            ).column()
            found += lost.map { "job \($0.wire) was never run again" }
            for worker in fleet.workers where worker.isRunning {
                worker.signal(SIGTERM)
                let end = try await worker.ended()
                if end != .exit(0) { found.append("\(worker.name) ended by \(end)") }
            }
            let judge = FaultRunJudge(
                evidence: try await FaultRunEvidence(of: fleet),
                hasLateCommits: false,
                allowsFailedJobs: true
            )
            let minutes = (ContinuousClock.now - start) / .seconds(60)
            let report = LongRunReport(of: run, judge, minutes: minutes, more: found)
            print(report.markdown)
            if let folder = ProcessInfo.processInfo.environment["TRAMLINE_FIRE_REPORT"] {
                try report.write(to: URL(filePath: folder))
            }
            #expect(report.violations == [])
            if isLong {
                #expect((report.recovery?.p50 ?? 0) <= 6 && (report.recovery?.p99 ?? 0) <= 10)
                #expect((report.queueBack?.longest ?? 0) <= 30)
            }
        }
    }

    @Test("The same number gives the same plan")
    func repetition() {
        let plans = (1...2).map { _ in LongRunPlan(seed: 7, duration: .seconds(600), lease: .seconds(6)) }
        #expect(plans[0].processes.map(\.at) == plans[1].processes.map(\.at))
        #expect(plans[0].processes.map(\.event) == plans[1].processes.map(\.event))
        #expect(plans[0].troubles.map(\.event) == plans[1].troubles.map(\.event))
        #expect(plans[0].faults == plans[1].faults)
        let kinds = Set(plans[0].troubles.map(\.event))
        // Every trouble comes before any comes as often again as it is in the deck.
        #expect(kinds.count == LongRunPlan.Trouble.allCases.count)
    }
}
