import FaultProxy
import Foundation
import Postgres
import Redis
import TestEquipment
import Testing

@Suite(
    "A queue whose Redis fails",
    .postgres,
    .redis,
    .tags(.postgres, .redis),
    .serialized,
    .timeLimit(.minutes(3))
)
struct RedisLossTests {
    /// What happens to Redis.
    enum Loss: String, CaseIterable, CustomTestStringConvertible {
        case flushAll, scriptFlush, restart, droppedConnections, cutNetwork, readOnly, fullMemory

        var testDescription: String { rawValue }
    }

    /// How many jobs wait: 10,000 where somebody asks for it.
    private static let jobs = ProcessInfo.processInfo.environment["TRAMLINE_QUEUED_JOBS"].flatMap { Int($0) } ?? 1000

    @Test(
        "Every queued and running job is back within 30 s, and none runs twice at the same time",
        arguments: Loss.allCases
    )
    func loss(_ loss: Loss) async throws {
        try await Workshop.run { shop in
            let handler = CountingHandler()
            try await shop.withWorker("first", running: handler) {
                try await shop.withWorker("second", running: handler) {
                    try await shop.record(jobs: Self.jobs)
                    // Nobody pushed them: the sweep brings them all.
                    try await shop.waitForJobs { $0 >= Self.jobs }
                    try await handler.count.wait { $0.running.count == 100 }

                    let back = try await inflict(loss, on: shop, handler)
                    try await shop.waitForJobs { $0 >= Self.jobs }
                    let took = ContinuousClock.now - back
                    print("figure: \(loss): \(Self.jobs) jobs are back after \(took)")
                    #expect(took < .seconds(30))

                    handler.mayEnd.append(true)
                    let end = try await handler.count.wait { $0.succeeded.count == Self.jobs }
                    #expect(end.doubled.isEmpty)
                    // A sweep may put back what has ended since it looked; whoever claims that finds out.
                    try await shop.waitForJobs { $0 == 0 }
                }
            }
            let states = try await shop.record.pool.query(
                "SELECT DISTINCT state, attempts FROM jobs"
            ).map { row in "\(try row.get("state", as: String.self)) \(try row.get("attempts", as: Int.self))" }
            #expect(states == ["succeeded 0"])
        }
    }

    /// Harms Redis for longer than the leases stand, where it comes back at all.
    /// - Returns: When it was back.
    private func inflict(
        _ loss: Loss,
        on shop: Workshop,
        _ handler: CountingHandler
    ) async throws -> ContinuousClock.Instant {
        switch loss {
        case .flushAll: _ = try await shop.admin.send(RedisCommand("FLUSHALL"))
        case .scriptFlush: _ = try await shop.admin.send(RedisCommand("SCRIPT", "FLUSH"))
        case .restart: try await shop.server.restart()
        case .droppedConnections: await shop.proxy.resetConnections()
        case .cutNetwork:
            await shop.proxy.set(.drop)
            // The leases have ended: what was running has been dropped.
            try await handler.count.wait { $0.running.isEmpty }
            await shop.proxy.set(.pass)
        case .readOnly:
            _ = try await shop.admin.send(RedisCommand("REPLICAOF", "127.0.0.1", "1"))
            try await handler.count.wait { $0.running.isEmpty }
            _ = try await shop.admin.send(RedisCommand("REPLICAOF", "NO", "ONE"))
        case .fullMemory:
            // Full and empty at once: nothing of what was there can be put back.
            _ = try await shop.admin.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
            _ = try await shop.admin.send(RedisCommand("FLUSHALL"))
            // Those that run go on: whoever has them says so.
            try await shop.waitForJobs { $0 >= 100 }
            _ = try await shop.admin.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
        }
        return .now
    }
}
