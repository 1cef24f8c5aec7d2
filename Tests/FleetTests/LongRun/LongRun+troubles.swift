import FaultProxy
import Foundation
import Postgres
import Redis
import Synchronization
import TestEquipment

extension LongRun {
    /// One trouble of a server or a network, from its beginning to its end.
    func trouble(_ moment: LongRunPlan.Moment) async throws {
        guard case .trouble(let trouble) = moment.event, let proxies = fleet.proxies else { return }
        let begin = ContinuousClock.now
        switch trouble {
        case .redisFlush: try await tellRedis("FLUSHALL")
        case .redisScriptFlush: try await tellRedis("SCRIPT", "FLUSH")
        case .redisRestart: try await fleet.redis.restart()
        case .redisReplica:
            try await tellRedis("REPLICAOF", "127.0.0.1", "1")
            try await Task.sleep(for: moment.lasts)
            try await tellRedis("REPLICAOF", "NO", "ONE")
        case .redisFull:
            try await tellRedis("CONFIG", "SET", "maxmemory", "1")
            try await Task.sleep(for: moment.lasts)
            try await tellRedis("CONFIG", "SET", "maxmemory", "0")
        case .redisPause:
            fleet.redis.pause()
            try await Task.sleep(for: moment.lasts)
            fleet.redis.resume()
        case .redisReset: await proxies.redis.resetConnections()
        case .redisDelay: try await set(.delay(.milliseconds(80)), proxies.redis, moment)
        case .redisTrickle: try await set(.trickle(bytes: 500, every: .milliseconds(5)), proxies.redis, moment)
        case .redisHold: try await set(.hold, proxies.redis, moment)
        case .redisDrop: try await set(.drop, proxies.redis, moment)
        case .redisRefuse: try await refuse(proxies.redis, moment)
        case .postgresRestart:
            fleet.servers.postgres?.crash()
            try await fleet.servers.startPostgres()
        case .postgresTerminate: try await terminateConnections()
        case .postgresNoConnections:
            try await fleet.pool.execute("ALTER ROLE fleet CONNECTION LIMIT 0")
            try await terminateConnections()
            try await Task.sleep(for: moment.lasts)
            try await fleet.pool.execute("ALTER ROLE fleet CONNECTION LIMIT -1")
        case .postgresReset: await proxies.postgres.resetConnections()
        case .postgresDelay: try await set(.delay(.milliseconds(40)), proxies.postgres, moment)
        case .postgresHold: try await set(.hold, proxies.postgres, moment)
        case .postgresDrop: try await set(.drop, proxies.postgres, moment)
        case .postgresHalfClose: await proxies.postgres.closeHalf(.toClient)
        // What is late on the way to Jira would arrive late, whatever a client does: only what is lost for good.
        case .jiraReset: await proxies.jira.resetConnections()
        case .jiraDrop: try await set(.drop, proxies.jira, moment)
        case .jiraRefuse: try await refuse(proxies.jira, moment)
        }
        watch.troubled(since: begin)
        tally.withLock { tally in
            tally.count(trouble.rawValue)
            if trouble.losesRedis { tally.redisLosses += 1 }
        }
        if trouble.losesRedis { try await measureReturn() }
    }

    private func tellRedis(_ words: String...) async throws {
        let command = RedisCommand(words[0], arguments: words.dropFirst().map { RedisArgument($0) })
        _ = try await fleet.redisClient.send(command, timeout: .seconds(30))
    }

    private func set(_ flow: Flow, _ proxy: FaultProxy, _ moment: LongRunPlan.Moment) async throws {
        await proxy.set(flow)
        try await Task.sleep(for: moment.lasts)
        await proxy.set(.pass)
    }

    private func refuse(_ proxy: FaultProxy, _ moment: LongRunPlan.Moment) async throws {
        await proxy.refuse()
        await proxy.resetConnections()
        try await Task.sleep(for: moment.lasts)
        try await proxy.accept()
    }

    private func terminateConnections() async throws {
        try await fleet.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fleet'"
        )
    }

    /// Measures how long it takes until the queue knows every job that was live when Redis lost its memory.
    private func measureReturn() async throws {
        let back = ContinuousClock.now
        let jobs: [UUID] = try await fleet.pool.query(
            "SELECT id FROM jobs WHERE state IN ('queued', 'running', 'retrying')"
        ).column()
        guard !jobs.isEmpty else { return }
        let deadline = back + .seconds(30)
        while ContinuousClock.now < deadline {
            let known = try await fleet.redisClient.send(
                RedisCommand("HMGET", arguments: ["tramline:{q}:jobs"] + jobs.map { RedisArgument($0.wire) })
            ).array()
            let live: [UUID] = try await fleet.pool.query(
                "SELECT id FROM jobs WHERE state IN ('queued', 'running', 'retrying') AND id = ANY (\(jobs))"
            ).column()
            let alive = Set(live)
            if zip(jobs, known).allSatisfy({ !$1.isNull || !alive.contains($0) }) {
                return tally.withLock { $0.queueBack.append((ContinuousClock.now - back) / .seconds(1)) }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        tally.withLock {
            $0.violations.append("30 s after Redis's return there are live jobs that the queue does not know")
        }
    }
}
