import NIOCore
import Testing

@testable import Redis

@Suite("The rules of a command connection")
struct CommandStateMachineTests {
    typealias Machine = CommandStateMachine<String>
    let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var deadline: NIODeadline { start + .seconds(5) }

    func makeMachine(limit: Int = 100) -> Machine { Machine(limit: limit, silence: .seconds(5)) }

    @discardableResult
    func add(
        _ id: UInt64,
        expected: Int = 1,
        deadline: NIODeadline? = nil,
        to machine: inout Machine
    ) -> Machine.AddAction {
        machine.add(
            id,
            payload: ByteBuffer(string: "\(id);"),
            expected: expected,
            waiter: "\(id)",
            deadline: deadline ?? self.deadline
        )
    }

    @Test("What waits is sent in order, in one piece, when the connection comes")
    func sending() {
        var machine = makeMachine()
        #expect(add(1, to: &machine) == .accept(flush: nil, timer: deadline))
        #expect(add(2, to: &machine) == .accept(flush: nil, timer: nil))
        #expect(machine.connected(7, at: start) == true)
        // One flush is planned for all that come before it.
        #expect(add(3, to: &machine) == .accept(flush: nil, timer: nil))
        #expect(machine.takeWritable(for: 6, at: start) == nil)
        #expect(machine.takeWritable(for: 7, at: start) == ByteBuffer(string: "1;2;3;"))
        #expect(machine.takeWritable(for: 7, at: start) == nil)
        #expect(add(4, to: &machine) == .accept(flush: 7, timer: nil))
    }

    @Test("Replies go to their commands in order; a pipeline takes several")
    func replies() {
        var machine = makeMachine()
        add(1, to: &machine)
        add(2, expected: 2, to: &machine)
        add(3, to: &machine)
        _ = machine.connected(7, at: start)
        _ = machine.takeWritable(for: 7, at: start)
        var received = machine.received([.integer(1), .integer(2)], on: 7, at: start)
        #expect(received.finished.map(\.waiter) == ["1"])
        received = machine.received([.integer(3), .integer(4)], on: 7, at: start)
        #expect(received.finished.map(\.waiter) == ["2", "3"])
        #expect(received.finished.map(\.replies) == [[.integer(2), .integer(3)], [.integer(4)]])
        #expect(!received.isOutOfStep)
        #expect(machine.received([.integer(5)], on: 7, at: start).isOutOfStep == true)
        #expect(machine.pendingCount == 0)
    }

    @Test("A cancelled command is not sent, or its reply is dropped")
    func cancellation() {
        var machine = makeMachine()
        add(1, to: &machine)
        add(2, to: &machine)
        add(3, to: &machine)
        let first = machine.cancel(1)
        #expect(first?.wasWritten == false)
        let again = machine.cancel(1)
        #expect(again == nil)
        _ = machine.connected(7, at: start)
        #expect(machine.takeWritable(for: 7, at: start) == ByteBuffer(string: "2;3;"))
        let second = machine.cancel(2)
        #expect(second?.wasWritten == true)
        let received = machine.received([.integer(2), .integer(3)], on: 7, at: start)
        #expect(received.finished.map(\.waiter) == ["3"])
        #expect(received.finished.map(\.replies) == [[.integer(3)]])
    }

    @Test("A lost connection fails what was in flight and keeps what was not sent")
    func loss() {
        var machine = makeMachine()
        _ = machine.connected(7, at: start)
        add(1, to: &machine)
        add(2, to: &machine)
        _ = machine.takeWritable(for: 7, at: start)
        _ = machine.cancel(1)
        add(3, to: &machine)
        let fault = RedisError(.connectionLost, "gone")
        #expect(machine.disconnected(6, because: fault).isEmpty)
        #expect(machine.disconnected(7, because: fault) == ["2"])
        #expect(machine.received([.integer(1)], on: 7, at: start).finished.isEmpty)
        #expect(machine.connected(8, at: start) == true)
        #expect(machine.takeWritable(for: 8, at: start) == ByteBuffer(string: "3;"))
    }

    @Test("A deadline ends a wait; the timer then stands for the next one")
    func expiry() {
        var machine = makeMachine()
        add(1, deadline: start + .seconds(3), to: &machine)
        #expect(add(2, deadline: start + .seconds(1), to: &machine) == .accept(flush: nil, timer: start + .seconds(1)))
        _ = machine.connected(7, at: start)
        _ = machine.takeWritable(for: 7, at: start)
        var expired = machine.expire(timer: start + .seconds(1), at: start + .seconds(1))
        #expect(expired.failed.map(\.waiter) == ["2"])
        #expect(expired.failed.map(\.wasWritten) == [true])
        #expect(expired.timer == start + .seconds(3))
        // The first timer, which was overtaken, does nothing when it goes off.
        expired = machine.expire(timer: start + .seconds(2), at: start + .seconds(3))
        #expect(expired.failed.isEmpty && expired.timer == nil)
    }

    @Test("A connection that is silent while replies are due is given up, also when nobody waits any more")
    func silence() {
        var machine = makeMachine()
        _ = machine.connected(7, at: start)
        add(1, deadline: start + .seconds(1), to: &machine)
        _ = machine.takeWritable(for: 7, at: start)
        let first = machine.expire(timer: start + .seconds(1), at: start + .seconds(1))
        #expect(first.silent == nil)
        #expect(first.timer == start + .seconds(5))
        #expect(machine.expire(timer: start + .seconds(5), at: start + .seconds(5)).silent == 7)
    }

