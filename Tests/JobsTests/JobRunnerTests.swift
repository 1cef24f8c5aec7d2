import Postgres
import Record
import ServiceLifecycle
import Synchronization
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery
@testable import Jobs

@Suite("A runner of jobs", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct JobRunnerTests {
    private static let fault = Fault(category: .temporary, code: "x", userMessage: "y", recoveryActions: [])

    @Test("A job runs as soon as it is enqueued, and has left the queue when it has ended")
    func run() async throws {
        try await withRoad { road in
            let handler = TestHandler { _ in .succeeded }
            let job = try await road.withWorker(running: handler) { worker in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                return job
            }
            let row = try #require(try await road.job(job.id))
            #expect(row.state == .succeeded && row.attempts == 0 && row.deaths == 0)
            #expect(row.epoch == Epoch(rawValue: 1))
            let stats = try await road.delivery.stats()
            #expect(stats.ready == 0 && stats.delayed == 0 && stats.workers.isEmpty)
        }
    }

    @Test("A job that a request waits for does not wait for a place, but so many at once as are reserved")
    func reserve() async throws {
        try await withRoad { road in
            let ended = EventLog<Bool>()
            let handler = TestHandler { run in
                // Until the test has seen all that it wants to see.
                try await ended.wait { !$0.isEmpty }
                return .succeeded
            }
            try await road.withWorker(concurrency: 2, reserve: 1, running: handler) { _ in
                func running() async throws -> Set<JobID> {
                    let rows = try await road.record.pool.query("SELECT id FROM jobs WHERE state = 'running'")
                    return Set(try rows.map { try $0.get("id") })
                }
                func wait(until isSo: (Set<JobID>) -> Bool) async throws {
                    while try await !isSo(running()) { await Task.yield() }
                }
                let others = [try await road.enqueue(), try await road.enqueue(), try await road.enqueue()].map(\.id)
                try await wait { $0 == Set(others.prefix(2)) }
                let first = try await road.enqueue(priority: .waiting).id
                try await wait { $0 == Set(others.prefix(2) + [first]) }
                let second = try await road.enqueue(priority: .waiting).id
                ended.append(true)
                try await handler.log.wait { events in
                    (others + [first, second]).allSatisfy { events.conclusions(of: $0) == [.succeeded] }
                }
            }
        }
    }

    @Test("A Redis that begins empty is set up by the worker")
    func emptyRedis() async throws {
        try await withRoad(generation: nil) { road in
            let handler = TestHandler { _ in .succeeded }
            // Nobody hears of it: the sweep finds it.
            let job = try await road.record.insertJob()
            try await road.withWorker(running: handler) { _ in
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
            }
        }
    }

    @Test("The scheduler removes files whose senders have gone")
    func abandonedUploads() async throws {
        try await withRoad { road in
            let record = road.record
            let session = try await record.importSession().id
            _ = try await UploadStore(pool: record.pool).begin(
                session: session,
                team: record.team,
                ref: "T1",
                filename: "a",
                contentType: "text/plain"
            )
            try await record.pool.execute("UPDATE uploads SET active_at = now() - interval '1 hour'")
            try await road.withWorker(running: TestHandler { _ in .succeeded }) { _ in
                while try await record.pool.query("SELECT count(*) FROM uploads").scalar(as: Int.self) > 0 {
                    await Task.yield()
                }
            }
        }
    }

    @Test("A transient fault is tried again as often as the job allows")
    func retries() async throws {
        try await withRoad { road in
            let handler = TestHandler { _ in .retry(Self.fault, after: nil) }
            let job = try await road.withWorker(running: handler) { _ in
                let job = try await road.enqueue(maximumAttempts: 3)
                try await handler.log.wait { $0.conclusions(of: job.id).last == .failed }
                return job
            }
            #expect(handler.log.events.conclusions(of: job.id) == [.retrying, .retrying, .failed])
            let row = try #require(try await road.job(job.id))
            #expect(row.state == .failed && row.attempts == 3 && row.deaths == 0 && row.fault == Self.fault)
        }
    }

    @Test("Attempts count from the last step that was finished: a job that makes progress is not given up")
    func progress() async throws {
        try await withRoad { road in
            let handler = TestHandler { run in
                // Two faults, then a step and a fault, over and over.
                let epoch = run.claim.epoch.rawValue
                guard epoch < 10 else { return .succeeded }
                if epoch % 3 == 0 {
                    try await run.commit { connection in
                        try await run.jobs.recordStep(
                            "step",
                            of: run.claim,
                            subject: JobID(),
                            outcome: "done",
                            on: connection
                        )
                        return ((), nil)
                    }
                }
                return .retry(Self.fault, after: nil)
            }
            let job = try await road.withWorker(running: handler) { _ in
                let job = try await road.enqueue(maximumAttempts: 4)
                try await handler.log.wait { $0.conclusions(of: job.id).last?.isFinal == true }
                return job
            }
            #expect(handler.log.events.conclusions(of: job.id).last == .succeeded)
            #expect(handler.log.events.runs(of: job.id) == 10)
        }
    }

    @Test("A job that is held and no longer run is let go of, and runs again")
    func letGo() async throws {
        try await withRoad { road in
            let handler = TestHandler { run in
                guard run.claim.epoch.rawValue == 1 else { return .succeeded }
                // Somebody claims the job in the record; the queue knows nothing of it.
                _ = try await road.record.jobs.claim([run.claim.job.id], for: WorkerID(rawValue: "other"))
                try await run.commit { _ in ((), nil) }
                return .succeeded
            }
            let job = try await road.withWorker(running: handler) { _ in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                return job
            }
            #expect(handler.log.events.epochs(of: job.id) == [1, 3])
            #expect(try await road.job(job.id)?.state == .succeeded)
        }
    }

    @Test("A job that the queue gave to a worker, and of which the worker does not know, goes back and runs")
    func stray() async throws {
        try await withRoad { road in
            let handler = TestHandler { _ in .succeeded }
            try await road.withWorker(running: handler) { worker in
                let job = try await road.record.insertJob()
                // Running, so that no sweep brings it; and held by the worker, as after a claim whose answer it has never heard.
                _ = try await road.record.jobs.claim([job.id], for: worker.id)
                let registration = try await road.delivery.register(
                    WorkerLease(worker: worker.id),
                    holding: [QueuedJob(job)]
                )
                #expect(registration == .registered(taken: []))
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
            }
        }
    }

    @Test("Jobs that the record did not give out go back with their own priority")
    func handedBack() async throws {
        try await withRoad { road in
            let handler = TestHandler { _ in .succeeded }
            try await road.record.pool.execute("ALTER TABLE jobs RENAME TO jobs_away")
            let id = JobID()
            try await road.withWorker(running: handler) { _ in
                _ = try await road.delivery.enqueue([
                    QueuedJob(id: id, priority: .scheduled, kind: .notify, team: road.record.team)
                ])
                while try await road.delivery.stats().delayed == 0 { await Task.yield() }
                #expect(try await road.queuedPriority(of: id) == .scheduled)
                try await road.record.pool.execute("ALTER TABLE jobs_away RENAME TO jobs")
            }
        }
    }

    @Test("An error that a handler throws counts as a transient fault")
    func defect() async throws {
        struct Bug: Error {}
        try await withRoad { road in
            let handler = TestHandler { run in
                if run.claim.epoch.rawValue == 1 { throw Bug() }
                return .succeeded
            }
            let job = try await road.withWorker(running: handler) { _ in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.conclusions(of: job.id).last == .succeeded }
                return job
            }
            #expect(try await road.job(job.id)?.attempts == 1)
        }
    }

    @Test("A job whose workers died three times is not run, and its rows hear of it")
    func quarantine() async throws {
        try await withRoad { road in
            let handler = TestHandler { _ in .succeeded }
            let job = try await road.record.insertJob()
            for name in ["a", "b", "c"] {
                _ = try await road.record.jobs.claim([job.id], for: WorkerID(rawValue: name))
            }
            try await road.withWorker(running: handler) { _ in
                await road.queue.deliver(job)
                try await handler.log.wait { !$0.conclusions(of: job.id).isEmpty }
            }
            #expect(handler.log.events == [.concluded(job.id, .quarantined)])
            #expect(try await road.job(job.id)?.state == .quarantined)
        }
    }

    @Test("On graceful shutdown a job is handed over after its step, without an attempt, and another worker goes on")
    func handOver() async throws {
        try await withRoad { road in
            let first = TestHandler { run in
                try await gracefulShutdown()
                while !run.shouldStop { await Task.yield() }
                return .handedOver
            }
            let job = try await road.withWorker("first", running: first) { worker in
                let job = try await road.enqueue()
                try await first.log.wait { $0.runs(of: job.id) == 1 }
                try await worker.stop()
                return job
            }
            let row = try #require(try await road.job(job.id))
            #expect(row.state == .queued && row.attempts == 0 && row.deaths == 0)
            #expect(try await road.delivery.stats().ready == 1)

            let second = TestHandler { _ in .succeeded }
            try await road.withWorker("second", running: second) { _ in
                try await second.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
            }
            let end = try #require(try await road.job(job.id))
            #expect(end.attempts == 0 && end.deaths == 0 && end.epoch == Epoch(rawValue: 2))
        }
    }

    @Test("A worker that stops claims nothing more")
    func stopping() async throws {
        try await withRoad { road in
            let late = Mutex<Job?>(nil)
            let handler = TestHandler { run in
                try await gracefulShutdown()
                while !run.shouldStop { await Task.yield() }
                // The worker is still here, with its lease and room for more.
                let job = try await road.enqueue()
                late.withLock { $0 = job }
                return .succeeded
            }
            try await road.withWorker(running: handler) { worker in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.runs(of: job.id) == 1 }
                try await worker.stop()
                #expect(handler.log.events.conclusions(of: job.id) == [.succeeded])
            }
            let job = try #require(late.withLock { $0 })
            #expect(handler.log.events.runs(of: job.id) == 0)
            #expect(try await road.job(job.id)?.state == .queued)
        }
    }

    @Test("A worker whose lease has ended drops its job at once, and runs it again once it is its own again")
    func lostLease() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            let handler = TestHandler { run in
                if run.claim.epoch.rawValue == 1 { try await sleepUntilCancelled() }
                return .succeeded
            }
            let job = try await road.withWorker(running: handler) { worker in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.runs(of: job.id) == 1 }
                try await road.endLease(of: worker.id)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                return job
            }
            #expect(handler.log.events.epochs(of: job.id) == [1, 2])
            let row = try #require(try await road.job(job.id))
            // The worker lived, and has let go of the job.
            #expect(row.state == .succeeded && row.attempts == 0 && row.deaths == 0)
        }
    }

    @Test("A job that is slow to stop after its lease has ended is not kept from the others by it")
    func slowDrop() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            let isFree = EventLog<Bool>()
            let handler = TestHandler { run in
                guard run.claim.epoch.rawValue == 1 else { return .succeeded }
                do {
                    try await sleepUntilCancelled()
                } catch {
                    // Cancelled, and busy for a while, as in a step that cannot be interrupted.
                    _ = try await Task { try await isFree.wait { !$0.isEmpty } }.value
                }
                return .succeeded
            }
            try await road.withWorker(running: handler) { worker in
                // Also when the test fails: nothing else ends that step.
                defer { isFree.append(true) }
                let job = try await road.enqueue()
                try await handler.log.wait { $0.runs(of: job.id) == 1 }
                try await road.endLease(of: worker.id)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                isFree.append(true)
                // The run that was dropped says "succeeded", too, and nobody listens.
                try await handler.log.wait { $0.contains(.ended(job.id, Epoch(rawValue: 1))) }
                #expect(handler.log.events.conclusions(of: job.id) == [.succeeded])
            }
        }
    }

    @Test("A dead worker's job runs elsewhere, and a write of the dead one is refused")
    func deadWorker() async throws {
        try await withRoad(lease: .seconds(3)) { road in
            let job = try await road.enqueue()
            let dead = WorkerLease(worker: WorkerID(rawValue: "dead"))
            _ = try await road.delivery.register(dead)
            _ = try await road.delivery.claim(upTo: 1, worker: dead.worker)
            let late = try #require(try await road.record.jobs.claim([job.id], for: dead.worker).first)
            let handler = TestHandler { _ in .succeeded }
            try await road.withWorker(running: handler) { _ in
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
            }
            let error = await #expect(throws: RecordError.self) { try await road.record.jobs.withFence(late) { _ in } }
            #expect(error?.code == .staleClaim)
            let row = try #require(try await road.job(job.id))
            #expect(row.deaths == 1 && row.attempts == 0 && row.state == .succeeded)
        }
    }

    @Test("When Redis forgets everything while jobs run, none runs twice at once and none is lost")
    func forgotten() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            let mayEnd = EventLog<Bool>()
            let handler = TestHandler { _ in
                try await mayEnd.wait { !$0.isEmpty }
                return .succeeded
            }
            try await road.withWorker("first", running: handler) { first in
                try await road.withWorker("second", running: handler) { second in
                    var running: [JobID] = []
                    for _ in 0..<30 { running.append(try await road.enqueue().id) }
                    let ids = running
                    try await handler.log.wait { events in ids.allSatisfy { events.runs(of: $0) == 1 } }
                    try await road.flush()
                    // A dead worker's job, of which only the record knows. The sweep that brings it back would bring the
                    // others back too, had their workers not said that they have them; and it comes last.
                    let sentinel = try await road.record.insertJob(priority: .scheduled)
                    _ = try await road.record.jobs.claim([sentinel.id], for: WorkerID(rawValue: "dead"))
                    try await handler.log.wait { $0.runs(of: sentinel.id) == 1 }
                    mayEnd.append(true)
                    try await handler.log.wait { events in
                        (ids + [sentinel.id]).allSatisfy { events.conclusions(of: $0) == [.succeeded] }
                    }
                    #expect(ids.allSatisfy { handler.log.events.epochs(of: $0) == [1] })
                    #expect(handler.log.events.mostRunsAtOnce == 1)
                    #expect(Set(ids.flatMap { handler.log.events.workers(of: $0) }) == [first.id, second.id])
                }
            }
            #expect(try await road.delivery.stats().ready == 0)
        }
    }
}
