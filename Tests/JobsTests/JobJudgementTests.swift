import Testing
import TramlineModel

@testable import Delivery
@testable import Jobs
@testable import Record

private let one = WorkerID(rawValue: "one")
private let other = WorkerID(rawValue: "other")

@Suite("What is wrong with a job, by what both sides say")
struct JobJudgementTests {
    struct Example: Sendable, CustomTestStringConvertible {
        /// `nil`: the job is not live.
        var state: JobState?
        var worker: WorkerID?
        var isLetGo = false
        var dueIn = Duration.zero
        let place: JobPlace
        var code: CheckFinding.Code?
        var canBeMended = false

        var testDescription: String {
            "\(state?.rawValue ?? "not live")\(isLetGo ? " let go" : "") and \(place): \(code?.rawValue ?? "well")"
        }
    }

    private static func held(_ worker: WorkerID, lives: Bool = true, isListed: Bool = true) -> JobPlace {
        .held(worker, lives: lives, isListed: isListed)
    }

    @Test(
        "A live job is ready, delayed, put aside or held by the living worker that the record names; nothing else is known",
        arguments: [
            Example(place: .nowhere),
            Example(state: .queued, place: .ready), Example(state: .queued, place: .aside),
            Example(state: .queued, dueIn: .seconds(100), place: .delayed(.seconds(99))),
            Example(state: .retrying, dueIn: .seconds(3), place: .ready),
            Example(state: .running, worker: one, place: held(one)),
            // Its worker is dead, or has let go: it waits for its next claim.
            Example(state: .running, worker: other, place: .ready),
            Example(state: .running, worker: one, isLetGo: true, place: .ready),

            Example(state: .queued, place: .nowhere, code: .lost, canBeMended: true),
            Example(state: .running, worker: one, place: .nowhere, code: .lost, canBeMended: true),
            Example(place: .ready, code: .ended, canBeMended: true),
            Example(place: held(one), code: .ended, canBeMended: true),
            Example(
                state: .running,
                worker: other,
                place: held(other, lives: false),
                code: .heldByDead,
                canBeMended: true
            ),
            Example(state: .queued, place: held(one), code: .heldAndNotRun),
            Example(state: .running, worker: other, place: held(one), code: .heldAndNotRun),
            Example(state: .running, worker: one, isLetGo: true, place: held(one), code: .heldAndNotRun),
            Example(state: .running, worker: one, place: held(one, isListed: false), code: .notListed),
            Example(state: .running, worker: one, place: .ready, code: .runAndOffered),
            Example(state: .retrying, dueIn: .seconds(100), place: .ready, code: .wrongTime, canBeMended: true),
            Example(state: .queued, place: .delayed(.seconds(100)), code: .wrongTime, canBeMended: true),
        ]
    )
    func judge(_ example: Example) {
        let id = JobID()
        let live = example.state.map { state in
            LiveJob(
                id: id,
                state: state,
                priority: .person,
                kind: .export,
                team: TeamID(),
                epoch: Epoch(rawValue: 1),
                worker: example.worker,
                isLetGo: example.isLetGo,
                dueIn: example.dueIn
            )
        }
        let finding = JobJudgement(id: id, live: live, place: example.place, living: [one]).finding
        #expect(finding?.code == example.code)
        #expect((finding?.mend != nil) == example.canBeMended)
    }
}
