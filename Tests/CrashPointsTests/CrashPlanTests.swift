import Testing

@testable import CrashPoints

#if DEBUG
@Suite("A planned crash")
struct CrashPlanTests {
    @Test("The process ends at the passing that the plan names, and at no other point")
    func passing() throws {
        var plan = try CrashPlan("after-queue-claim:3")
        let passes = [
            plan.passes(.afterQueueClaim), plan.passes(.beforeRequest), plan.passes(.afterQueueClaim),
            plan.passes(.afterQueueClaim), plan.passes(.afterQueueClaim),
        ]
        #expect(passes == [false, false, false, true, false])
    }

    @Test("Without a number it is the first passing")
    func first() throws {
        var plan = try CrashPlan("before-commit")
        let isOver = plan.passes(.beforeCommit)
        #expect(isOver)
    }

    @Test(
        "What names no crash point is refused, with the list",
        arguments: [
            "", "after-nothing", "after-queue-claim:0", "after-queue-claim:-1", "after-queue-claim:x",
            "after-queue-claim:",
        ]
    )
    func unknown(_ text: String) {
        let error = #expect(throws: CrashPlanError.self) { try CrashPlan(text) }
        for point in CrashPoint.allCases { #expect(error?.description.contains(point.rawValue) == true) }
    }
}
#endif
