import Logging
import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery

/// Scripts are not rolled back: one that failed half way would leave half of what it does. Redis decides before it begins, so none
/// does; these tests hold it to that.
@Suite("A Redis that refuses", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct RefusingRedisTests {
    private static let site = SiteID(rawValue: "acme")

    private func withPrivateDelivery(_ body: @Sendable (Delivery) async throws -> Void) async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url) { client in
                let delivery = Delivery(redis: client, lease: .seconds(30), spacing: .zero)
                try await delivery.createGeneration(clean: true)
                try await body(delivery)
            }
        }
    }

    @Test("While its memory is full, what is there is carried on and ended, and nothing is added")
    func fullMemory() async throws {
        try await withPrivateDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let queued = jobs(3)
            try await delivery.enqueue(queued)
            try await delivery.admin("CONFIG", "SET", "maxmemory", "1")

            let before = try await delivery.digest()
            let error = await #expect(throws: DeliveryError.self) { try await delivery.enqueue(jobs(1)) }
            #expect(error?.code == .unavailable)
            #expect(try await delivery.digest() == before)
            await #expect(throws: DeliveryError.self) { try await delivery.ping(timeout: .seconds(5)) }

            _ = try await delivery.standing(worker)
            #expect(try await delivery.claimed(upTo: 3, worker) == queued.map(\.id))
            let pass = try await delivery.granted(Self.site, delivery.waiter(worker, job: queued[0].id))
            #expect(try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero))
            #expect(try await delivery.settle(queued[0].id, worker: worker.worker, as: .finished))
            #expect(try await delivery.settle(queued[1].id, worker: worker.worker, as: .ready(.person)))
            #expect(
                try await delivery.settle(queued[2].id, worker: worker.worker, as: .delayed(.seconds(60), .person))
            )
            let second = try await delivery.makeWorker("second")
            #expect(try await delivery.claimed(upTo: 3, second) == [queued[1].id])
            try await delivery.retire(second)
            let stats = try await delivery.stats()
            #expect(stats.ready == 1 && stats.delayed == 1)

            try await delivery.admin("CONFIG", "SET", "maxmemory", "0")
            #expect(try await delivery.enqueue(jobs(1)) == 1)
            try await delivery.ping(timeout: .seconds(5))
        }
    }

    /// Every call that writes.
    enum Call: String, CaseIterable, CustomTestStringConvertible {
        case createGeneration, register, heartbeat, campaign, enqueue, claim, settle, remove, enterGate, leaveGate,
            withdraw, lookAtGate, retire

        var testDescription: String { rawValue }
    }

    @Test("As a replica it refuses each call as a whole, and says that it may do later", arguments: Call.allCases)
    func replica(_ call: Call) async throws {
        try await withPrivateDelivery { delivery in
            let worker = try await delivery.makeWorker()
            // Something that each of the calls would change.
            let dying = try await delivery.withLease(.milliseconds(100)).makeWorker("dying")
            let queued = jobs(3)
            try await delivery.enqueue(queued)
            let held = try #require(try await delivery.claimed(upTo: 1, worker).first)
            _ = try await delivery.claimed(upTo: 1, dying)
            let pass = try await delivery.granted(Self.site, delivery.waiter(dying, ticket: 1))
            let waiter = delivery.waiter(worker, ticket: 2)
            while try await delivery.stats().workers.contains(where: {
                $0.worker == dying.worker && $0.leaseLeft > .zero
            }) {}
            try await delivery.admin("REPLICAOF", "127.0.0.1", "1")

            let before = try await delivery.digest()
            let error = await #expect(throws: DeliveryError.self) {
                switch call {
                case .createGeneration: _ = try await delivery.createGeneration(clean: true)
                case .register: _ = try await delivery.register(dying)
                case .heartbeat: _ = try await delivery.heartbeat(worker)
                case .campaign: _ = try await delivery.campaign(worker: worker.worker)
                case .enqueue: try await delivery.enqueue(jobs(1))
                case .claim: _ = try await delivery.claim(upTo: 1, worker: worker.worker)
                case .settle: try await delivery.settle(held, worker: worker.worker, as: .finished)
                case .remove: try await delivery.remove(queued[2].id)
                case .enterGate: _ = try await delivery.enterGate(Self.site, as: waiter)
                case .leaveGate: try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero)
                case .withdraw: try await delivery.withdraw(waiter, from: Self.site)
                case .lookAtGate: _ = try await delivery.gateForecast(Self.site)
                case .retire: try await delivery.retire(worker)
                }
            }
            #expect(error?.code == .unavailable)
            try await delivery.admin("REPLICAOF", "NO", "ONE")
            #expect(try await delivery.digest() == before)
        }
    }
}

extension Delivery {
    /// Tells the server something.
    fileprivate func admin(_ words: String...) async throws {
        _ = try await repeated(RedisCommand(words[0], arguments: words.dropFirst().map { RedisArgument($0) }))
    }

    /// The same for the same data.
    fileprivate func digest() async throws -> String {
        try await repeated(RedisCommand("DEBUG", "DIGEST")).string()
    }

    /// A replica's refusal ends the connection: what was sent on that one is sent once more.
    private func repeated(_ command: RedisCommand) async throws -> RedisReply {
        do throws(RedisError) {
            return try await redis.send(command)
        } catch {
            guard error.code == .connectionLost else { throw error }
            return try await redis.send(command)
        }
    }
}
