import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery
@testable import Jobs

@Suite("The sweep", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct SweepTests {
    @Test("After Redis has lost everything, every job that is not running is back, once, and the delayed ones wait on")
    func flush() async throws {
        try await withRoad { road in
            var ready: Set<JobID> = []
            for _ in 0..<5 { ready.insert(try await road.enqueue().id) }
            let delayed = try await road.enqueue()
            let worker = WorkerLease(worker: WorkerID(rawValue: "w"))
            let claim = try #require(try await road.record.jobs.claim([delayed.id], for: worker.worker).first)
            try await road.record.jobs.withFence(claim) { connection in
                try await road.record.jobs.settle(claim, as: .queued(after: .seconds(500)), on: connection)
            }
            try await road.flush()

            try await road.delivery.createGeneration(clean: true, pauses: .none)
            let sweep = Sweep(jobs: road.record.jobs, delivery: road.delivery)
            #expect(try await sweep.run(includingRunning: false) == 6)
            #expect(try await sweep.run(includingRunning: false) == 0)
            let stats = try await road.delivery.stats()
            #expect(stats.ready == 5 && stats.delayed == 1)
            _ = try await road.delivery.register(worker)
            guard
                case .claimed(let claimed, let nextDue, _) = try await road.delivery.claim(
                    upTo: 10,
                    worker: worker.worker
                )
            else { throw Unexpected() }
            #expect(Set(claimed) == ready)
            #expect(try #require(nextDue) > .seconds(400))
        }
    }

    @Test("A job that a worker holds is left alone, also when the record does not call it running")
    func held() async throws {
        try await withRoad { road in
            let job = try await road.enqueue()
            let worker = WorkerLease(worker: WorkerID(rawValue: "w"))
            _ = try await road.delivery.register(worker)
            _ = try await road.delivery.claim(upTo: 1, worker: worker.worker)
            let sweep = Sweep(jobs: road.record.jobs, delivery: road.delivery)
            // Claimed in the queue and not yet in the record; then in both.
            #expect(try await sweep.run(includingRunning: true) == 0)
            _ = try await road.record.jobs.claim([job.id], for: worker.worker)
            #expect(try await sweep.run(includingRunning: true) == 0)
            #expect(try await road.delivery.stats().ready == 0)
        }
    }

    @Test("A running job that nobody holds comes back only when everybody has said what they hold")
    func running() async throws {
        try await withRoad { road in
            let job = try await road.record.insertJob()
            _ = try await road.record.jobs.claim([job.id], for: WorkerID(rawValue: "dead"))
            let sweep = Sweep(jobs: road.record.jobs, delivery: road.delivery)
            #expect(try await sweep.run(includingRunning: false) == 0)
            #expect(try await sweep.run(includingRunning: true) == 1)
        }
    }

    @Test("Jobs that have ended stay out")
    func ended() async throws {
        try await withRoad { road in
            let job = try await road.record.insertJob()
            let claim = try #require(try await road.record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
            try await road.record.jobs.withFence(claim) { connection in
                try await road.record.jobs.settle(claim, as: .succeeded, on: connection)
            }
            #expect(try await Sweep(jobs: road.record.jobs, delivery: road.delivery).run(includingRunning: true) == 0)
        }
    }

    @Test("More jobs than one page are all looked at")
    func pages() async throws {
        try await withRoad { road in
            try await road.record.pool.execute(
                """
                INSERT INTO jobs (id, kind, team_id, priority, max_attempts)
                SELECT gen_random_uuid(), 'notify', \(road.record.team), 1, 5 FROM generate_series(1, 2500)
                """
            )
            let sweep = Sweep(jobs: road.record.jobs, delivery: road.delivery)
            #expect(try await sweep.run(includingRunning: false) == 2500)
            #expect(try await sweep.run(includingRunning: false) == 0)
        }
    }

    private struct Unexpected: Error {}
}
