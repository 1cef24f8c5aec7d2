import Foundation
import Testing
import TramlineModel

@testable import Jobs
@testable import Record

private let fault = Fault(category: .temporary, code: "jira_unreachable", userMessage: "Away.", recoveryActions: [])

/// Always the greatest number: draws are at their upper bound.
private struct Greatest: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
}

private func settlement(_ outcome: JobOutcome, of job: Job, isCancelRequested: Bool = false) -> JobSettlement {
    var generator = Greatest()
    let backoff = Backoff(base: .seconds(2), maximum: .seconds(300))
    let fence = JobFence(isCancelRequested: isCancelRequested, attempts: job.attempts)
    return JobSettlement(outcome, of: job, asOf: fence, backoff: backoff, using: &generator)
}

@Suite("What a run's outcome means for its job")
struct JobSettlementTests {
    /// An outcome that uses no attempt, whatever the job has behind it.
    struct Example: Sendable, CustomTestStringConvertible {
        let outcome: JobOutcome
        let state: JobState
        let dueIn: Duration?
        var testDescription: String { state.rawValue }
    }

    @Test(
        "Ends, hand-overs and postponements are what they say, also on the last attempt",
        arguments: [
            Example(outcome: .succeeded, state: .succeeded, dueIn: nil),
            Example(outcome: .failed(fault), state: .failed, dueIn: nil),
            Example(outcome: .cancelled, state: .cancelled, dueIn: nil),
            Example(outcome: .handedOver, state: .queued, dueIn: .zero),
            Example(outcome: .postponed(after: .seconds(7)), state: .queued, dueIn: .seconds(7)),
        ]
    )
    func plain(_ example: Example) {
        for attempts in [0, 4, 5] {
            let settlement = settlement(example.outcome, of: .test(attempts: attempts))
            #expect(settlement.state == example.state && settlement.dueIn == example.dueIn)
        }
    }

    @Test("A transient fault is tried again with doubled waits, until the attempts are used up")
    func attempts() {
        for (attempts, bound) in [(0, 2), (1, 4), (2, 8), (3, 16)] {
            let settlement = settlement(.retry(fault, after: nil), of: .test(attempts: attempts))
            #expect(settlement.state == .retrying && settlement.fault == fault)
            #expect(settlement.dueIn == .seconds(bound))
        }
        let last = settlement(.retry(fault, after: nil), of: .test(attempts: 4))
        #expect(last.state == .failed && last.fault == fault && last.dueIn == nil && last.usesAttempt)
        #expect(settlement(.retry(fault, after: nil), of: .test(of: 1)).state == .failed)
    }

    @Test("What counts is the attempts since the last step that was finished, not those at the claim")
    func attemptsSinceProgress() {
        var generator = Greatest()
        let settlement = JobSettlement(
            .retry(fault, after: nil),
            of: .test(attempts: 4),
            asOf: JobFence(attempts: 0),
            backoff: Backoff(base: .seconds(2), maximum: .seconds(300)),
            using: &generator
        )
        #expect(settlement.state == .retrying && settlement.dueIn == .seconds(2))
    }

    @Test("The wait is never shorter than what Jira asked for")
    func floor() {
        #expect(settlement(.retry(fault, after: .seconds(40)), of: .test()).dueIn == .seconds(40))
        #expect(settlement(.retry(fault, after: .milliseconds(1)), of: .test()).dueIn == .seconds(2))
    }

    @Test("A job whose workers keep dying is quarantined with what is known of it, in words that fit its kind")
    func quarantine() {
        func death(step: String?, _ ref: String?, creating open: String?) -> JobDeath {
            JobDeath(
                epoch: Epoch(rawValue: 3),
                worker: WorkerID(rawValue: "w"),
                claimedAt: nil,
                noticedAt: Date(timeIntervalSince1970: 0),
                noticedBy: WorkerID(rawValue: "v"),
                lastStep: step,
                lastStepRef: ref,
                lastStepAt: nil,
                openTicketRef: open,
                openOperation: nil
            )
        }
        var notify = Job.test(deaths: 3)
        notify.kind = .notify
        let plain = JobSettlement.quarantine(of: notify, after: [])
        #expect(plain.state == .quarantined && plain.fault?.category == .adminRequired)
        #expect(
            plain.fault?.userMessage == "The message was stopped: the process that ran it ended unexpectedly 3 times."
        )
        let creating = JobSettlement.quarantine(
            of: .test(deaths: 3),
            after: [death(step: "ticket", "T1", creating: "T2")]
        )
        #expect(
            creating.fault?.userMessage.hasSuffix("3 times, the last time while ticket T2 was being created.") == true
        )
        let after = JobSettlement.quarantine(of: .test(deaths: 3), after: [death(step: "ticket", "T1", creating: nil)])
        #expect(after.fault?.userMessage.hasSuffix("the last time after the step “ticket” of ticket T1.") == true)
        #expect(after.fault?.recoveryActions.contains { $0.contains("jobs show") } == true)
    }
}
