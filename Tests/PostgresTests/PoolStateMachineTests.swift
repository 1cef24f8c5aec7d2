import Testing

@testable import Postgres

/// The pool's rules, without a server.
@Suite struct PoolStateMachineTests {
    typealias Actions = PoolStateMachine.Actions

    private let start = ContinuousClock.now

    private func makeMachine(_ maximum: Int = 2) -> PoolStateMachine {
        PoolStateMachine(
            PoolStateMachine.Configuration(
                maximumConnections: maximum,
                acquireTimeout: .seconds(10),
                maximumLifetime: .seconds(1000),
                idleTimeout: .seconds(100)
            )
        )
    }

    /// A machine whose connections are all lent, by their numbers.
    private func makeLent(_ maximum: Int = 1) -> PoolStateMachine {
        var machine = makeMachine(maximum)
        for id in 1...maximum {
            #expect(machine.acquire(at: start) == .waiting(UInt64(id - 1), Actions(opens: [id])))
            let grant = Actions.Grant(waiter: UInt64(id - 1), connection: id)
            #expect(machine.opened(id, unit: 0.5, at: start) == Actions(grants: [grant]))
        }
        return machine
    }

    private func wait(
        _ machine: inout PoolStateMachine,
        at instant: ContinuousClock.Instant? = nil
    ) -> (UInt64, Actions)? {
        guard case .waiting(let waiter, let actions) = machine.acquire(at: instant ?? start) else { return nil }
        return (waiter, actions)
    }

    @Test("A connection that comes back goes to the one who has waited longest")
    func order() throws {
        var machine = makeLent()
        let first = try #require(wait(&machine)?.0)
        let second = try #require(wait(&machine)?.0)
        let third = try #require(wait(&machine)?.0)
        #expect(machine.leave(second) == true)
        #expect(machine.leave(second) == false)
        #expect(machine.release(1, isReusable: true, at: start).grants == [.init(waiter: first, connection: 1)])
        #expect(machine.release(1, isReusable: true, at: start).grants == [.init(waiter: third, connection: 1)])
        #expect(machine.release(1, isReusable: true, at: start) == Actions())
        #expect(machine.acquire(at: start) == .leased(1))
    }

    @Test("One connection is opened for each who waits, up to the limit")
    func limit() throws {
        var machine = makeMachine(2)
        #expect(try #require(wait(&machine)).1.opens == [1])
        #expect(try #require(wait(&machine)).1.opens == [2])
        #expect(try #require(wait(&machine)).1.opens == [])
        #expect(machine.connectionCount == 2)
    }

    @Test("A connection opened for one who left is laid aside, the last used is lent first")
    func idle() throws {
        var machine = makeLent(2)
        let waiter = try #require(wait(&machine)?.0)
        #expect(machine.leave(waiter) == true)
        #expect(machine.release(2, isReusable: true, at: start) == Actions())
        #expect(machine.release(1, isReusable: true, at: start) == Actions())
        #expect(machine.idleConnections == [2, 1])
        #expect(machine.leaseIdle() == 1)
        #expect(machine.leaseIdle() == 2)
        #expect(machine.leaseIdle() == nil)
    }

    @Test("A broken connection is closed, and another opened for those who wait")
    func broken() throws {
        var machine = makeLent()
        _ = wait(&machine)
        #expect(machine.release(1, isReusable: false, at: start) == Actions(opens: [2], closes: [1]))
    }

    @Test("Who has waited too long is refused, in order; the others keep waiting")
    func deadlines() throws {
        var machine = makeLent()
        let first = try #require(wait(&machine, at: start)?.0)
        let second = try #require(wait(&machine, at: start + .seconds(1))?.0)
        let third = try #require(wait(&machine, at: start + .seconds(2))?.0)
        #expect(machine.expire(at: start + .seconds(9.9)) == Actions())
        #expect(machine.expire(at: start + .seconds(11)).refusals == [first, second])
        #expect(machine.nextDeadline() == start + .seconds(12))
        #expect(machine.release(1, isReusable: true, at: start).grants == [.init(waiter: third, connection: 1)])
        #expect(machine.nextDeadline() == nil)
    }

    @Test("While the server is away, one attempt runs at a time, with growing pauses")
    func serverAway() throws {
        var machine = makeMachine(3)
        for _ in 0..<3 { _ = wait(&machine) }
        // Three were opening when it went away: the last one goes on trying.
        #expect(machine.openFailed(1, isTransient: true, unit: 0.5).0 == Actions(closes: [1]))
        #expect(machine.openFailed(2, isTransient: true, unit: 0.5).pause == nil)
        #expect(machine.openFailed(3, isTransient: true, unit: 0.5).pause == .milliseconds(200))
        #expect(machine.openFailed(3, isTransient: true, unit: 0.5).pause == .milliseconds(400))
        #expect(try #require(wait(&machine)).1 == Actions())
        // It is back: the first is served, and connections are opened for the others.
        let actions = machine.opened(3, unit: 0.5, at: start)
        #expect(actions.grants.map(\.waiter) == [0])
        #expect(actions.opens == [4, 5])
        #expect(machine.failures == 0)
    }

