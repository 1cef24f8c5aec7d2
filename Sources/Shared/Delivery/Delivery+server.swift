import Redis

/// The Redis server, as it describes itself.
package struct RedisServer: Sendable, Equatable {
    /// As "7.0.15".
    package let version: String
    /// What happens when its memory is full: anything but "noeviction" would lose jobs and gates in silence.
    package let evictionPolicy: String
    /// Whether it is a replica, which takes no writes.
    package let isReplica: Bool
    package let usedMemory: Int64
    /// 0 for no limit.
    package let memoryLimit: Int64

    /// Whether it understands the scripts' first line: 7.0.
    package var isRecentEnough: Bool { version.split(separator: ".").first.flatMap { Int($0) } ?? 0 >= 7 }
}

extension Delivery {
    /// Asks the server for what it is.
    package func server() async throws(DeliveryError) -> RedisServer {
        do {
            let replies = try await redis.pipeline(
                ["server", "memory", "replication"].map { RedisCommand("INFO", RedisArgument($0)) }
            )
            var values: [String: String] = [:]
            for reply in replies {
                for line in try reply.string().split(whereSeparator: \.isNewline) {
                    let words = line.split(separator: ":", maxSplits: 1)
                    if words.count == 2 { values[String(words[0])] = String(words[1]) }
                }
            }
            return RedisServer(
                version: values["redis_version"] ?? "",
                evictionPolicy: values["maxmemory_policy"] ?? "",
                isReplica: values["role"] == "slave",
                usedMemory: values["used_memory"].flatMap { Int64($0) } ?? 0,
                memoryLimit: values["maxmemory"].flatMap { Int64($0) } ?? 0
            )
        } catch {
            throw DeliveryError(error, during: "info")
        }
    }
}
