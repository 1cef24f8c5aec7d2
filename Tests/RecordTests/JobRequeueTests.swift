import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@Suite("Queuing a stopped job again", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct JobRequeueTests {
    private static let fault = Fault(
        category: .adminRequired,
        code: "worker_died",
        userMessage: "",
        recoveryActions: []
    )

    /// Runs a session's export into a fault.
    private func failedExport(_ record: RecordFixture) async throws -> (SessionID, Job) {
        let session = try await record.importSession(tickets: 2).id
        let start = try await record.sessions.startExport(
            of: session,
            team: record.team,
            actor: .commandLine,
            maximumAttempts: 5
        )
        guard case .started(let job, _) = start else { throw Unexpected() }
        try await fail(job, of: session, record)
        return (session, job)
    }

    private func fail(_ job: Job, of session: SessionID, _ record: RecordFixture) async throws {
        let claim = try #require(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
        try await record.jobs.withFence(claim) { connection in
            try await record.sessions.failExport(session, at: 1, fault: Self.fault, on: connection)
            try await record.jobs.settle(claim, as: .quarantined(Self.fault), on: connection)
        }
    }

    @Test("Attempts and deaths begin anew, the epoch does not, and the trail knows who did it")
    func anew() async throws {
        try await withRecord { record in
            let (session, job) = try await failedExport(record)
            try await record.pool.execute("UPDATE jobs SET attempts = 2, deaths = 3 WHERE id = \(job.id)")
            let again = try await record.jobs.requeue(job.id, actor: .commandLine)
            #expect(again.state == .queued && again.attempts == 0 && again.deaths == 0 && again.fault == nil)
            #expect(again.epoch.rawValue == 1)
            let view = try #require(try await record.sessions.view(of: session, team: nil))
            #expect(view.session.status == .exporting && view.session.fault == nil && view.session.retryCount == 0)
            #expect(view.session.exportTask == job.id)
            let actors: [String] = try await record.pool.query(
                "SELECT actor FROM audit_log WHERE job_id = \(job.id) AND to_state IN ('queued', 'exporting') ORDER BY id DESC LIMIT 2"
            ).column()
            #expect(actors == ["cli", "cli"])
            #expect(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first?.epoch.rawValue == 2)
        }
    }

    @Test("An export whose session has a newer task stays as it is, live or failed")
    func successor() async throws {
        try await withRecord { record in
            let (session, job) = try await failedExport(record)
            let retry = try await record.sessions.retryExport(
                of: session,
                team: record.team,
                actor: .commandLine,
                maximumAttempts: 5
            )
            let live = await #expect(throws: RecordError.self) {
                try await record.jobs.requeue(job.id, actor: .commandLine)
            }
            #expect(live?.code == .conflict && live?.message.contains("newer task") == true)
            try await fail(retry.job, of: session, record)
            await #expect(throws: RecordError.self) { try await record.jobs.requeue(job.id, actor: .commandLine) }
            #expect(try await record.jobs.requeue(retry.job.id, actor: .commandLine).state == .queued)
        }
    }

    @Test("Of two who ask at once one is refused; a parked integration refuses both")
    func races() async throws {
        try await withRecord { record in
            let (_, job) = try await failedExport(record)
            try await record.pool.execute("UPDATE integrations SET state = 'parked', parked_reason = 'revoked'")
            await #expect(throws: ExportRefusal.self) { try await record.jobs.requeue(job.id, actor: .commandLine) }
            try await record.pool.execute("UPDATE integrations SET state = 'active', parked_reason = NULL")
            let queued = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<2 {
                    group.addTask { (try? await record.jobs.requeue(job.id, actor: .commandLine)) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(queued == 1)
        }
    }

    @Test("A job that is of no session gives way to the live one that holds its key")
    func keyHolder() async throws {
        try await withRecord { record in
            let new = NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")
            let first = try await record.insert(new).job
            let claim = try #require(try await record.jobs.claim([first.id], for: WorkerID(rawValue: "w")).first)
            try await record.jobs.withFence(claim) {
                try await record.jobs.settle(claim, as: .failed(Self.fault), on: $0)
            }
            var other = new
            other.id = JobID()
            let second = try await record.insert(other).job
            let error = await #expect(throws: RecordError.self) {
                try await record.jobs.requeue(first.id, actor: .commandLine)
            }
            #expect(error?.message.contains("\(second.id) does the work") == true)
            await #expect(throws: RecordError.self) { try await record.jobs.requeue(second.id, actor: .commandLine) }
        }
    }

    private struct Unexpected: Error {}
}
