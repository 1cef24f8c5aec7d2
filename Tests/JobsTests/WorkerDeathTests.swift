import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Jobs

@Suite(
    "Workers that die, and such that only seem to",
    .postgres,
    .redis,
    .tags(.postgres, .redis),
    .timeLimit(.minutes(1))
)
struct WorkerDeathTests {
    @Test("A worker that loses its lease and lives is no death")
    func deaths() async throws {
        try await withRoad(lease: .seconds(3)) { road in
            let handler = TestHandler { run in
                if run.claim.epoch.rawValue < 4 { try await sleepUntilCancelled() }
                return .succeeded
            }
            try await road.withWorker(running: handler) { worker in
                let job = try await road.enqueue()
                for run in 1...3 {
                    try await handler.log.wait { $0.runs(of: job.id) == run }
                    try await road.endLease(of: worker.id)
                }
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                #expect(try await road.job(job.id)?.deaths == 0)
            }
        }
    }

    @Test("A job whose workers died three times is quarantined with what is known of them")
    func quarantine() async throws {
        try await withRoad { road in
            let job = try await road.enqueue()
            for name in ["a", "b", "c"] {
                _ = try await road.record.jobs.claim([job.id], for: WorkerID(rawValue: name))
            }
            let handler = TestHandler { _ in .succeeded }
            try await road.withWorker(running: handler) { _ in
                try await handler.log.wait { $0.conclusions(of: job.id) == [.quarantined] }
            }
            let row = try #require(try await road.job(job.id))
            #expect(row.fault?.code == "worker_died" && handler.log.events.runs(of: job.id) == 0)
            #expect(row.fault?.userMessage.hasPrefix("The message was stopped") == true)
            let deaths = try await road.record.jobs.deaths(of: job.id, on: road.record.pool)
            #expect(deaths.map(\.worker.rawValue) == ["c", "b", "a"])
        }
    }
}
