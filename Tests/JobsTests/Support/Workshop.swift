import Delivery
import FaultProxy
import Foundation
import Jobs
import Logging
import Postgres
import Record
import Redis
import ServiceLifecycle
import TestEquipment
import TramlineModel

/// A record, a Redis of the test's own that may be harmed, and workers that reach it through a proxy that may be, too.
struct Workshop: Sendable {
    let record: RecordFixture
    let server: PrivateRedis
    let proxy: FaultProxy
    /// Reaches Redis past the proxy, to harm and to look at it.
    let admin: RedisClient
    let lease: Duration

    /// What the record's side sees of the road, past the proxy.
    var delivery: Delivery { Delivery(redis: admin, lease: lease, spacing: .milliseconds(10)) }

    static func run(lease: Duration = .seconds(2), _ body: @Sendable (Workshop) async throws -> Void) async throws {
        try await withRecord { record in
            try await PrivateRedis.run { server in
                try await FaultProxy.run(to: server.port) { proxy in
                    try await withRedisClient(url: server.url) { admin in
                        try await body(
                            Workshop(record: record, server: server, proxy: proxy, admin: admin, lease: lease)
                        )
                    }
                }
            }
        }
    }

    /// Records so many jobs at once, without a word to the queue.
    func record(jobs count: Int) async throws {
        try await record.pool.execute(
            """
            INSERT INTO jobs (id, kind, team_id, priority, max_attempts)
            SELECT gen_random_uuid(), 'notify', \(record.team), 1, 5 FROM generate_series(1, \(count))
            """
        )
    }

    /// Runs a worker with a Redis client of its own, as a process has, for the length of `body`.
    func withWorker(
        _ name: String,
        concurrency: Int = 50,
        running handler: some JobHandler,
        _ body: @Sendable () async throws -> Void
    ) async throws {
        try await withRedisClient(url: "redis://127.0.0.1:\(proxy.port)", commandTimeout: .seconds(2)) { client in
            let delivery = Delivery(redis: client, lease: lease, spacing: .milliseconds(10))
            let lease = WorkerLease(worker: WorkerID(rawValue: name))
            let runner = JobRunner(
                configuration: .init(concurrency: concurrency, sweepInterval: .seconds(1)),
                jobs: record.jobs,
                delivery: delivery,
                lease: lease,
                gates: GateKeeper(delivery: delivery, lease: lease, logger: Road.quiet),
                handlers: [.notify: handler],
                logger: Road.quiet
            )
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: runner, successTerminationBehavior: .gracefullyShutdownGroup)],
                    logger: Road.quiet
                )
            )
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                do {
                    try await body()
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                } catch {
                    tasks.cancelAll()
                    throw error
                }
            }
        }
    }

    /// Waits until the number of jobs that Redis holds or offers is as wanted: looks whenever the table of all that it knows
    /// changes.
    ///
    /// Not whenever somebody is woken: a worker that says what it still holds wakes nobody.
    func waitForJobs(until condition: (Int) -> Bool) async throws {
        let changes = try await admin.subscribe(to: ["__keyspace@0__:tramline:{q}:jobs"], limit: 1)
        defer { changes.cancel() }
        if condition(try await jobs()) { return }
        for await _ in changes {
            if condition(try await jobs()) { return }
        }
        throw CancellationError()
    }

    /// Jobs that the queue knows.
    func jobs() async throws -> Int {
        let stats = try await delivery.stats()
        return stats.ready + stats.delayed + stats.workers.reduce(0) { $0 + $1.held }
    }
}

/// Counts runs: cheap enough for ten thousand jobs.
struct CountingHandler: JobHandler {
    struct Count: Sendable {
        var running: Set<JobID> = []
        var succeeded: Set<JobID> = []
        /// Jobs that began while they were running.
        var doubled: Set<JobID> = []
    }

    let count = Watched(Count())
    /// Runs end once it says so.
    let mayEnd = EventLog<Bool>()

    func run(_ run: JobRun) async throws -> JobOutcome {
        let job = run.claim.job.id
        count.change { count in
            if !count.running.insert(job).inserted { count.doubled.insert(job) }
        }
        defer { count.change { $0.running.remove(job) } }
        try await mayEnd.wait { !$0.isEmpty }
        return .succeeded
    }

    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? {
        if settlement.state == .succeeded { count.change { $0.succeeded.insert(claim.job.id) } }
        return nil
    }
}
