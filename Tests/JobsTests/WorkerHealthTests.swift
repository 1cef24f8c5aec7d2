import Testing
import TramlineModel

@testable import Jobs

@Suite("Whether a worker gets the jobs that there are")
struct WorkerHealthTests {
    private let start = ContinuousClock.now

    @Test("Jobs that stay ready while there is room, without an answered claim, are a fault; within half a minute")
    func starving() throws {
        var health = WorkerHealth()
        for second in 0...16 {
            health.beat(ready: 3, hasRoom: true, paused: [], at: start + .seconds(second))
            #expect((health.faultOfClaims(at: start + .seconds(second)) == nil) == (second < 15))
        }
        // An answered claim, even an empty one: others were faster.
        health.claimed(at: start + .seconds(17))
        #expect(health.faultOfClaims(at: start + .seconds(30)) == nil)
        health.beat(ready: 0, hasRoom: true, paused: [], at: start + .seconds(31))
        #expect(health.faultOfClaims(at: start + .seconds(60)) == nil)
    }

    @Test("A worker that is full, or an idle fleet, is well")
    func full() {
        var health = WorkerHealth()
        for second in 0...60 { health.beat(ready: 50, hasRoom: false, paused: [], at: start + .seconds(second)) }
        #expect(health.faultOfClaims(at: start + .seconds(60)) == nil)
    }

    @Test("Claims that go on failing are a fault that says which side does not answer; one success ends it")
    func failing() throws {
        var health = WorkerHealth()
        health.claimFailed("the queue does not answer", at: start)
        #expect(health.faultOfClaims(at: start + .seconds(14)) == nil)
        health.claimFailed("the record does not answer", at: start + .seconds(15))
        let fault = try #require(health.faultOfClaims(at: start + .seconds(15)))
        #expect(fault.contains("15 s") && fault.contains("the record does not answer"))
        health.claimed(at: start + .seconds(16))
        #expect(health.faultOfClaims(at: start + .seconds(60)) == nil)
    }
}