    @Test("Too many commands are refused; those given up do not count for ever")
    func limit() {
        var machine = makeMachine(limit: 3)
        for id: UInt64 in 1...3 { add(id, to: &machine) }
        #expect(add(4, to: &machine) == .refuse(.overloaded))
        for round: UInt64 in 0..<1000 {
            _ = machine.cancel(round + 3)
            #expect(add(round + 4, to: &machine) == .accept(flush: nil, timer: nil))
        }
        #expect(machine.pendingCount == 3)
    }

    @Test("Shutdown lets accepted commands end, refuses new ones, and closes after the last")
    func draining() {
        var machine = makeMachine()
        _ = machine.connected(7, at: start)
        add(1, to: &machine)
        #expect(machine.shutDown(now: false).isEmpty)
        #expect(machine.phase == .draining(7))
        #expect(add(2, to: &machine) == .refuse(.closed))
        #expect(machine.takeWritable(for: 7, at: start) == ByteBuffer(string: "1;"))
        #expect(machine.received([.integer(1)], on: 7, at: start).finished.count == 1)
        #expect(machine.phase == .closed)
    }

    @Test("Immediate shutdown fails everything", arguments: [true, false])
    func closing(isConnected: Bool) {
        var machine = makeMachine()
        if isConnected { _ = machine.connected(7, at: start) }
        add(1, to: &machine)
        #expect(machine.shutDown(now: true).map(\.waiter) == ["1"])
        #expect(machine.phase == .closed)
        #expect(add(2, to: &machine) == .refuse(.closed))
    }
}

@Suite("The rules of a subscription connection")
struct SubscriptionStateMachineTests {
    let now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    func confirmation(_ kind: String, _ channel: String) -> RedisReply {
        .array([.bytes(Array(kind.utf8)), .bytes(Array(channel.utf8)), .integer(1)])
    }

    func message(_ channel: String, _ text: String) -> RedisReply {
        .array([.bytes(Array("message".utf8)), .bytes(Array(channel.utf8)), .bytes(Array(text.utf8))])
    }

    @Test("One subscription for all listeners of a channel, and none after the last")
    func counting() throws {
        var machine = SubscriptionStateMachine()
        _ = machine.connected(1, at: now)
        #expect(machine.add(1, channels: ["a", "b"]).send == [.subscribe("a"), .subscribe("b")])
        #expect(machine.add(2, channels: ["a"]).send == [])
        #expect(try machine.received(confirmation("subscribe", "a"), at: now) == [.established(2)])
        #expect(try machine.received(confirmation("subscribe", "b"), at: now) == [.established(1)])
        let late = machine.add(3, channels: ["b"])
        #expect(late.send.isEmpty && late.isEstablished)
        #expect(
            try machine.received(message("b", "x"), at: now)
                == [.message(channel: "b", bytes: Array("x".utf8), to: [1, 3])]
        )
        #expect(machine.remove(1) == [])
        #expect(machine.remove(1) == [])
        #expect(machine.remove(3) == [.unsubscribe("b")])
        #expect(try machine.received(message("b", "late"), at: now) == [])
    }

    @Test("Who comes while an unsubscription is under way is not confirmed by an old answer")
    func overtaking() throws {
        var machine = SubscriptionStateMachine()
        _ = machine.connected(1, at: now)
        _ = machine.add(1, channels: ["a"])
        #expect(machine.remove(1) == [.unsubscribe("a")])
        let second = machine.add(2, channels: ["a"])
        #expect(second.send == [.subscribe("a")] && !second.isEstablished)
        #expect(try machine.received(confirmation("subscribe", "a"), at: now) == [])
        #expect(try machine.received(confirmation("unsubscribe", "a"), at: now) == [])
        #expect(try machine.received(confirmation("subscribe", "a"), at: now) == [.established(2)])
    }

    @Test("A new connection subscribes everything anew; old listeners are told, new ones established")
    func reconnection() throws {
        var machine = SubscriptionStateMachine()
        #expect(machine.add(1, channels: ["a"]).send == [])
        #expect(machine.connected(1, at: now) == [.subscribe("a")])
        #expect(try machine.received(confirmation("subscribe", "a"), at: now) == [.established(1)])
        machine.disconnected(1)
        #expect(machine.add(2, channels: ["b"]).send == [])
        #expect(machine.connected(2, at: now) == [.subscribe("a"), .subscribe("b")])
        #expect(try machine.received(confirmation("subscribe", "a"), at: now) == [.resubscribed(1)])
        #expect(try machine.received(confirmation("subscribe", "b"), at: now) == [.established(2)])
    }

    @Test("A refusal reaches those who asked, and a pong nobody")
    func refusal() throws {
        var machine = SubscriptionStateMachine()
        _ = machine.connected(1, at: now)
        #expect(machine.ping() == .ping)
        _ = machine.add(1, channels: ["a"])
        #expect(try machine.received(.array([.bytes(Array("pong".utf8)), .bytes([])]), at: now) == [])
        #expect(try machine.received(.error("NOPERM no"), at: now) == [.refused(1, "NOPERM no")])
        #expect(throws: RedisError.self) { try machine.received(.simple("OK"), at: now) }
    }
}

@Suite("The backoff of a connection")
struct RedisBackoffTests {
    @Test("It grows to its longest and stays there, and begins anew after a reset")
    func growth() {
        struct Highest: RandomNumberGenerator {
            mutating func next() -> UInt64 { .max }
        }
        var generator = Highest()
        var backoff = RedisBackoff()
        let pauses = (0..<8).map { _ in backoff.next(using: &generator) }
        let expected = [50, 100, 200, 400, 800, 1600, 2000, 2000].map { Duration.milliseconds($0) }
        for (pause, limit) in zip(pauses, expected) { #expect(pause <= limit && pause > limit * 0.99) }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .milliseconds(50))
    }
}
