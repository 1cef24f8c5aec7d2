import Delivery
import Redis
import TestEquipment
import Testing
import TramlineModel

@Suite("The queue", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct QueueTests {
    @Test("Jobs are claimed in the order in which they were enqueued")
    func order() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let queued = jobs(3000)
            #expect(try await delivery.enqueue(queued) == 3000)
            var claimed: [JobID] = []
            for _ in 0..<3 { claimed += try await delivery.claimed(upTo: 1000, worker) }
            #expect(claimed == queued.map(\.id))
            #expect(try await delivery.claimed(upTo: 10, worker).isEmpty)
        }
    }

    @Test("A job that is on the road already is left alone")
    func idempotency() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let ready = QueuedJob(id: JobID(), priority: .person)
            let held = QueuedJob(id: JobID(), priority: .waiting)
            let delayed = QueuedJob(id: JobID(), priority: .person, delay: .seconds(60))
            #expect(try await delivery.enqueue([held, delayed]) == 2)
            #expect(try await delivery.claimed(upTo: 1, worker) == [held.id])
            #expect(try await delivery.enqueue([ready, ready]) == 1)
            let again = [ready, held, delayed].map { QueuedJob(id: $0.id, priority: .person) }
            #expect(try await delivery.restore(again) == 0)
            let stats = try await delivery.stats()
            #expect(stats.ready == 1 && stats.delayed == 1)
        }
    }

    @Test("A person's job goes ahead of a scheduled one")
    func headStart() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let scheduled = jobs(2, .scheduled)
            let person = jobs(2, .person)
            let waiting = jobs(1, .waiting)
            _ = try await delivery.enqueue(scheduled + person + waiting)
            let expected = (waiting + person + scheduled).map(\.id)
            #expect(try await delivery.claimed(upTo: 10, worker) == expected)
        }
    }

    @Test("Places that are reserved go to jobs that a request waits for, and to no others")
    func reserved() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let (others, waiting) = (jobs(3), jobs(3, .waiting))
            _ = try await delivery.enqueue(others + waiting)
            func claim(upTo limit: Int, reserved: Int) async throws -> (jobs: [JobID], left: Int) {
                let result = try await delivery.claim(upTo: limit, reserved: reserved, worker: worker.worker)
                guard case .claimed(let jobs, _, let left) = result else { throw Forgotten() }
                return (jobs, left)
            }
            // Without room for the others nothing of them is said: whoever is full would ask at once again.
            var claimed = try await claim(upTo: 0, reserved: 2)
            #expect(claimed.jobs == waiting.prefix(2).map(\.id) && claimed.left == 1)
            claimed = try await claim(upTo: 2, reserved: 2)
            #expect(claimed.jobs == [waiting[2].id, others[0].id] && claimed.left == 2)
            claimed = try await claim(upTo: 0, reserved: 2)
            #expect(claimed.jobs.isEmpty && claimed.left == 0)
            claimed = try await claim(upTo: 5, reserved: 2)
            #expect(claimed.jobs == others.suffix(2).map(\.id) && claimed.left == 0)
        }
    }

    @Test("A scheduled job that has waited longer than the head start goes first")
    func ageing() async throws {
        try await withRedis { redis in
            let delivery = Delivery(
                redis: redis.client,
                lease: .seconds(6),
                spacing: .zero,
                space: redis.prefix
            )
            _ = try await delivery.createGeneration(clean: true)
            let worker = try await delivery.makeWorker()
            let old = jobs(1, .scheduled)[0]
            _ = try await delivery.enqueue([old])
            // An age of 61 s, told to Redis rather than waited for: orders count 1/1024 ms.
            _ = try await redis.client.send(
                RedisCommand(
                    "ZINCRBY",
                    RedisArgument("tramline:{\(redis.prefix)}:ready:0"),
                    RedisArgument(-61_000 * 1024),
                    RedisArgument("\(old.id)")
                )
            )
            let person = jobs(1, .person)[0]
            _ = try await delivery.enqueue([person])
            #expect(try await delivery.claimed(upTo: 2, worker) == [old.id, person.id])
        }
    }

    @Test("A job that a release without teams has left behind can be enqueued again")
    func oldFacts() async throws {
        try await withRedis { redis in
            let delivery = Delivery(redis: redis.client, lease: .seconds(6), spacing: .zero, space: redis.prefix)
            _ = try await delivery.createGeneration(clean: true)
            let worker = try await delivery.makeWorker()
            let job = jobs(1)[0]
            _ = try await redis.client.send(
                RedisCommand(
                    "HSET",
                    RedisArgument("tramline:{\(redis.prefix)}:jobs"),
                    RedisArgument("\(job.id)"),
                    "1 99"
                )
            )
            #expect(try await delivery.enqueue([job]) == 1)
            #expect(try await delivery.claimed(upTo: 1, worker) == [job.id])
        }
    }

    @Test("A delayed job is claimed when it is due, not before")
    func delay() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let later = QueuedJob(id: JobID(), priority: .person, delay: .seconds(60))
            _ = try await delivery.enqueue([later])
            guard case .claimed(let none, let due, _) = try await delivery.claim(upTo: 1, worker: worker.worker) else {
                throw Forgotten()
            }
            #expect(none.isEmpty)
            #expect(try #require(due) > .seconds(30) && #require(due) <= .seconds(60))
            let job = QueuedJob(id: JobID(), priority: .person, delay: .milliseconds(150))
            let start = ContinuousClock.now
            _ = try await delivery.enqueue([job])
            let heartbeat = try await delivery.heartbeat(worker) { $0.promoted > 0 }
            #expect(ContinuousClock.now - start >= .milliseconds(149))
            #expect(heartbeat.promoted == 1 && heartbeat.ready == 1)
            #expect(try await delivery.claimed(upTo: 1, worker) == [job.id])
        }
    }

    @Test("Settling gives up a claim, and only one's own")
    func settlement() async throws {
        try await withDelivery { delivery in
            let one = try await delivery.makeWorker("one")
            let other = try await delivery.makeWorker("other")
            let queued = jobs(3)
            _ = try await delivery.enqueue(queued)
            let held = try await delivery.claimed(upTo: 3, one)
            #expect(try await delivery.settle(held[0], worker: other.worker, as: .finished) == false)
            #expect(try await delivery.settle(held[0], worker: one.worker, as: .finished))
            #expect(try await delivery.settle(held[0], worker: one.worker, as: .finished) == false)
            #expect(try await delivery.settle(held[2], worker: one.worker, as: .ready(.person)))
            #expect(try await delivery.settle(held[1], worker: one.worker, as: .ready(.person)))
            // Both keep their old places.
            #expect(try await delivery.claimed(upTo: 3, other) == [held[1], held[2]])
            #expect(try await delivery.settle(held[1], worker: other.worker, as: .delayed(.seconds(60), .person)))
            #expect(try await delivery.remove(held[1]))
            #expect(try await delivery.remove(held[2]) == false)
            let stats = try await delivery.stats()
            #expect(stats.ready == 0 && stats.delayed == 0)
        }
    }

    @Test("A job that goes back without a priority keeps its own", arguments: JobPriority.allCases)
    func ownPriority(_ priority: JobPriority) async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let job = QueuedJob(id: JobID(), priority: priority)
            _ = try await delivery.enqueue([job])
            #expect(try await delivery.claimed(upTo: 1, worker) == [job.id])
            // One that is enqueued now goes ahead exactly if its priority is higher.
            let rival = QueuedJob(id: JobID(), priority: .person)
            #expect(try await delivery.settle(job.id, worker: worker.worker, as: .delayed(.zero, nil)))
            _ = try await delivery.standing(worker)
            _ = try await delivery.enqueue([rival])
            let order = try await delivery.claimed(upTo: 2, worker)
            #expect(order == (priority == .scheduled ? [rival.id, job.id] : [job.id, rival.id]))
        }
    }

    @Test("A claim whose answer is lost is not lost: its jobs come with the repetition")
    func lostAnswer() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url, commandTimeout: .milliseconds(500)) { client in
                let delivery = Delivery(redis: client, lease: .seconds(30), spacing: .zero)
                _ = try await delivery.createGeneration(clean: true)
                let worker = try await delivery.makeWorker()
                let queued = jobs(3)
                _ = try await delivery.enqueue(queued)
                // Sent, and perhaps read, but not answered before the client gives the connection up.
                server.pause()
                let claim = Task { try await delivery.claimed(upTo: 3, worker) }
                let error = await #expect(throws: RedisError.self) { try await client.ping() }
                #expect(error?.code == .timedOut)
                server.resume()
                #expect(try await claim.value == queued.map(\.id))
            }
        }
    }

    @Test("Jobs are claimed and settled at speed, by many at once")
    func speed() async throws {
        // Nobody beats here, and a busy machine takes its time.
        try await withDelivery(lease: .seconds(300)) { delivery in
            let count = 4000
            let worker = try await delivery.makeWorker()
            _ = try await delivery.enqueue(jobs(count))
            let start = ContinuousClock.now
            let done = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        var done = 0
                        while let job = try await delivery.claimed(upTo: 1, worker).first {
                            #expect(try await delivery.settle(job, worker: worker.worker, as: .finished))
                            done += 1
                        }
                        return done
                    }
                }
                return try await group.reduce(0, +)
            }
            let rate = Double(done) / (ContinuousClock.now - start).inSeconds
            print("queue: \(Int(rate)) claims and settlements a second, 32 at once")
            #expect(done == count)
            // A fleet of ten workers needs about a hundred; the bound is for a debug build on a busy machine.
            #expect(rate > 200)
        }
    }

    @Test("Enqueuing wakes a worker that listens")
    func wake() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            var wakes = try await delivery.wakes(worker: worker.worker).makeAsyncIterator()
            _ = try await delivery.enqueue(jobs(5))
            #expect(await wakes.next() == .jobs)
        }
    }

    @Test("Progress is heard by whoever listens, the newest first for the slow")
    func progress() async throws {
        try await withDelivery { delivery in
            let session = SessionID()
            let wakes = try await delivery.progressWakes(session: session)
            var iterator = wakes.makeAsyncIterator()
            try await delivery.publishProgress(session: session, sequence: 7)
            #expect(await iterator.next() == .sequence(7))
        }
    }

    @Test("Scripts that Redis has dropped are sent again")
    func scriptFlush() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url) { client in
                let delivery = Delivery(redis: client, lease: .seconds(6), spacing: .zero)
                _ = try await delivery.createGeneration(clean: true)
                let worker = try await delivery.makeWorker()
                let queued = jobs(50)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for job in queued {
                        group.addTask {
                            _ = try await client.send(RedisCommand("SCRIPT", "FLUSH"))
                            _ = try await delivery.enqueue([job])
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(Set(try await delivery.claimed(upTo: 100, worker)) == Set(queued.map(\.id)))
            }
        }
    }
}
