import Foundation
import Postgres
import Redis

/// What a fleet uses at one moment, of everything that could leak.
struct SoakSample: Sendable, Equatable {
    /// Resident memory of all processes, bytes.
    var memory: Int
    var files: Int
    var threads: Int
    /// Redis's keys, and all that is in them: a hash may grow while there is only one.
    var keys: Int
    var entries: Int
    var postgresConnections: Int
    var redisConnections: Int
}

extension SoakSample {
    /// Counts the members of every key, in one look.
    private static let countEntries = """
        local lengths = { string = 'STRLEN', list = 'LLEN', set = 'SCARD', zset = 'ZCARD', hash = 'HLEN' }
        local keys, entries = redis.call('KEYS', '*'), 0
        for _, key in ipairs(keys) do
          local kind = redis.call('TYPE', key).ok
          entries = entries + (kind == 'string' and 1 or redis.call(lengths[kind], key))
        end
        return { #keys, entries }
        """

    /// Looks at a fleet.
    static func take(of fleet: Fleet) async throws -> SoakSample {
        let counts = try await fleet.redisClient.send(RedisCommand("EVAL", RedisArgument(countEntries), "0"))
            .array(atLeast: 2)
        let clients = try await fleet.redisClient.send(RedisCommand("CLIENT", "LIST")).string()
        let connections: Int = try await fleet.pool.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name IN ('tramline-api', 'tramline-worker')
            """
        ).scalar()
        let processes = fleet.processes.compactMap { ProcessFacts(of: $0.pid) }
        return SoakSample(
            memory: processes.reduce(0) { $0 + $1.resident },
            files: processes.reduce(0) { $0 + $1.files },
            threads: processes.reduce(0) { $0 + $1.threads },
            keys: Int(try counts[0].integer()),
            entries: Int(try counts[1].integer()),
            postgresConnections: connections,
            redisConnections: clients.split(separator: "\n").count
        )
    }
}

/// What a process uses, as the system tells of it.
private struct ProcessFacts {
    let resident: Int
    let files: Int
    let threads: Int

    /// - Returns: `nil` for a process that has ended.
    init?(of pid: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        else { return nil }
        var facts: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: ":", maxSplits: 1)
            guard words.count == 2 else { continue }
            facts[words[0]] = Int(words[1].drop { $0 == "\t" || $0 == " " }.prefix { $0.isNumber })
        }
        resident = (facts["VmRSS"] ?? 0) * 1024
        self.files = files
        threads = facts["Threads"] ?? 0
    }
}
