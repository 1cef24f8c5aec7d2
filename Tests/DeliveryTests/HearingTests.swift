import FaultProxy
import Logging
import Redis
import TestEquipment
import Testing

@testable import Delivery

@Suite("Whether a subscription hears")
struct HearingProbeTests {
    private let start = ContinuousClock.now

    @Test("What comes back is no silence; what does not is, from when it was said")
    func silence() {
        var probe = HearingProbe(interval: .seconds(5), patience: .seconds(10))
        #expect(probe.silence(at: start + .seconds(60)) == .zero)
        let first = probe.say(at: start)
        probe.heard(first, at: start + .milliseconds(1))
        #expect(probe.silence(at: start + .seconds(60)) == .zero)
        _ = probe.say(at: start + .seconds(5))
        _ = probe.say(at: start + .seconds(10))
        #expect(probe.silence(at: start + .seconds(12)) == .seconds(7))
        #expect(!probe.isDeaf(at: start + .milliseconds(14_999)) && probe.isDeaf(at: start + .seconds(15)))
    }

    @Test("Hearing any later one ends the silence; an old echo does not")
    func echoes() {
        var probe = HearingProbe()
        let old = probe.say(at: start)
        probe.heard(old, at: start)
        _ = probe.say(at: start + .seconds(5))
        let second = probe.say(at: start + .seconds(10))
        probe.heard(old, at: start + .seconds(30))
        #expect(probe.isDeaf(at: start + .seconds(30)))
        probe.heard(second, at: start + .seconds(31))
        #expect(probe.silence(at: start + .seconds(90)) == .zero)
        // One that is under way when an earlier one is heard is waited for anew.
        let third = probe.say(at: start + .seconds(40))
        _ = probe.say(at: start + .seconds(45))
        probe.heard(third, at: start + .seconds(46))
        #expect(probe.silence(at: start + .seconds(50)) == .seconds(4))
    }

    @Test("A new connection has its time to prove itself before the next one")
    func renewals() {
        var probe = HearingProbe(interval: .seconds(5), patience: .seconds(10))
        let unheard = probe.say(at: start)
        let first = [5, 10, 15, 20].filter { probe.shouldRenew(at: start + .seconds($0)) }
        #expect(first == [10, 20])
        // Heard, and deaf again: that is another matter.
        probe.heard(unheard, at: start + .seconds(21))
        _ = probe.say(at: start + .seconds(22))
        let second = [31, 32].filter { probe.shouldRenew(at: start + .seconds($0)) }
        #expect(second == [32])
    }

    @Test("Who cannot speak is not deaf")
    func mute() {
        var probe = HearingProbe()
        probe.failed(probe.say(at: start))
        #expect(probe.silence(at: start + .seconds(60)) == .zero)
    }
}

@Suite("A process that hears nothing", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct HearingKeeperTests {
    @Test("A connection that was left behind at another server is noticed, and made anew")
    func leftBehind() async throws {
        try await PrivateRedis.run { old in
            try await PrivateRedis.run { new in
                try await FaultProxy.run(to: new.port) { proxy in
                    try await withRedisClient(url: "redis://127.0.0.1:\(proxy.port)") { client in
                        // Commands go to the one server, and what is heard comes from the other.
                        try await client.ping()
                        await proxy.redirect(to: old.port)
                        let heard = try await client.subscribe(to: ["news"])
                        await proxy.redirect(to: new.port)
                        try await client.publish("lost", to: "news")

                        let delivery = Delivery(redis: client, lease: .seconds(6), spacing: .zero)
                        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                        let probe = HearingProbe(interval: .milliseconds(20), patience: .milliseconds(200))
                        let keeper = HearingKeeper(delivery: delivery, logger: logger, probe: probe)
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask { try await keeper.run() }
                            var events = heard.makeAsyncIterator()
                            #expect(await events.next() == .resubscribed)
                            try await client.publish("heard", to: "news")
                            #expect(await events.next() == .message(channel: "news", bytes: Array("heard".utf8)))
                            while keeper.isDeaf { try await client.ping() }
                            group.cancelAll()
                        }
                    }
                }
            }
        }
    }
}
