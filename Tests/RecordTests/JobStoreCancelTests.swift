import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

private let first = WorkerID(rawValue: "first")
private let second = WorkerID(rawValue: "second")
private let fault = Fault(category: .temporary, code: "x", userMessage: "y", recoveryActions: [])

extension RecordFixture {
    fileprivate func claim(_ job: JobID, by worker: WorkerID = first) async throws -> JobClaim {
        try #require(try await jobs.claim([job], for: worker).first)
    }

    fileprivate func settle(_ claim: JobClaim, as settlement: JobSettlement) async throws {
        try await jobs.withFence(claim) { try await jobs.settle(claim, as: settlement, on: $0) }
    }

    fileprivate func cancel(_ job: JobID) async throws -> JobCancellation? {
        try await pool.withTransaction(by: .test) { try await jobs.cancel(job, on: $0) }
    }

    fileprivate func isCancelRequested(_ claim: JobClaim) async throws -> Bool {
        try await jobs.withFence(claim) { _, fence in fence.isCancelRequested }
    }
}

@Suite("Cancelling jobs", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct JobStoreCancelTests {
    @Test("A job that waits ends at once: it cannot be claimed, and its key is free", arguments: [false, true])
    func waiting(isRetrying: Bool) async throws {
        try await withRecord { record in
            let new = NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")
            let job = try await record.insert(new).job
            if isRetrying { try await record.settle(record.claim(job.id), as: .retrying(fault, after: .seconds(60))) }
            guard case .ended(let ended) = try await record.cancel(job.id) else {
                Issue.record("the job was not ended")
                return
            }
            #expect(ended.state == .cancelled && ended.finishedAt != nil && ended.fault == nil && ended.cancelRequested)
            #expect(try await record.jobs.claim([job.id], for: first).isEmpty)
            #expect(try await record.insert(NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")).isNew)
        }
    }

    @Test("A job that runs is flagged: its next transaction knows, and so does whoever claims it next")
    func running() async throws {
        try await withRecord { record in
            let job = try await record.insertJob().id
            let claim = try await record.claim(job)
            #expect(!claim.job.cancelRequested)
            #expect(try await !record.isCancelRequested(claim))
            guard case .requested(let running) = try await record.cancel(job) else {
                Issue.record("the job was not flagged")
                return
            }
            #expect(running.state == .running && running.worker == first && running.finishedAt == nil)
            #expect(try await record.isCancelRequested(claim))
            let time = try await record.pool.query("SELECT cancel_requested_at::text FROM jobs").scalar(as: String.self)
            guard case .requested = try await record.cancel(job) else {
                Issue.record("a repetition is no other wish")
                return
            }
            let later = try await record.pool.query("SELECT cancel_requested_at::text FROM jobs").scalar(
                as: String.self
            )
            #expect(time == later)
            #expect(try await record.claim(job, by: second).job.cancelRequested)
        }
    }

    @Test(
        "A job that has ended stays as it is",
        arguments: [JobSettlement.succeeded, .failed(fault), .exhausted(fault), .quarantined(fault), .cancelled]
    )
    func ended(_ settlement: JobSettlement) async throws {
        try await withRecord { record in
            let job = try await record.insertJob().id
            try await record.settle(record.claim(job), as: settlement)
            guard case .tooLate(let ended) = try await record.cancel(job) else {
                Issue.record("an ended job was cancelled")
                return
            }
            #expect(ended.state == settlement.state && !ended.cancelRequested)
            #expect(try await record.jobs.job(job)?.cancelRequested == false)
            #expect(try await record.cancel(JobID()) == nil)
        }
    }

    @Test("It waits for a step that has begun: that one does not know of it, the next one does")
    func waitsForStep() async throws {
        try await withRecord { record in
            let job = try await record.insertJob().id
            let claim = try await record.claim(job)
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await record.jobs.withFence(claim) { connection, fence in
                    #expect(!fence.isCancelRequested)
                    group.addTask { _ = try await record.cancel(job) }
                    // The step goes on only when the wish waits for it.
                    while try await record.waitersForLocks() == 0 { await Task.yield() }
                    try await connection.execute("UPDATE jobs SET payload = '{\"step\": 1}' WHERE id = \(job)")
                }
                try await group.waitForAll()
            }
            #expect(try await record.isCancelRequested(claim))
            #expect(try await record.jobs.job(job)?.payload.contains("step") == true)
        }
    }

    @Test("Of the jobs that a worker holds, those that run and are wanted cancelled are found")
    func among() async throws {
        try await withRecord { record in
            var running: [JobID] = []
            for _ in 0..<3 {
                let job = try await record.insertJob().id
                _ = try await record.claim(job)
                running.append(job)
            }
            let ended = try await record.insertJob().id
            let claim = try await record.claim(ended)
            for job in [running[1], ended] { _ = try await record.cancel(job) }
            try await record.settle(claim, as: .cancelled)
            #expect(try await record.jobs.cancelRequests(among: running + [ended, JobID()]) == [running[1]])
            #expect(try await record.jobs.cancelRequests(among: [running[0]]).isEmpty)
        }
    }
}
