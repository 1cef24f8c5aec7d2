import Delivery
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Jobs

@Suite("The scheduler's housework", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct UpkeepTests {
    @Test("What is done and old goes by itself, batch after batch; what is young stays")
    func trims() async throws {
        try await withRoad { road in
            let day = Retention(details: .seconds(86_400), audit: .seconds(86_400))
            let upkeep = Upkeep(
                store: UpkeepStore(pool: road.record.pool),
                delivery: road.delivery,
                retention: day
            )
            // More than one batch has.
            try await road.record.pool.execute(
                """
                INSERT INTO audit_log (entity, to_state, at)
                SELECT 'key', 'active', now() - interval '2 days' FROM generate_series(1, 2500)
                """
            )
            let handler = TestHandler { _ in .succeeded }
            try await road.withWorker(running: handler, upkeep: upkeep) { _ in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                let old: PostgresQuery = "SELECT count(*) FROM audit_log WHERE at < now() - interval '1 day'"
                while try await road.record.pool.query(old).scalar(as: Int.self) > 0 { await Task.yield() }
                #expect(try await road.job(job.id)?.state == .succeeded)
            }
        }
    }
}
