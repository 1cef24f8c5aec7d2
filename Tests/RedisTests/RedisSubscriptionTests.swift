import Redis
import TestEquipment
import Testing

@Suite("A Redis subscription", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct RedisSubscriptionTests {
    @Test("Every listener of a channel hears it; Redis sees one subscription")
    func fanOut() async throws {
        try await withRedis { redis in
            let channel = redis.key("news")
            var listeners: [RedisSubscription] = []
            for _ in 0..<50 { listeners.append(try await redis.client.subscribe(to: [channel])) }
            #expect(try await redis.client.publish("hello", to: channel) == 1)
            for listener in listeners {
                var events = listener.makeAsyncIterator()
                #expect(await events.next() == .message(channel: channel, bytes: Array("hello".utf8)))
            }
        }
    }

    @Test("The last listener to go unsubscribes, and the next one hears again")
    func unsubscription() async throws {
        try await withRedis { redis in
            let channel = redis.key("news")
            let first = try await redis.client.subscribe(to: [channel])
            let second = try await redis.client.subscribe(to: [channel, redis.key("other")])
            first.cancel()
            #expect(try await redis.client.publish("1", to: channel) == 1)
            second.cancel()
            let third = try await redis.client.subscribe(to: [channel])
            #expect(try await redis.client.publish("2", to: channel) == 1)
            // The first message may still be on its way when the third listener comes: then it hears that, too.
            var events = third.makeAsyncIterator()
            var heard = await events.next()
            if heard == .message(channel: channel, bytes: Array("1".utf8)) { heard = await events.next() }
            #expect(heard == .message(channel: channel, bytes: Array("2".utf8)))
            var ended = first.makeAsyncIterator()
            #expect(await ended.next() == nil)
        }
    }

    @Test("A slow listener keeps the newest and learns how many it missed")
    func lag() async throws {
        try await withRedis { redis in
            let channel = redis.key("news")
            let slow = try await redis.client.subscribe(to: [channel], limit: 3)
            let probe = try await redis.client.subscribe(to: [channel], limit: 100)
            for number in 1...10 { _ = try await redis.client.publish(RedisArgument(number), to: channel) }
            // The probe's tenth message says that the slow one has had them all.
            var heard = probe.makeAsyncIterator()
            for _ in 1...10 { _ = await heard.next() }
            var events = slow.makeAsyncIterator()
            // Which of the two is served first is open, so the last may still be on its way: every message counts once.
            var (numbers, dropped) = ([Int](), 0)
            while numbers.last != 10 {
                switch try #require(await events.next()) {
                case .lagged(let count): dropped += count
                case .message(_, let bytes): numbers.append(try #require(Int(String(decoding: bytes, as: UTF8.self))))
                case .resubscribed: Issue.record("nobody had to subscribe again")
                }
            }
            #expect(dropped > 0)
            #expect(numbers == numbers.sorted())
            #expect(dropped + numbers.count == 10)
        }
    }

    @Test("A subscription survives the server's death and says so")
    func reconnection() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url, commandTimeout: .seconds(20)) { client in
                let subscription = try await client.subscribe(to: ["a", "b"])
                var events = subscription.makeAsyncIterator()
                try await server.restart()
                #expect(await events.next() == .resubscribed)
                #expect(try await client.publish("x", to: "b") == 1)
                #expect(await events.next() == .message(channel: "b", bytes: Array("x".utf8)))
            }
        }
    }

    @Test("Without a server a subscription is refused at its deadline")
    func unavailability() async throws {
        try await PrivateRedis.run { server in
            server.kill()
            try await withRedisClient(url: server.url) { client in
                let error = await #expect(throws: RedisError.self) {
                    try await client.subscribe(to: ["a"], timeout: .milliseconds(200))
                }
                #expect(error?.code == .unavailable)
            }
        }
    }

    @Test("Cancelling the consumer ends its wait")
    func cancellation() async throws {
        try await withRedis { redis in
            let subscription = try await redis.client.subscribe(to: [redis.key("quiet")])
            let consumer = Task {
                var events = subscription.makeAsyncIterator()
                return await events.next()
            }
            consumer.cancel()
            #expect(await consumer.value == nil)
        }
    }
}
