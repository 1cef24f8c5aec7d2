import FaultProxy
import Redis
import TestEquipment
import Testing

@Suite("A Redis client at a fail-over", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct FailoverTests {
    @Test("A client whose server has become a replica moves on to where the name leads now, with its subscriptions")
    func readOnly() async throws {
        try await PrivateRedis.run { old in
            try await PrivateRedis.run { new in
                try await FaultProxy.run(to: old.port) { proxy in
                    try await withRedisClient(url: "redis://127.0.0.1:\(proxy.port)") { client in
                        _ = try await client.send(RedisCommand("SET", "key", "old"))
                        let heard = try await client.subscribe(to: ["news"])
                        await proxy.redirect(to: new.port)
                        try await withRedisClient(url: old.url) { admin in
                            // A replica of nobody: it keeps its data and takes no write.
                            _ = try await admin.send(RedisCommand("REPLICAOF", "127.0.0.1", "1"))
                        }
                        let error = await #expect(throws: RedisError.self) {
                            try await client.send(RedisCommand("SET", "key", "lost"))
                        }
                        #expect(error?.serverCode == "READONLY" && error?.isPassing == true)
                        // The same client, without a word from us; what still went out on the old connection is lost with it.
                        do throws(RedisError) {
                            _ = try await client.send(RedisCommand("SET", "key", "new"))
                        } catch {
                            try #require(error.code == .connectionLost)
                            _ = try await client.send(RedisCommand("SET", "key", "new"))
                        }
                        var events = heard.makeAsyncIterator()
                        #expect(await events.next() == .resubscribed)
                        try await withRedisClient(url: new.url) { admin in
                            #expect(try await admin.send(RedisCommand("GET", "key")).string() == "new")
                            try await admin.publish("hello", to: "news")
                        }
                        guard case .message(_, let bytes) = await events.next() else {
                            Issue.record("the subscription has ended")
                            return
                        }
                        #expect(String(decoding: bytes, as: UTF8.self) == "hello")
                    }
                }
            }
        }
    }
}
