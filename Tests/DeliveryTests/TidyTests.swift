import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery

@Suite("What nobody uses any more", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct TidyTests {
    private let site = SiteID(rawValue: "acme.example")

    @Test("Sites that nobody has used are dropped with everything that is theirs; others stay")
    func tidying() async throws {
        try await withRedis { redis in
            let delivery = Delivery(redis: redis.client, lease: .seconds(30), spacing: .zero, space: redis.prefix)
            _ = try await delivery.createGeneration(clean: true)
            let worker = try await delivery.makeWorker()
            func keys() async throws -> [String] {
                try await redis.client.send(RedisCommand("KEYS", RedisArgument("tramline:{\(redis.prefix)}:gate:*")))
                    .strings()
            }
            let waitedFor = SiteID(rawValue: "other.example")
            let inFlight = SiteID(rawValue: "third.example")
            for place in [site, waitedFor, inFlight] {
                let pass = try await delivery.granted(place, delivery.waiter(worker, ticket: 1))
                if place != inFlight { _ = try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero) }
            }
            try await delivery.setPauses(PauseList(revision: 1, scopes: [.site(waitedFor)]))
            #expect(try await delivery.enterGate(waitedFor, as: delivery.waiter(worker, ticket: 2)).isWait)
            let untouched = try await delivery.tidy()
            #expect(untouched == (0, 0))
            // As if nobody had come for an instant.
            while try await delivery.tidy(idleFor: .milliseconds(5)).sites == 0 {}
            #expect(try await !keys().contains { $0.contains("acme.example") })
            let stats = try await delivery.stats()
            #expect(Set(stats.gates.map(\.site)) == [waitedFor, inFlight])
            #expect(try await delivery.enterGate(site, as: delivery.waiter(worker, ticket: 9)).isGranted)
        }
    }

    @Test("What a worker said of itself goes when it is known no more")
    func facts() async throws {
        try await withRedis { redis in
            let delivery = Delivery(redis: redis.client, lease: .seconds(30), spacing: .zero, space: redis.prefix)
            _ = try await delivery.createGeneration(clean: true)
            let key = RedisArgument("tramline:{\(redis.prefix)}:facts")
            let living = try await delivery.makeWorker("living").worker.rawValue
            for worker in [living, "gone"] {
                _ = try await redis.client.send(RedisCommand("HSET", key, RedisArgument(worker), "it said so"))
            }
            #expect(try await delivery.tidy().workers == 1)
            #expect(try await redis.client.send(RedisCommand("HKEYS", key)).strings() == [living])
        }
    }
}
