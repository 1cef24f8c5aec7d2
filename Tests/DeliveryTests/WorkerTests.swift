import Delivery
import Redis
import TestEquipment
import Testing
import TramlineModel

@Suite("A worker's lease", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct WorkerTests {
    @Test("A dead worker's jobs are ready again after its lease, at their old places")
    func recovery() async throws {
        try await withDelivery(lease: .seconds(30)) { delivery in
            let living = try await delivery.makeWorker("living")
            let queued = jobs(3)
            _ = try await delivery.enqueue(queued)
            let dying = try await delivery.withLease(.milliseconds(500)).makeWorker("dying")
            let held = try await delivery.claimed(upTo: 2, dying)
            let start = ContinuousClock.now
            let heartbeat = try await delivery.heartbeat(living) { !$0.reaped.isEmpty }
            #expect(ContinuousClock.now - start < .seconds(2))
            #expect(heartbeat.reaped.map(\.worker) == [dying.worker])
            #expect(Set(heartbeat.reaped.flatMap(\.jobs)) == Set(held))
            #expect(try await delivery.claimed(upTo: 3, living) == queued.map(\.id))
            #expect(!dying.stands())
            #expect(try await delivery.heartbeat(dying) == .lost)
            #expect(try await delivery.claim(upTo: 1, worker: dying.worker) == .lost)
            #expect(try await delivery.settle(held[0], worker: dying.worker, as: .finished) == false)
        }
    }

    @Test("A retired worker leaves nothing behind, at once")
    func retirement() async throws {
        try await withDelivery { delivery in
            let one = try await delivery.makeWorker("one")
            let other = try await delivery.makeWorker("other")
            let queued = jobs(2)
            _ = try await delivery.enqueue(queued)
            _ = try await delivery.claimed(upTo: 2, one)
            #expect(try await delivery.standing(one).isLeader)
            #expect(try await delivery.standing(other).isLeader == false)
            try await delivery.retire(one)
            #expect(try await delivery.standing(other).isLeader)
            #expect(try await delivery.claimed(upTo: 2, other) == queued.map(\.id))
            #expect(try await delivery.stats().workers.map(\.worker) == [other.worker])
        }
    }

    @Test("One worker is the scheduler; another follows when its lease ends")
    func election() async throws {
        try await withDelivery(lease: .seconds(30)) { delivery in
            let second = try await delivery.makeWorker("second")
            let first = try await delivery.withLease(.milliseconds(500)).makeWorker("first")
            #expect(try await delivery.campaign(worker: first.worker))
            #expect(try await delivery.campaign(worker: second.worker) == false)
            #expect(try await delivery.stats().leader == first.worker)
            _ = try await delivery.heartbeat(second) { $0.isLeader }
            #expect(!first.stands())
            #expect(try await delivery.campaign(worker: first.worker) == false)
        }
    }

    @Test("After all data is lost, workers register again with what they run")
    func forgetting() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url) { client in
                let delivery = Delivery(redis: client, lease: .seconds(6), spacing: .milliseconds(50))
                _ = try await delivery.createGeneration(clean: true)
                let one = try await delivery.makeWorker("one")
                let other = try await delivery.makeWorker("other")
                let queued = jobs(3)
                _ = try await delivery.enqueue(queued)
                let held = Array(queued.prefix(2))
                #expect(try await delivery.claimed(upTo: 2, one) == held.map(\.id))

                _ = try await client.send(RedisCommand("FLUSHALL"))
                #expect(try await delivery.heartbeat(one) == .forgotten)
                #expect(try await delivery.claim(upTo: 1, worker: one.worker) == .forgotten)
                #expect(try await delivery.register(one) == .forgotten)
                #expect(try await delivery.createGeneration(clean: false))
                #expect(try await delivery.createGeneration(clean: true) == false)
                // The new generation is not the one that `other` knows, so it must register too.
                #expect(try await delivery.heartbeat(other) == .forgotten)
                #expect(try await delivery.register(one, holding: held) == .registered(taken: []))
                // The sweep does not know yet who runs what, and need not.
                #expect(try await delivery.restore(queued) == 1)
                #expect(try await delivery.register(other, holding: [held[0]]) == .registered(taken: [held[0].id]))
                #expect(try await delivery.claimed(upTo: 3, other) == [queued[2].id])
                #expect(try await delivery.settle(held[0].id, worker: one.worker, as: .finished))
            }
        }
    }

    @Test("Jobs are put back by the scheduler alone, as long as its lease stands")
    func schedulerAlone() async throws {
        try await withDelivery { delivery in
            let scheduler = try await delivery.withLease(.milliseconds(100)).makeWorker("scheduler")
            #expect(try await delivery.campaign(worker: scheduler.worker))
            let other = try await delivery.makeWorker("other")
            #expect(try await delivery.restore(jobs(1), as: scheduler.worker) == 1)
            let error = await #expect(throws: DeliveryError.self) {
                try await delivery.restore(jobs(1), as: other.worker)
            }
            #expect(error?.code == .leaseLost)
            while try await !delivery.campaign(worker: other.worker) {}
            // As one that was paused in the middle of its sweep and wakes late.
            await #expect(throws: DeliveryError.self) { try await delivery.restore(jobs(1), as: scheduler.worker) }
            #expect(try await delivery.stats().ready == 1)
        }
    }

    @Test("A job that the sweep restored before its worker registered is taken back by it")
    func restoredEarly() async throws {
        try await withDelivery { delivery in
            let job = jobs(1)[0]
            _ = try await delivery.restore([job])
            let lease = WorkerLease(worker: WorkerID(rawValue: "late"))
            #expect(try await delivery.register(lease, holding: [job]) == .registered(taken: []))
            #expect(try await delivery.stats().ready == 0)
            #expect(try await delivery.settle(job.id, worker: lease.worker, as: .finished))
        }
    }
}