    @Test("Trying ends when nobody waits, and begins again with the next caller")
    func givesUp() throws {
        var machine = makeMachine()
        let waiter = try #require(wait(&machine)?.0)
        #expect(machine.openFailed(1, isTransient: true, unit: 0).pause == .zero)
        #expect(machine.leave(waiter) == true)
        let (actions, pause) = machine.openFailed(1, isTransient: true, unit: 0)
        #expect(actions == Actions(closes: [1]))
        #expect(pause == nil)
        #expect(try #require(wait(&machine)).1.opens == [2])
    }

    @Test("A refusal that will not pass is told at once to all who wait")
    func permanentFailure() {
        var machine = makeMachine(1)
        for _ in 0..<3 { _ = wait(&machine) }
        let (actions, pause) = machine.openFailed(1, isTransient: false, unit: 0)
        #expect(actions == Actions(closes: [1], refusals: [0, 1, 2]))
        #expect(pause == nil)
    }

    @Test("Old, unused and dead connections are closed while idle; an old one that is lent, when it comes back")
    func retirement() {
        var machine = makeLent(3)
        #expect(machine.release(1, isReusable: true, at: start) == Actions())
        #expect(machine.release(2, isReusable: true, at: start + .seconds(50)) == Actions())
        #expect(machine.retire(dead: [], at: start + .seconds(99)) == Actions())
        #expect(machine.retire(dead: [], at: start + .seconds(100)) == Actions(closes: [1]))
        #expect(machine.retire(dead: [2], at: start + .seconds(100)) == Actions(closes: [2]))
        #expect(machine.release(3, isReusable: true, at: start + .seconds(1000)) == Actions(closes: [3]))
        #expect(machine.connectionCount == 0)
    }

    @Test("Closing refuses those who wait, closes what is idle, and the rest when it comes back")
    func closing() {
        var machine = makeLent(2)
        #expect(machine.release(1, isReusable: true, at: start) == Actions())
        #expect(machine.close() == Actions(closes: [1]))
        #expect(machine.acquire(at: start) == .closed)
        #expect(machine.release(2, isReusable: true, at: start) == Actions(closes: [2]))
        #expect(machine.close() == Actions())

        var opening = makeMachine(1)
        _ = wait(&opening)
        #expect(opening.close() == Actions(refusals: [0]))
        #expect(opening.opened(1, unit: 0, at: start) == Actions(closes: [1]))
    }

    @Test("Whatever happens in whatever order, the promises hold", arguments: 0..<20)
    func random(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        var machine = makeMachine(4)
        var now = start
        var opening: Set<Int> = []
        var lent: Set<Int> = []
        var waiting: [UInt64] = []

        func follow(_ actions: Actions) {
            for grant in actions.grants {
                #expect(waiting.first == grant.waiter, "not the first in turn")
                waiting.removeFirst()
                #expect(lent.insert(grant.connection).inserted, "lent twice")
                opening.remove(grant.connection)
            }
            for id in actions.opens { #expect(opening.insert(id).inserted) }
            for id in actions.closes {
                #expect(!lent.contains(id), "closed while lent")
                opening.remove(id)
            }
            waiting.removeAll { actions.refusals.contains($0) }
        }

        for _ in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...200, using: &generator))
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1, 2:
                switch machine.acquire(at: now) {
                case .leased(let id): #expect(lent.insert(id).inserted, "lent twice")
                case .waiting(let waiter, let actions):
                    waiting.append(waiter)
                    follow(actions)
                case .closed: Issue.record("closed by nobody")
                }
            case 3, 4:
                guard let id = lent.randomElement(using: &generator) else { continue }
                lent.remove(id)
                follow(machine.release(id, isReusable: .random(using: &generator), at: now))
            case 5:
                guard let id = opening.randomElement(using: &generator) else { continue }
                if Bool.random(using: &generator) {
                    opening.remove(id)
                    follow(machine.opened(id, unit: 0, at: now))
                } else {
                    let (actions, pause) = machine.openFailed(id, isTransient: .random(using: &generator), unit: 0)
                    follow(actions)
                    #expect((pause == nil) == !opening.contains(id))
                }
            case 6:
                guard let waiter = waiting.randomElement(using: &generator) else { continue }
                #expect(machine.leave(waiter) == true)
                waiting.removeAll { $0 == waiter }
            default:
                follow(machine.expire(at: now))
                follow(machine.retire(dead: [], at: now))
            }
            #expect(machine.connectionCount <= 4)
            #expect(machine.waiterCount == waiting.count)
            #expect(waiting.isEmpty || machine.idleConnections.isEmpty, "somebody waits beside an idle connection")
            #expect(waiting.isEmpty || machine.connectionCount > 0, "somebody waits for nothing")
        }
    }
}

/// SplitMix64: https://prng.di.unimi.it/splitmix64.c
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
