import Foundation
import Redis

extension Fleet {
    /// Waits until a condition holds that depends on a key of the queue: looks whenever the key changes.
    ///
    /// - Parameter key: Without the root that all of them share: `workers`, `jobs`.
    func wait(forKey key: String, until condition: () async throws -> Bool) async throws {
        let changes = try await redisClient.subscribe(to: ["__keyspace@0__:tramline:{q}:\(key)"])
        defer { changes.cancel() }
        if try await condition() { return }
        for await _ in changes {
            if try await condition() { return }
        }
        throw CancellationError()
    }

    /// Waits until a worker has a lease.
    func registered(_ worker: FleetProcess) async throws {
        try await wait(forKey: "workers") {
            let time = try await redisClient.send(RedisCommand("TIME")).array(atLeast: 2)
            let now = try time[0].integer() * 1000
            let standing = try await redisClient.send(
                RedisCommand("ZRANGEBYSCORE", "tramline:{q}:workers", RedisArgument(now), "+inf")
            ).strings()
            return standing.contains { $0.contains("-\(worker.pid)-") }
        }
    }

    /// Waits until the queue knows no job any more.
    func queueIsEmpty() async throws {
        try await wait(forKey: "jobs") {
            try await redisClient.send(RedisCommand("HLEN", "tramline:{q}:jobs")).integer() == 0
        }
    }
}
