import Record
import Testing
import TramlineModel

@testable import Jobs

@Suite("What a worker has room for")
struct RunnerDeskTests {
    struct Case: CustomTestStringConvertible {
        let running: Int
        let waitedFor: Int
        let room: (any: Int, waitedFor: Int)
        var testDescription: String { "\(running) of which \(waitedFor) are waited for" }
    }

    @Test(
        "A job that a request waits for takes a reserved place, and another's only when those are used up",
        arguments: [
            Case(running: 0, waitedFor: 0, room: (100, 10)),
            Case(running: 100, waitedFor: 0, room: (0, 10)),
            Case(running: 103, waitedFor: 3, room: (0, 7)),
            Case(running: 60, waitedFor: 12, room: (50, 0)),
            Case(running: 112, waitedFor: 12, room: (0, 0)),
        ]
    )
    func room(_ example: Case) {
        var desk = RunnerDesk()
        for number in 0..<example.running {
            let priority = number < example.waitedFor ? JobPriority.waiting : .person
            let claim = JobClaim(job: .test(priority: priority), worker: WorkerID(rawValue: "w"))
            _ = desk.begin(claim, DropSignal(), RunSignals())
        }
        let room = desk.room(places: 100, reserved: 10)
        #expect(room == example.room)
    }
}
