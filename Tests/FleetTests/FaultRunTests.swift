import Foundation
import TestEquipment
import Testing

/// `Tests/fleet export` runs these at any size; here they are small.
@Suite(
    "A fleet under random faults and kills",
    .postgres,
    .redis,
    .tags(.fleet),
    .timeLimit(.minutes(FaultRunPlan.longest))
)
struct FaultRunTests {
    private func judge(_ plan: FaultRunPlan) async throws {
        print("figure: fault run: repeat with \(plan.repetition)")
        let outcome = try await FaultRun.carryOut(plan)
        let judge = FaultRunJudge(evidence: outcome.evidence, hasLateCommits: plan.size.hasLateCommits)
        let figures = judge.figures()
        print(
            """
            figure: fault run: \(plan.size.tickets) tickets in \(plan.sessions.count) sessions on \(plan.size.sites) sites, \
            \(outcome.requests) requests, \(outcome.faulty) with a fault, \(outcome.kills) kills, \(outcome.retries) retries, \
            \(figures.issues) issues, \(figures.lost) answers lost, \(figures.adopted) adopted, \(figures.twins) twins, \
            \((outcome.seconds * 10).rounded() / 10) s
            """
        )
        let violations = judge.violations()
        // Some of them say as much as all, and the log stays readable.
        let shown = violations.prefix(20).joined(separator: "\n")
        #expect(shown == "", "\(violations.count) violations; \(plan.repetition)")
        #expect(outcome.kills > 0 || plan.kills.isEmpty)
        // A run in which nothing went wrong shows nothing.
        #expect(outcome.faulty * 20 > outcome.requests && figures.lost > 0 && figures.adopted > 0)
    }

    @Test("Each ticket becomes one issue, and each issue whose answer was lost is adopted")
    func exactlyOne() async throws {
        try await judge(.fromEnvironment(hasLateCommits: false))
    }

    @Test("Where Jira commits after the settle time, each twin is reported, and nothing else")
    func lateCommits() async throws {
        try await judge(.fromEnvironment(hasLateCommits: true))
    }
}
