import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

private let ada = AuditActor(rawValue: "ada")

@Suite("The start of an export", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct SessionStoreExportTests {
    @Test("It records the job with the session's change")
    func start() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 2).id
            guard case .started(let job, let row) = try await record.startExport(session) else {
                Issue.record("the export was not started")
                return
            }
            #expect(job.kind == .export && job.state == .queued && job.session == session)
            #expect(job.site == record.integration.gate && job.maximumAttempts == 4)
            #expect(row.status == .exporting && row.exportTask == job.id && row.exportStartedAt != nil)
        }
    }

    @Test("A repetition gives the same job")
    func repeated() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let first = try await record.startExport(session)
            let second = try await record.startExport(session)
            #expect(first.isStart && !second.isStart)
            #expect(first.job.id == second.job.id)
            #expect(try await record.jobCount() == 1)
        }
    }

    @Test("Of many who start it at once, one starts it and all get its job")
    func race() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let starts = try await withThrowingTaskGroup(of: ExportStart.self) { group in
                // All of them are under way, and wait for the session, before the first may go on.
                try await record.pool.withTransaction { connection in
                    try await connection.execute("UPDATE sessions SET name = 'busy' WHERE id = \(session)")
                    for _ in 0..<6 { group.addTask { try await record.startExport(session) } }
                    while try await record.waitersForLocks() < 6 { await Task.yield() }
                }
                return try await group.reduce(into: [ExportStart]()) { $0.append($1) }
            }
            #expect(starts.count { $0.isStart } == 1)
            #expect(Set(starts.map(\.job.id)).count == 1)
            #expect(try await record.jobCount() == 1)
        }
    }

    @Test("A session without tickets has nothing to export, and nothing changes")
    func empty() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 0).id
            let error = await #expect(throws: ExportRefusal.self) { try await record.startExport(session) }
            #expect(error?.reason == .empty)
            #expect(try await record.jobCount() == 0)
            #expect(try await record.sessions.load(session, on: record.pool)?.status == .ready)
        }
    }

    @Test("Another team's session is as good as none")
    func otherTeam() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let other = try await IntegrationStore(pool: record.pool).put(team: "other", site: "acme") { id, team in
                var copy = record.integration
                copy.id = id
                copy.team = team
                return copy
            }.0.team
            for (id, team) in [(session, other), (SessionID(), record.team)] {
                let error = await #expect(throws: ExportRefusal.self) {
                    try await record.sessions.startExport(of: id, team: team, actor: ada, maximumAttempts: 5)
                }
                #expect(error?.reason == .noSuchSession)
            }
            #expect(try await record.jobCount() == 0)
        }
    }

    @Test("An export that has ended is not started again", arguments: SessionRow.Status.ended)
    func ended(_ status: SessionRow.Status) async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let job = try await record.startExport(session).job
            let claim = try #require(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
            try await record.jobs.withFence(claim) { connection in
                switch status {
                case .completed: try await record.sessions.completeExport(session, on: connection)
                case .cancelled: try await record.sessions.cancelExport(session, on: connection)
                default:
                    try await record.sessions.failExport(
                        session,
                        at: 1,
                        fault: Fault(category: .temporary, code: "x", userMessage: "y", recoveryActions: []),
                        on: connection
                    )
                }
                try await record.jobs.settle(claim, as: .succeeded, on: connection)
            }
            let row = try #require(try await record.sessions.load(session, on: record.pool))
            #expect(row.status == status)
            #expect((row.completedAt != nil) == (status == .completed))
            #expect((row.fault != nil) == (status == .exportFailed))
            let error = await #expect(throws: ExportRefusal.self) { try await record.startExport(session) }
            #expect(error?.reason == status.refusal)
            #expect(try await record.jobCount() == 1)
        }
    }
}

extension SessionRow.Status {
    fileprivate static let ended: [SessionRow.Status] = [.completed, .exportFailed, .cancelled]

    fileprivate var refusal: ExportRefusal.Reason? {
        switch self {
        case .completed: .completed
        case .exportFailed: .failed
        case .cancelled: .cancelled
        case .ready, .exporting: nil
        }
    }
}

extension ExportStart {
    fileprivate var isStart: Bool { if case .started = self { true } else { false } }

    fileprivate var job: Job {
        switch self {
        case .started(let job, _), .running(let job, _): job
        }
    }
}

extension RecordFixture {
    fileprivate func startExport(_ session: SessionID) async throws -> ExportStart {
        try await sessions.startExport(of: session, team: team, actor: ada, maximumAttempts: 4)
    }

    fileprivate func jobCount() async throws -> Int { try await pool.query("SELECT count(*) FROM jobs").scalar() }
}
