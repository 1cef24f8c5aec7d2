import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@Suite("Trimming by age", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct UpkeepStoreTests {
    private static let fault = Fault(category: .temporary, code: "x", userMessage: "x", recoveryActions: [])
    private let month = Retention(details: .seconds(30 * 86_400), audit: .seconds(30 * 86_400))

    /// Exports a session of two tickets with all that trimming is about, and leaves the export in a state.
    private func export(_ record: RecordFixture, ending: Bool) async throws -> (SessionID, JobID) {
        var draft = RecordFixture.draft(tickets: 2)
        draft.tickets[0].attachments = [.init(filename: "a.txt", contentType: "text/plain", bytes: [1, 2, 3])]
        let session = try await record.importSession(draft).id
        let start = try await record.sessions.startExport(
            of: session,
            team: record.team,
            actor: .commandLine,
            maximumAttempts: 5
        )
        guard case .started(let job, _) = start else { throw Unexpected() }
        let claim = try #require(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
        let tickets = try await record.exports.tickets(of: session, on: record.pool)
        try await record.jobs.withFence(claim) { connection in
            for ticket in tickets {
                try await record.jobs.recordStep(
                    "ticket",
                    of: claim,
                    subject: ticket.id,
                    outcome: "created",
                    on: connection
                )
                _ = try await record.sessions.appendMessage(to: session, job: job.id, on: connection) { sequence in
                    .failed(
                        .init(
                            sequence: sequence,
                            session: session,
                            task: job.id,
                            failedAtTicket: 1,
                            fault: Self.fault,
                            retryAvailable: true
                        )
                    )
                }
            }
            if ending {
                try await record.sessions.completeExport(session, on: connection)
                try await record.jobs.settle(claim, as: .succeeded, on: connection)
            }
        }
        return (session, job.id)
    }

    /// Moves all times of the record's rows back.
    private func age(_ record: RecordFixture, by days: Int) async throws {
        for (table, columns) in [
            ("jobs", ["created_at", "finished_at"]), ("progress_messages", ["created_at"]), ("audit_log", ["at"]),
            ("sessions", ["completed_at"]), ("pauses", ["paused_at", "resumed_at"]),
        ] {
            let changes = columns.map { "\($0) = \($0) - interval '\(days) days'" }.joined(separator: ", ")
            try await record.pool.execute(PostgresQuery(unescaped: "UPDATE \(table) SET \(changes)"))
        }
    }

    private func count(_ table: String, _ record: RecordFixture) async throws -> Int {
        try await record.pool.query("SELECT count(*) FROM \(identifier: table)").scalar()
    }

    /// How many steps, messages and entries of the trail the sessions have.
    private func history(of record: RecordFixture) async throws -> [Int] {
        let entries: Int = try await record.pool.query(
            "SELECT count(*) FROM audit_log WHERE session_id IS NOT NULL"
        ).scalar()
        return [try await count("job_steps", record), try await count("progress_messages", record), entries]
    }

    @Test("Of old exports that have ended, details go; what the session says of itself stays")
    func ended() async throws {
        try await withRecord { record in
            let (session, job) = try await export(record, ending: true)
            try await record.pool.execute("UPDATE attachments SET status = 'uploaded', uploaded_at = now()")
            let store = UpkeepStore(pool: record.pool)
            #expect(try await store.trim(month, batch: 1000).isEmpty)
            try await age(record, by: 31)
            let trimmed = try await store.trim(month, batch: 1000)
            #expect(trimmed["jobs"] == 1 && trimmed["messages"] == 1 && trimmed["files"] == 1, "\(trimmed)")
            #expect(try await store.trim(month, batch: 1000).isEmpty)
            #expect(try await count("job_steps", record) == 0)
            #expect(try await count("audit_log", record) == 0)
            // The last message tells whoever asks how it ended.
            let sequences: [Int64] = try await record.pool.query("SELECT sequence FROM progress_messages").column()
            #expect(sequences == [2])
            #expect(try await record.jobs.job(job)?.state == .succeeded)
            let view = try #require(try await record.sessions.view(of: session, team: nil))
            #expect(view.session.status == .completed && view.counts.totalTickets == 2)
        }
    }

    @Test("Of an export that runs nothing goes, however old; nor of an ended job whose session is exported again")
    func live() async throws {
        try await withRecord { record in
            _ = try await export(record, ending: false)
            let (session, job) = try await export(record, ending: false)
            try await record.pool.execute(
                """
                UPDATE jobs SET state = 'failed', finished_at = now(), worker_id = NULL, idempotency_key = NULL
                WHERE id = \(job)
                """
            )
            try await age(record, by: 365)
            let store = UpkeepStore(pool: record.pool)
            let before = try await history(of: record)
            // What belongs to no session goes: the trail of the team's keys and integrations.
            #expect(try await store.trim(month, batch: 1000).keys.filter { $0 != "audit" }.isEmpty)
            #expect(try await history(of: record) == before)
            try await record.pool.execute("UPDATE sessions SET status = 'export_failed' WHERE id = \(session)")
            #expect(try await store.trim(month, batch: 1000)["jobs"] == 1)
        }
    }

    @Test("Jobs of no session go whole, answers after a day; 0 days keep everything")
    func sessionless() async throws {
        try await withRecord { record in
            for kind in [JobKind.validate, .notify] {
                let job = try await record.insert(NewJob(kind: kind, team: record.team)).job
                let claim = try #require(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
                try await record.jobs.withFence(claim) { try await record.jobs.settle(claim, as: .succeeded, on: $0) }
            }
            _ = try await record.insert(NewJob(kind: .notify, team: record.team))
            let store = UpkeepStore(pool: record.pool)
            try await age(record, by: 2)
            #expect(try await store.trim(month, batch: 1000)["sessionless_jobs"] == 1)
            try await age(record, by: 100)
            #expect(try await store.trim(Retention(details: nil, audit: nil), batch: 1000).isEmpty)
            #expect(try await store.trim(month, batch: 1000)["sessionless_jobs"] == 1)
            let left: [JobState] = try await record.pool.query("SELECT state FROM jobs").column()
            #expect(left == [.queued])
        }
    }

    @Test("A batch is no larger than was asked for, and the next one goes on")
    func batches() async throws {
        try await withRecord { record in
            try await record.pool.execute(
                """
                INSERT INTO audit_log (entity, to_state, at)
                SELECT 'key', 'active', now() - interval '1 year' FROM generate_series(1, 25)
                """
            )
            let store = UpkeepStore(pool: record.pool)
            var sizes: [Int] = []
            while let size = try await store.trim(month, batch: 10)["audit"] { sizes.append(size) }
            #expect(sizes == [10, 10, 5])
        }
    }

    private struct Unexpected: Error {}
}
