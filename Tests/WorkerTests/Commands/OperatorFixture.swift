import Delivery
import Foundation
import Logging
import Postgres
import Record
import Redis
import TestEquipment
import Testing
import TramlineModel

/// The built `tramline-worker` with a record and a Redis of its own, and what a test needs to fill both.
struct OperatorFixture: Sendable {
    var commands: CommandProcess
    let record: RecordFixture
    let delivery: Delivery
    let redis: PrivateRedis

    /// - Parameter generation: whether Redis remembers anything.
    static func run(
        generation clean: Bool? = true,
        _ body: @Sendable (OperatorFixture) async throws -> Void
    ) async throws {
        try await withRecord { record in
            try await PrivateRedis.run { server in
                try await withRedisClient(url: server.url) { client in
                    let delivery = Delivery(redis: client, lease: .seconds(6), spacing: .milliseconds(1500))
                    if let clean { try await delivery.createGeneration(clean: clean, pauses: .none) }
                    var commands = CommandProcess("tramline-worker")
                    commands.environment = [
                        "DATABASE_URL": try #require(record.pool.configuration.testURL), "REDIS_URL": server.url,
                    ]
                    // Where the runtime's libraries are found by a path of the environment, the command needs it too.
                    commands.environment["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
                    try await body(
                        OperatorFixture(commands: commands, record: record, delivery: delivery, redis: server)
                    )
                }
            }
        }
    }

    /// Records and enqueues a job.
    func enqueue(_ new: NewJob) async throws -> Job {
        let job = try await record.insert(new).job
        try await delivery.enqueue([QueuedJob(job)])
        return job
    }

    /// Records an export and enqueues it.
    func startExport(tickets: Int = 2) async throws -> (SessionID, Job) {
        try await startExport(RecordFixture.draft(tickets: tickets))
    }

    /// Records an export and enqueues it.
    func startExport(_ draft: SessionDraft) async throws -> (SessionID, Job) {
        let session = try await record.importSession(draft).id
        let start = try await record.sessions.startExport(
            of: session,
            team: record.team,
            actor: .commandLine,
            maximumAttempts: 5
        )
        guard case .started(let job, _) = start else { throw Unexpected() }
        try await delivery.enqueue([QueuedJob(job)])
        return (session, job)
    }

    /// Claims a job in both places, as a worker does.
    func claim(_ job: JobID, by worker: WorkerLease) async throws -> JobClaim {
        _ = try await delivery.claim(upTo: 1000, worker: worker.worker)
        return try #require(try await record.jobs.claim([job], for: worker.worker).first)
    }

    /// Ends a claim in both places, as a worker does.
    func settle(_ claim: JobClaim, as settlement: JobSettlement) async throws {
        try await record.jobs.withFence(claim) { connection in
            try await record.jobs.settle(claim, as: settlement, on: connection)
        }
        try await delivery.settle(claim.job.id, worker: claim.worker, as: .finished)
    }

    /// A worker with a lease that stands.
    func makeWorker(_ name: String) async throws -> WorkerLease {
        let facts = WorkerFacts(host: "host", pid: 7, version: "1.2.3", startedAt: Date(timeIntervalSince1970: 0))
        let lease = WorkerLease(worker: WorkerID(rawValue: name), facts: facts)
        guard case .registered = try await delivery.register(lease) else { throw Unexpected() }
        return lease
    }

    struct Unexpected: Error {}
}
