import Jobs
import Testing
import TramlineModel

@testable import Worker

@Suite("What a worker's readiness says")
struct ReadinessTests {
    @Test("Every part is named, and what is wrong is said")
    func body() {
        let readiness = WorkerReadiness(
            worker: WorkerID(rawValue: "one"),
            parts: [.init("postgresql", fault: nil), .init("wakes", fault: "nothing is heard")],
            jobs: 3,
            isScheduler: true,
            paused: [.kind(.export), .queue]
        )
        #expect(!readiness.isReady)
        #expect(
            readiness.json.text
                == #"{"status":"not_ready","worker":"one","parts":{"postgresql":{"ok":true},"#
                + #""wakes":{"ok":false,"fault":"nothing is heard"}},"jobs":3,"scheduler":true,"#
                + #""paused":["queue","kind export"]}"#
        )
    }
}
