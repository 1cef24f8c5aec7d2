import Delivery
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Jobs

@Suite("Pausing what runs", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct JobPauseTests {
    private func pause(_ scope: PauseScope, _ road: Road) async throws {
        _ = try await PauseStore(pool: road.record.pool).pause(scope, by: "anna", reason: "")
        try await PauseKeeping(pauses: PauseStore(pool: road.record.pool), delivery: road.delivery).enforce()
    }

    private func resume(_ scope: PauseScope, _ road: Road) async throws {
        _ = try await PauseStore(pool: road.record.pool).resume(scope, by: "anna")
        try await PauseKeeping(pauses: PauseStore(pool: road.record.pool), delivery: road.delivery).enforce()
    }

    @Test("A running job of a paused kind ends its step and goes back; resumed, it goes on, and no attempt is used")
    func running() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            let steps = EventLog<Int>()
            // The first run makes steps without end, until somebody interrupts.
            let handler = TestHandler { run in
                while run.claim.epoch.rawValue == 1, run.interruption == nil {
                    steps.append(1)
                    await Doorbell().sleep(until: .now + .milliseconds(2))
                }
                return run.interruption ?? .succeeded
            }
            try await road.withWorker(running: handler) { _ in
                let job = try await road.enqueue()
                try await steps.wait { !$0.isEmpty }
                try await pause(.kind(.notify), road)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.queued] }
                while try await road.delivery.stats().aside == 0 { await Task.yield() }
                #expect(handler.log.events.runs(of: job.id) == 1)
                try await resume(.kind(.notify), road)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.queued, .succeeded] }
                let row = try #require(try await road.job(job.id))
                #expect(row.attempts == 0 && row.deaths == 0 && row.epoch.rawValue == 2)
            }
        }
    }

    @Test("A job that waits at a gate when its queue is paused gives its turn up and goes back")
    func waiting() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            let site = SiteID(rawValue: "acme.example")
            let handler = TestHandler { run in
                try await run.withPass(site: site, spaced: true, deadline: .now + .seconds(300)) { _ in }
                return .succeeded
            }
            try await road.withWorker(running: handler) { _ in
                try await pause(.site(site), road)
                let job = try await road.enqueue()
                while try await road.delivery.gateForecast(site)?.spacedWaiting != 1 { await Task.yield() }
                // The site's pause lets it wait; the queue's does not.
                #expect(handler.log.events.conclusions(of: job.id).isEmpty)
                try await pause(.queue, road)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.queued] }
                try await resume(.queue, road)
                try await resume(.site(site), road)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.queued, .succeeded] }
                #expect(try await road.job(job.id)?.attempts == 0)
            }
        }
    }

    @Test("After Redis has lost everything, what was paused is paused before anything is claimed")
    func loss() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            let handler = TestHandler { _ in .succeeded }
            _ = try await PauseStore(pool: road.record.pool).pause(.kind(.notify), by: "anna", reason: "")
            try await road.flush()
            try await road.withWorker(running: handler) { _ in
                let job = try await road.enqueue()
                // The sweep has found it, and a claim has put it aside.
                while try await road.delivery.stats().aside == 0 { await Task.yield() }
                try await road.flush()
                while try await road.delivery.stats().aside == 0 { await Task.yield() }
                #expect(handler.log.events.runs(of: job.id) == 0)
                try await resume(.kind(.notify), road)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
            }
        }
    }

    @Test("The scheduler's sweep puts into force what Redis was not told")
    func sweep() async throws {
        try await withRoad(lease: .seconds(1)) { road in
            try await road.withWorker(running: TestHandler { _ in .succeeded }) { _ in
                _ = try await PauseStore(pool: road.record.pool).pause(.kind(.sync), by: "anna", reason: "")
                while try await road.delivery.stats().paused != [.kind(.sync)] { await Task.yield() }
                _ = try await PauseStore(pool: road.record.pool).resume(.kind(.sync), by: "anna")
                while try await !road.delivery.stats().paused.isEmpty { await Task.yield() }
            }
        }
    }
}
