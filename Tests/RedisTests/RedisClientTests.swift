import Logging
import Redis
import TestEquipment
import Testing

@Suite("A Redis client", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct RedisClientTests {
    @Test("Any bytes go in and come out")
    func binarySafety() async throws {
        try await withRedis { redis in
            let bytes = (0...255).map { UInt8($0) } + Array("\r\n$-1\r\n".utf8)
            _ = try await redis.client.send(RedisCommand("SET", RedisArgument(redis.key("a")), RedisArgument(bytes)))
            let reply = try await redis.client.send(RedisCommand("GET", RedisArgument(redis.key("a"))))
            #expect(try reply.bytes() == bytes)
            _ = try await redis.client.send(RedisCommand("SET", RedisArgument(redis.key("b")), ""))
            #expect(try await redis.client.send(RedisCommand("GET", RedisArgument(redis.key("b")))) == .bytes([]))
            #expect(try await redis.client.send(RedisCommand("GET", RedisArgument(redis.key("none")))).isNull)
        }
    }

    @Test("A pipeline's replies come in order, errors in their place")
    func pipeline() async throws {
        try await withRedis { redis in
            let key = RedisArgument(redis.key("n"))
            let replies = try await redis.client.pipeline([
                RedisCommand("INCR", key), RedisCommand("LPUSH", key, "x"), RedisCommand("INCR", key),
            ])
            #expect(replies.count == 3)
            #expect(replies[0] == .integer(1))
            #expect(throws: RedisError.self) { try replies[1].integer() }
            #expect(replies[2] == .integer(2))
            #expect(try await redis.client.pipeline([]).isEmpty)
        }
    }

    @Test("An error reply is thrown with Redis's own code")
    func serverError() async throws {
        try await withRedis { redis in
            let error = await #expect(throws: RedisError.self) {
                try await redis.client.send(RedisCommand("NONSENSE", "secret"))
            }
            #expect(error?.code == .server)
            #expect(error?.serverCode == "ERR")
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test("Each of many tasks gets its own reply")
    func concurrency() async throws {
        try await withRedis { redis in
            try await withThrowingTaskGroup(of: (Int, Int64).self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        let reply = try await redis.client.send(RedisCommand("ECHO", RedisArgument(number)))
                        return (number, try reply.integer())
                    }
                }
                for try await (sent, received) in group { #expect(Int64(sent) == received) }
            }
        }
    }

    @Test("A script runs by its digest, also after Redis forgot it")
    func script() async throws {
        try await withRedis { redis in
            let script = RedisScript(name: "sum", source: "-- \(redis.prefix)\nreturn ARGV[1] + ARGV[2]")
            #expect(try await redis.client.evaluate(script, keys: [], arguments: [1, 2]) == .integer(3))
            #expect(try await redis.client.evaluate(script, keys: [], arguments: [3, 4]) == .integer(7))
            let known = try await redis.client.send(RedisCommand("SCRIPT", "EXISTS", RedisArgument(script.sha1)))
            #expect(known == .array([.integer(1)]))
        }
    }

    @Test("A cancelled wait leaves the connection to the others")
    func cancellation() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url) { client in
                try await client.ping()
                let before = try await client.send(RedisCommand("CLIENT", "ID"))
                server.pause()
                let waiting = Task { try await client.send(RedisCommand("INCR", "n")) }
                let others = Task { try await client.send(RedisCommand("ECHO", "still in order")) }
                waiting.cancel()
                let error = await #expect(throws: RedisError.self) { try await waiting.value }
                #expect(error?.code == .cancelled)
                server.resume()
                #expect(try await others.value.string() == "still in order")
                #expect(try await client.send(RedisCommand("CLIENT", "ID")) == before)
            }
        }
    }

    @Test("Commands in flight fail when the server dies; later ones wait for the next server")
    func reconnection() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url, commandTimeout: .seconds(20)) { client in
                let inFlight = Task { try await client.send(RedisCommand("BLPOP", "nothing", "0")) }
                try await withRedisClient(url: server.url) { observer in
                    while try await !observer.send(RedisCommand("INFO", "clients")).string()
                        .contains("blocked_clients:1")
                    {}
                }
                server.kill()
                let error = await #expect(throws: RedisError.self) { try await inFlight.value }
                #expect(error?.code == .connectionLost)
                #expect(error?.mayHaveRun == true)
                let waiting = Task { try await client.send(RedisCommand("ECHO", "again")) }
                try await server.start()
                #expect(try await waiting.value.string() == "again")
            }
        }
    }

    @Test("Without a server a command ends at its deadline, never sent")
    func unavailability() async throws {
        let clock = ContinuousClock()
        try await PrivateRedis.run { server in
            server.kill()
            try await withRedisClient(url: server.url) { client in
                let start = clock.now
                let error = await #expect(throws: RedisError.self) {
                    try await client.ping(timeout: .milliseconds(200))
                }
                #expect(error?.code == .unavailable)
                #expect(error?.mayHaveRun == false)
                #expect(error?.cause != nil)
                #expect(clock.now - start < .seconds(2))
            }
        }
    }

    @Test("A silent server is given up, and its successor found")
    func silence() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url, commandTimeout: .milliseconds(300)) { client in
                let before = try await client.send(RedisCommand("CLIENT", "ID"), timeout: .seconds(10)).integer()
                server.pause()
                let error = await #expect(throws: RedisError.self) { try await client.ping() }
                #expect(error?.code == .timedOut)
                #expect(error?.mayHaveRun == true)
                // Given up is what no longer takes commands: then they find no connection at all.
                var code = error?.code
                while code != .unavailable {
                    code = await #expect(throws: RedisError.self) { try await client.ping() }?.code
                }
                server.resume()
                let after = try await client.send(RedisCommand("CLIENT", "ID"), timeout: .seconds(10)).integer()
                #expect(after > before)
            }
        }
    }

    @Test("A wrong password fails with the reason, and without the password")
    func wrongPassword() async throws {
        try await PrivateRedis.run(password: "right1") { server in
            try await withRedisClient(url: "redis://:wrong1@127.0.0.1:\(server.port)") { client in
                let error = await #expect(throws: RedisError.self) {
                    try await client.ping(timeout: .milliseconds(300))
                }
                #expect(error?.code == .unavailable)
                #expect(error?.debugDescription.contains("WRONGPASS") == true)
                #expect(error?.debugDescription.contains("wrong1") == false)
            }
            try await withRedisClient(url: "\(server.url)/3") { client in
                try await client.ping()
                let clients = try await client.send(RedisCommand("CLIENT", "LIST")).string()
                let own = try #require(clients.split(separator: "\n").first { $0.contains(" db=3 ") })
                #expect(own.contains(" name=tramline-tests:commands "))
            }
        }
    }

    @Test("rediss:// speaks TLS, and only with a server whose certificate it trusts")
    func tls() async throws {
        try await PrivateRedis.run(password: "right1", usesTLS: true) { server in
            try await withRedisClient(url: server.url) { client in
                try await client.ping()
                let subscription = try await client.subscribe(to: ["a"])
                #expect(try await client.publish("x", to: "a") == 1)
                var events = subscription.makeAsyncIterator()
                #expect(await events.next() == .message(channel: "a", bytes: Array("x".utf8)))
                let large = [UInt8](repeating: 7, count: 3_000_000)
                #expect(try await client.send(RedisCommand("ECHO", RedisArgument(large))).bytes() == large)
            }
            try await withRedisClient(url: "rediss://:right1@localhost:\(server.port)") { client in
                let error = await #expect(throws: RedisError.self) {
                    try await client.ping(timeout: .milliseconds(500))
                }
                #expect(error?.code == .unavailable)
                #expect(error?.cause != nil)
            }
        }
    }

    @Test("After shutdown commands are refused at once")
    func shutdown() async throws {
        try await withRedis { redis in
            let configuration = try RedisConfiguration(url: redis.url)
            let client = RedisClient(configuration: configuration, logger: Logger(label: "test"))
            let running = Task { try await client.run() }
            try await client.ping()
            running.cancel()
            try await running.value
            let error = await #expect(throws: RedisError.self) { try await client.ping() }
            #expect(error?.code == .closed)
        }
    }
}
