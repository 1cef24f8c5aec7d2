import Delivery
import FaultProxy
import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Jobs

@Suite("A worker that hears nothing", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct DeafWorkerTests {
    private func fault(of part: String, _ worker: TestWorker) -> String? {
        worker.runner.readiness().parts.first { $0.name == part }?.fault
    }

    @Test("It says so, runs what there is all the same, and hears again by itself")
    func deaf() async throws {
        try await withRecord { record in
            try await PrivateRedis.run { old in
                try await PrivateRedis.run { new in
                    try await FaultProxy.run(to: new.port) { proxy in
                        try await withRedisClient(url: "redis://127.0.0.1:\(proxy.port)") { client in
                            // Commands go to the one server, and what is heard comes from the other.
                            try await client.ping()
                            await proxy.redirect(to: old.port)
                            let redis = RedisFixture(client: client, url: new.url, prefix: "deaf")
                            let delivery = Delivery(
                                redis: client,
                                lease: .seconds(6),
                                spacing: .milliseconds(10),
                                space: redis.prefix
                            )
                            try await delivery.createGeneration(clean: true, pauses: .none)
                            let road = Road(record: record, redis: redis, delivery: delivery)
                            let handler = TestHandler { _ in .succeeded }
                            let probe = HearingProbe(interval: .milliseconds(50), patience: .milliseconds(300))
                            try await road.withWorker(running: handler, hearing: probe) { worker in
                                while fault(of: "wakes", worker) == nil { try await client.ping() }
                                #expect(!worker.runner.readiness().isReady)
                                // Its heartbeats tell it of jobs, if later than wakes would.
                                let job = try await road.enqueue()
                                try await handler.log.wait { $0.conclusions(of: job.id) == [.succeeded] }
                                // Nobody restarts anything: the next subscription finds the server.
                                await proxy.redirect(to: new.port)
                                while !worker.runner.readiness().isReady { try await client.ping() }
                            }
                        }
                    }
                }
            }
        }
    }
}
