import Postgres
import Record
import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery
@testable import Jobs

@Suite("The check of a live system", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct FleetCheckTests {
    private func check(_ road: Road) -> FleetCheck { FleetCheck(jobs: road.record.jobs, delivery: road.delivery) }

    /// A worker that lives, and is the scheduler.
    private func makeWorker(_ road: Road, _ name: String = "one") async throws -> WorkerLease {
        let lease = WorkerLease(worker: WorkerID(rawValue: name))
        _ = try await road.delivery.register(lease)
        _ = try await road.delivery.heartbeat(lease)
        return lease
    }

    private func claim(_ job: JobID, _ lease: WorkerLease, _ road: Road) async throws -> JobClaim {
        _ = try await road.delivery.claim(upTo: 100, worker: lease.worker)
        return try #require(try await road.record.jobs.claim([job], for: lease.worker).first)
    }

    /// Checks, mends, and checks once more.
    private func repair(_ road: Road) async throws -> (found: [CheckFinding.Code], left: [CheckFinding.Code]) {
        let check = check(road)
        let findings = try await check.run(wait: .milliseconds(1)).findings
        _ = try await check.repair(findings)
        return (findings.map(\.code), try await check.run(wait: .milliseconds(1)).findings.map(\.code))
    }

    @Test("A fleet that is well has no findings: jobs ready, delayed, put aside, held, at a gate")
    func well() async throws {
        try await withRoad(lease: .seconds(60)) { road in
            let worker = try await makeWorker(road)
            let running = try await road.enqueue()
            _ = try await claim(running.id, worker, road)
            for _ in 0..<3 { _ = try await road.enqueue() }
            let waiter = GateWaiter(
                team: road.record.team,
                job: running.id,
                lease: worker,
                priority: .person,
                isSpaced: true,
                ticket: 1
            )
            _ = try await road.delivery.enterGate(SiteID(rawValue: "s"), as: waiter)
            let report = try await check(road).run(wait: .zero)
            #expect(report.findings.isEmpty, "\(report.findings)")
            #expect(report.liveJobs == 4 && report.stats.held == 1)
        }
    }

    @Test("Jobs that Redis has lost are put back, and those that have ended are taken out, whoever holds them")
    func jobs() async throws {
        try await withRoad(lease: .seconds(60)) { road in
            let worker = try await makeWorker(road)
            let lost = try await road.record.insertJob()
            let ended = try await road.enqueue()
            let held = try await claim(ended.id, worker, road)
            try await road.record.jobs.withFence(held) { connection in
                try await road.record.jobs.settle(held, as: .succeeded, on: connection)
            }
            _ = try await road.delivery.enqueue(
                [QueuedJob(id: JobID(), priority: .person, kind: .notify, team: road.record.team, delay: .seconds(60))]
            )
            let (found, left) = try await repair(road)
            #expect(Set(found) == [.lost, .ended] && found.count == 3, "\(found)")
            #expect(left.isEmpty, "\(left)")
            #expect(try await road.delivery.places(of: [lost.id]) == [lost.id: .ready])
            #expect(try await road.delivery.stats().known == 1)
        }
    }

    @Test("A dead worker that nobody has buried loses its jobs; without any worker that is said, too")
    func dead() async throws {
        try await withRoad(lease: .seconds(60)) { road in
            let worker = try await makeWorker(road)
            let job = try await road.enqueue()
            _ = try await claim(job.id, worker, road)
            try await road.endLease(of: worker.worker)
            let (found, left) = try await repair(road)
            #expect(Set(found) == [.heldByDead, .noWorker], "\(found)")
            #expect(left == [.noWorker])
            #expect(try await road.delivery.places(of: [job.id]) == [job.id: .ready])
        }
    }

    @Test("A job that waits for another time than the record says is moved")
    func time() async throws {
        try await withRoad(lease: .seconds(60)) { road in
            _ = try await makeWorker(road)
            let job = try await road.record.insertJob()
            let queued = QueuedJob(
                id: job.id,
                priority: .person,
                kind: .notify,
                team: road.record.team,
                delay: .seconds(3600)
            )
            try await road.delivery.enqueue([queued])
            let (found, left) = try await repair(road)
            #expect(found == [.wrongTime] && left.isEmpty)
            #expect(try await road.delivery.places(of: [job.id]) == [job.id: .ready])
        }
    }

    @Test("Pauses that Redis does not know are put into force, also after the record was set back")
    func pauses() async throws {
        try await withRoad { road in
            _ = try await makeWorker(road)
            _ = try await PauseStore(pool: road.record.pool).pause(.kind(.sync), by: "anna", reason: "")
            #expect(try await repair(road) == (found: [.pausesDiffer], left: []))
            #expect(try await road.delivery.stats().paused == [.kind(.sync)])
            try await road.delivery.setPauses(PauseList(revision: 99, scopes: [.queue]))
            #expect(try await repair(road) == (found: [.pausesDiffer], left: []))
            #expect(try await road.delivery.stats().paused == [.kind(.sync)])
        }
    }

    @Test("A gate that a dead worker has is taken from it; one that a living one has without the job is told")
    func gates() async throws {
        try await withRoad(lease: .seconds(60)) { road in
            let (living, dying) = (try await makeWorker(road, "living"), try await makeWorker(road, "dying"))
            for (name, lease) in [("a", living), ("b", dying)] {
                let waiter = GateWaiter(
                    team: road.record.team,
                    job: JobID(),
                    lease: lease,
                    priority: .person,
                    isSpaced: true,
                    ticket: 1
                )
                _ = try await road.delivery.enterGate(SiteID(rawValue: name), as: waiter)
            }
            try await road.endLease(of: dying.worker)
            let (found, left) = try await repair(road)
            #expect(Set(found) == [.gateOfDead, .gateWithoutJob] && left == [.gateWithoutJob], "\(found) \(left)")
        }
    }

    @Test("Sessions and jobs that do not go together are told")
    func sessions() async throws {
        try await withRoad { road in
            _ = try await makeWorker(road)
            let session = try await road.record.importSession(tickets: 1).id
            let start = try await road.record.sessions.startExport(
                of: session,
                team: road.record.team,
                actor: .commandLine,
                maximumAttempts: 5
            )
            guard case .started(let job, _) = start else { throw Unexpected() }
            await road.queue.deliver(job)
            #expect(try await repair(road).found.isEmpty)
            try await road.record.pool.execute("UPDATE sessions SET status = 'export_failed'")
            #expect(try await repair(road).left == [.jobWithoutSession])
            try await road.record.pool.execute("UPDATE sessions SET status = 'exporting'")
            try await road.record.pool.execute("UPDATE jobs SET state = 'cancelled', finished_at = now()")
            #expect(try await repair(road) == (found: [.ended, .sessionWithoutJob], left: [.sessionWithoutJob]))
        }
    }

    @Test("What passes between two looks is no finding")
    func passing() async throws {
        try await withRoad(lease: .seconds(60)) { road in
            _ = try await makeWorker(road)
            let job = try await road.record.insertJob()
            async let report = check(road).run(wait: .seconds(2))
            // The first look has found it missing, or comes late and finds nothing.
            await road.queue.deliver(job)
            #expect(try await report.findings.isEmpty)
        }
    }

    @Test("An empty Redis is told, and a busy fleet has no findings")
    func fleet() async throws {
        try await withRoad(generation: nil) { road in
            let findings = try await check(road).run(wait: .zero).findings
            #expect(findings.map(\.code) == [.forgotten])
        }
        try await withRoad { road in
            let handler = TestHandler { _ in .succeeded }
            try await road.withWorker(running: handler) { _ in
                // It stands for election with its first heartbeat.
                while try await road.delivery.stats().leader == nil { await Task.yield() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { for _ in 0..<200 { _ = try await road.enqueue() } }
                    try await handler.log.wait { $0.count > 10 }
                    let findings = try await check(road).run(wait: .milliseconds(500)).findings
                    #expect(findings.isEmpty, "\(findings)")
                    try await group.waitForAll()
                }
            }
        }
    }

    private struct Unexpected: Error {}
}
