import Foundation
import Jobs
import Logging
import Record
import Redis
import ServiceLifecycle
import TestEquipment
import TramlineModel

@testable import Delivery

/// A record and a queue of the test's own.
struct Road: Sendable {
    let record: RecordFixture
    let redis: RedisFixture
    let delivery: Delivery

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    var queue: JobQueue { JobQueue(delivery: delivery, logger: Self.quiet) }

    /// Records and enqueues a job.
    func enqueue(priority: JobPriority = .person, maximumAttempts: Int = 5) async throws -> Job {
        let job = try await record.insertJob(priority: priority, maximumAttempts: maximumAttempts)
        await queue.deliver(job)
        return job
    }

    func job(_ id: JobID) async throws -> Job? { try await record.jobs.job(id) }

    /// Loses everything that Redis knows of the queue, as a FLUSHALL would.
    func flush() async throws {
        let keys = try await redis.client.send(RedisCommand("KEYS", RedisArgument("tramline:{\(redis.prefix)}:*")))
            .strings()
        // One command, so that nobody sees half of it.
        if !keys.isEmpty {
            _ = try await redis.client.send(RedisCommand("DEL", arguments: keys.map { RedisArgument($0) }))
        }
    }

    /// What the queue knows of a job's priority.
    func queuedPriority(of job: JobID) async throws -> JobPriority? {
        let known = try await redis.client.send(
            RedisCommand("HGET", RedisArgument("tramline:{\(redis.prefix)}:jobs"), RedisArgument("\(job)"))
        ).string()
        return known.first.flatMap { Int(String($0)) }.flatMap { JobPriority(rawValue: $0) }
    }

    /// Ends a worker's lease now, as if its heartbeats had not come.
    func endLease(of worker: WorkerID) async throws {
        _ = try await redis.client.send(
            RedisCommand(
                "ZADD",
                RedisArgument("tramline:{\(redis.prefix)}:workers"),
                "XX",
                "1",
                RedisArgument(worker.rawValue)
            )
        )
    }

    /// Runs a worker for the length of `body`; afterwards it is shut down gracefully.
    @discardableResult
    func withWorker<R: Sendable>(
        _ name: String = "worker",
        concurrency: Int = 20,
        reserve: Int = 10,
        running handler: TestHandler,
        backoff: Backoff = Backoff(base: .milliseconds(1), maximum: .milliseconds(1)),
        sweepInterval: Duration = .milliseconds(100),
        cancelInterval: Duration = .seconds(2),
        hearing: HearingProbe = HearingProbe(),
        upkeep: Upkeep? = nil,
        metrics: RunnerMetrics = RunnerMetrics(),
        _ body: @Sendable (TestWorker) async throws -> R
    ) async throws -> R {
        let lease = WorkerLease(worker: WorkerID(rawValue: "\(name)-\(UUID().uuidString.prefix(8))"))
        let runner = JobRunner(
            configuration: .init(
                concurrency: concurrency,
                reserve: reserve,
                backoff: backoff,
                sweepInterval: sweepInterval,
                cancelInterval: cancelInterval,
                upkeep: upkeep,
                upkeepInterval: .milliseconds(50),
                hearing: hearing,
                metrics: metrics
            ),
            jobs: record.jobs,
            delivery: delivery,
            lease: lease,
            gates: GateKeeper(delivery: delivery, lease: lease, logger: Self.quiet),
            handlers: [.notify: handler],
            logger: Self.quiet
        )
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: runner, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: Self.quiet
            )
        )
        let ended = EventLog<Bool>()
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { ended.append(true) }
                try await group.run()
            }
            do {
                let result = try await body(TestWorker(id: lease.worker, runner: runner, group: group, ended: ended))
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }
}

/// A worker that runs within the test's process.
struct TestWorker: Sendable {
    let id: WorkerID
    let runner: JobRunner
    fileprivate let group: ServiceGroup
    fileprivate let ended: EventLog<Bool>

    /// Shuts it down as SIGTERM does, and waits until it has ended.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await ended.wait { !$0.isEmpty }
    }
}

/// Makes a record and a queue on the shared servers.
///
/// - Parameter lease: Heartbeats come every sixth of it.
func withRoad<R: Sendable>(
    lease: Duration = .seconds(6),
    generation clean: Bool? = true,
    _ body: @Sendable (Road) async throws -> R
) async throws -> R {
    try await withRecord { record in
        try await withRedis { redis in
            let delivery = Delivery(redis: redis.client, lease: lease, spacing: .milliseconds(10), space: redis.prefix)
            if let clean { try await delivery.createGeneration(clean: clean, pauses: .none) }
            return try await body(Road(record: record, redis: redis, delivery: delivery))
        }
    }
}
