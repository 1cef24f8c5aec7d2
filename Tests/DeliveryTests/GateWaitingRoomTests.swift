import TestEquipment
import Testing
import TramlineModel

@testable import Delivery

@Suite("A gate keeper's waiting room")
struct GateWaitingRoomTests {
    let site = SiteID(rawValue: "acme.example")
    let job = JobID()
    let start = ContinuousClock.now
    var late: ContinuousClock.Instant { start + .seconds(100) }

    /// A room in which the tickets given wait for the site, not yet asleep.
    func makeRoom(_ tickets: ClosedRange<UInt64>) -> GateWaitingRoom<String> {
        var room = GateWaitingRoom<String>(pulse: .seconds(2))
        for ticket in tickets {
            #expect(room.arrive(ticket, of: job, at: site, deadline: late, now: start) == true)
        }
        return room
    }

    @Test("A wake that comes while the waiter still asks is not lost, and counts once")
    func earlyWake() {
        var room = makeRoom(1...1)
        #expect(room.wake(1) == nil)
        #expect(room.sleep(1, "one", until: nil, now: start) == .askAgain)
        #expect(room.sleep(1, "one", until: nil, now: start) == nil)
        #expect(room.wake(1) == "one")
        #expect(room.wake(2) == nil)
    }

    @Test("An alarm wakes its waiter only, and not before its time")
    func alarm() {
        var room = makeRoom(1...2)
        #expect(room.sleep(1, "one", until: start + .milliseconds(500), now: start) == nil)
        #expect(room.sleep(2, "two", until: nil, now: start) == nil)
        #expect(room.nextAlarm == start + .milliseconds(500))
        #expect(room.due(at: start + .milliseconds(499)).sleepers.isEmpty == true)
        let due = room.due(at: start + .milliseconds(500))
        #expect(due.sleepers.map(\.sleeper) == ["one"])
        #expect(due.sleepers.map(\.signal) == [.askAgain])
        #expect(room.nextAlarm == start + .seconds(2))
    }

    @Test("A deadline ends the sleep, and forbids another")
    func deadline() {
        var room = makeRoom(1...1)
        #expect(room.sleep(1, "one", until: nil, now: start) == nil)
        #expect(room.due(at: late).sleepers.map(\.signal) == [.deadline])
        #expect(room.sleep(1, "one", until: nil, now: late) == .deadline)
    }

    @Test("While its site is paused nobody's deadline comes, and afterwards each has as long as at first")
    func heldDeadlines() {
        var room = makeRoom(1...2)
        #expect(room.sleep(1, "one", until: nil, now: start) == nil)
        let look = start + .seconds(99)
        room.holdDeadlines(at: site, now: look)
        #expect(room.due(at: late).sleepers.isEmpty == true)
        // The one that was awake then is put off too.
        #expect(room.sleep(2, "two", until: nil, now: late) == nil)
        room.holdDeadlines(at: SiteID(rawValue: "other.example"), now: late + .seconds(50))
        #expect(room.due(at: look + .seconds(99)).sleepers.isEmpty == true)
        #expect(room.due(at: look + .seconds(100)).sleepers.map(\.signal) == [.deadline, .deadline])
    }

    @Test("A site pulses while it has waiters, whatever answers come")
    func pulse() {
        var room = makeRoom(1...2)
        #expect(room.due(at: start + .seconds(1)).pulses.isEmpty == true)
        #expect(room.due(at: start + .seconds(2)).pulses == [site])
        _ = room.answered(site, era: GateEra(generation: 1, term: 1))
        #expect(room.due(at: start + .seconds(4)).pulses == [site])
        room.pulseEverySite(now: start + .seconds(5))
        _ = room.answered(site, era: GateEra(generation: 1, term: 1))
        #expect(room.due(at: start + .seconds(5)).pulses == [site])
        for ticket: UInt64 in 1...2 {
            room.leave(ticket, withdrawing: "w/j/\(ticket)", from: site, now: start)
        }
        #expect(room.due(at: start + .seconds(60)).pulses.isEmpty == true)
    }

    @Test("A new generation, or a new lease, sends everybody at the site to ask again")
    func newGeneration() {
        var room = makeRoom(1...3)
        #expect(room.answered(site, era: GateEra(generation: 1, term: 1)).isEmpty == true)
        #expect(room.sleep(2, "two", until: nil, now: start) == nil)
        #expect(room.sleep(1, "one", until: nil, now: start) == nil)
        #expect(room.answered(site, era: GateEra(generation: 1, term: 1)).isEmpty == true)
        #expect(room.answered(site, era: nil).isEmpty == true)
        #expect(room.answered(site, era: GateEra(generation: 2, term: 1)) == ["one", "two"])
        #expect(room.sleep(1, "one", until: nil, now: start) == nil)
        #expect(room.answered(site, era: GateEra(generation: 2, term: 2)) == ["one"])
        // The third was asking and may have been answered by the old one.
        #expect(room.sleep(3, "three", until: nil, now: start) == .askAgain)
    }

    @Test("An errand is repeated until it is done, and the room is empty only then")
    func errands() {
        var room = makeRoom(1...1)
        room.leave(1, withdrawing: "w/j/1", from: site, now: start)
        #expect(!room.isEmpty)
        var due = room.due(at: start).errands
        #expect(due.map(\.ticket) == [1])
        #expect(room.due(at: start).errands.isEmpty == true)
        room.done(due[0], retry: start + .milliseconds(300))
        #expect(room.nextAlarm == start + .milliseconds(300))
        due = room.due(at: start + .milliseconds(300)).errands
        room.done(due[0], retry: nil)
        #expect(room.isEmpty)
        #expect(room.nextAlarm == nil)
    }

    @Test("Only what nobody has is disowned, and once")
    func orphans() {
        var room = makeRoom(1...1)
        #expect(room.disown(1, member: "w/j/1", at: site, now: start) == false)
        #expect(room.disown(9, member: "w/j/9", at: site, now: start) == true)
        #expect(room.disown(9, member: "w/j/9", at: site, now: start) == false)
        let errand = room.due(at: start).errands[0]
        #expect(room.disown(9, member: "w/j/9", at: site, now: start) == false)
        room.done(errand, retry: nil)
        #expect(room.disown(9, member: "w/j/9", at: site, now: start) == true)
    }

    @Test("A closed room sends sleepers away and lets nobody in")
    func closing() {
        var room = makeRoom(1...2)
        #expect(room.sleep(1, "one", until: nil, now: start) == nil)
        #expect(room.close() == ["one"])
        #expect(room.sleep(2, "two", until: nil, now: start) == .closed)
        #expect(room.arrive(3, of: job, at: site, deadline: late, now: start) == false)
    }

    @Test("A timer table finds what is due, whatever was moved before", arguments: 0..<20)
    func timers(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var table = TimerTable<Int>()
        var expected: [Int: ContinuousClock.Instant] = [:]
        for _ in 0..<300 {
            let key = Int.random(in: 0..<20, using: &generator)
            let instant = start + .milliseconds(Int.random(in: 0..<1000, using: &generator))
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                table[key] = nil
                expected[key] = nil
            case 1:
                table[key] = instant
                expected[key] = instant
            default:
                let due = expected.filter { $0.value <= instant }.map(\.key)
                #expect(Set(table.popDue(at: instant)) == Set(due))
                for key in due { expected[key] = nil }
            }
            if let first = expected.values.min() {
                #expect(table.bound.map { $0 <= first } == true)
            } else {
                #expect(table.bound == nil)
            }
        }
    }
}

/// SplitMix64: repeatable, and good enough for cases.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
