import Delivery
import Postgres
import Redis
import TestEquipment
import Testing
import TramlineModel

@Suite("Checking by command", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(3)))
struct CheckCommandTests {
    @Test("check is content with a fleet that is well, finds what is wrong, and mends it when it is told to")
    func check() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            _ = try await fixture.delivery.heartbeat(worker)
            let (_, job) = try await fixture.startExport()
            // Long enough for the commands below.
            let keeper = Task { while !Task.isCancelled { _ = try await fixture.delivery.heartbeat(worker) } }
            defer { keeper.cancel() }
            let well = try await fixture.commands.run("check")
            #expect(well.status == 0 && well.output.hasSuffix("All is well: PostgreSQL and Redis agree.\n"), "\(well)")

            _ = try await fixture.delivery.remove(job.id)
            let ill = try await fixture.commands.run("check", "--wait", "1")
            #expect(
                ill.status == 1 && ill.output.contains("WRONG   job \(job.id) is queued and Redis does not know it"),
                "\(ill)"
            )
            #expect(ill.output.contains("--repair would put it back into the queue"))
            #expect(try await fixture.delivery.stats().known == 0)
            let mended = try await fixture.commands.run("check", "--wait", "1", "--repair", "--json")
            #expect(mended.status == 0, "\(mended)")
            #expect((try mended.json["mended"] as? [[String: Any]])?.first?["code"] as? String == "lost")
            #expect(try await fixture.delivery.stats().ready == 1)
        }
    }

    @Test(
        "check tells of a database without the tables, of an eviction policy that loses jobs, and of a wrong variable"
    )
    func servers() async throws {
        try await OperatorFixture.run { fixture in
            var commands = fixture.commands
            commands.environment["WORKER_CONCURRENCY"] = "many"
            try await withRedisClient(url: fixture.redis.url) { client in
                _ = try await client.send(RedisCommand("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"))
            }
            let ill = try await commands.run("check", "--wait", "1")
            #expect(ill.status == 1 && ill.output.contains("maxmemory-policy is “allkeys-lru”"), "\(ill)")
            #expect(ill.output.contains("WORKER_CONCURRENCY is “many”"))
            // What is not set here says nothing about the fleet.
            #expect(!ill.output.contains("TRAMLINE_SECRET_KEY"))
            try await fixture.record.pool.execute(
                "DELETE FROM schema_migrations WHERE id = (SELECT max(id) FROM schema_migrations)"
            )
            let old = try await commands.run("check")
            #expect(old.status == 1 && old.errors.contains("run tramline-api migrate"), "\(old)")
        }
    }
}
