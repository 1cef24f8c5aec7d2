#if DEBUG
import CrashPoints
import Foundation
import TestEquipment
import Testing

/// `Tests/fleet crash-points` visits every point: deaths at the first three passings, and both kinds of sleep. Here are some.
@Suite("A fleet whose processes end or sleep at boundaries", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(25)))
struct CrashPointTests {
    private static let visitsAll = ProcessInfo.processInfo.environment["TRAMLINE_CRASH_POINTS"] == "all"

    private func check(_ outcome: CrashPointRun.Outcome) {
        let shown = outcome.violations.prefix(20).joined(separator: "\n")
        #expect(shown == "", "\(outcome.violations.count) violations")
    }

    /// Every point was reached at its first passing, at least.
    private func checkReached(_ outcome: CrashPointRun.Outcome, _ planned: [PlannedCrash]) {
        let reached = Set(outcome.visits.filter(\.wasReached).map(\.crash.point))
        let missed = Set(planned.map(\.point)).subtracting(reached).map(\.rawValue).sorted()
        #expect(missed.isEmpty, "never reached")
        print("figure: crash points: \(outcome.visits.count { $0.wasReached }) visits of \(reached.count) points")
    }

    @Test("At the boundaries of a request, a commit and a push, nothing is lost and nothing is done twice")
    func some() async throws {
        let deaths: [CrashPoint] = [.afterQueueClaim, .beforeRequest, .afterRequest, .beforeCommit, .afterPush]
        let plan =
            deaths.map { PlannedCrash(point: $0) }
            + [PlannedCrash(point: .beforeRequest, fate: .sleeps), PlannedCrash(point: .beforeCommit, fate: .dozes)]
        let outcome = try await CrashPointRun.carryOut(plan, fleets: 2)
        check(outcome)
        checkReached(outcome, plan)
    }

    @Test("Whoever dies at a boundary, nothing is lost and nothing is done twice", .enabled(if: visitsAll))
    func everyDeath() async throws {
        let plan = PlannedCrash.deaths(passings: 3)
        let outcome = try await CrashPointRun.carryOut(plan, fleets: 3)
        check(outcome)
        checkReached(outcome, plan)
    }

    @Test("Whoever sleeps at a boundary beyond its lease does nothing when it wakes", .enabled(if: visitsAll))
    func everySleep() async throws {
        let plan = PlannedCrash.sleeps
        let outcome = try await CrashPointRun.carryOut(plan, fleets: 3)
        check(outcome)
        checkReached(outcome, plan)
    }
}
#endif
