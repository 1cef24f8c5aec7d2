import Foundation
import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

private let ada = AuditActor(rawValue: "key:ada")
private let first = WorkerID(rawValue: "first")
private let second = WorkerID(rawValue: "second")

private let issue = ExportedIssue(id: "10001", key: "PROJ-7", url: "https://acme.example/browse/PROJ-7")

/// A fault whose message names a ticket by its title, as the real ones do.
private let fault = Fault(
    category: .userFixable,
    code: "jira_rejected",
    userMessage: "Jira refused creating ticket 1 of 2 (\"Secret (\"plan\") B\"). The field is required.",
    recoveryActions: []
)

extension RecordFixture {
    /// The trail of a session from behind an entry on, a line each; without the ids.
    fileprivate func trail(of session: SessionID, after id: Int64 = 0) async throws -> [String] {
        try await AuditStore(pool: pool).entries(of: session, after: id, limit: 1000).map { entry in
            let ref = entry.ticketRef.map { " \($0)" } ?? ""
            return "\(entry.actor) \(entry.entity.rawValue)\(ref): \(entry.from ?? "–") → \(entry.to): \(entry.reason)"
        }
    }

    fileprivate func newestEntry(of session: SessionID) async throws -> Int64 {
        try await AuditStore(pool: pool).entries(of: session, after: 0, limit: 1000).last?.id ?? 0
    }

    /// Gives the lines that a change adds.
    fileprivate func trail(of session: SessionID, adding change: () async throws -> Void) async throws -> [String] {
        let newest = try await newestEntry(of: session)
        try await change()
        return try await trail(of: session, after: newest)
    }

    fileprivate func startExport(_ session: SessionID) async throws -> Job {
        guard
            case .started(let job, _) = try await sessions.startExport(
                of: session,
                team: team,
                actor: ada,
                maximumAttempts: 5
            )
        else { throw RecordError(.conflict, "a new session can be exported") }
        return job
    }

    fileprivate func claim(_ job: JobID, by worker: WorkerID) async throws -> JobClaim {
        try #require(try await jobs.claim([job], for: worker).first)
    }
}

@Suite("The audit trail", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct AuditTrailTests {
    @Test("An import tells of the session and of each ticket")
    func imports() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 2).id
            #expect(
                try await record.trail(of: session) == [
                    "test session: – → ready: imported with 2 tickets for PROJ at acme",
                    "test ticket T1: – → pending: imported",
                    "test ticket T2: – → pending: imported",
                ]
            )
        }
    }

    @Test("An export tells of its session, its job and every create request, and who it was each time")
    func exports() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 1).id
            let ticket = try #require(try await record.exports.tickets(of: session, on: record.pool).first)
            let lines = try await record.trail(of: session) {
                let job = try await record.startExport(session)
                let claim = try await record.claim(job.id, by: first)
                let operation = try await record.jobs.withFence(claim) { connection in
                    try await OperationStore.intend(ticket, by: claim, lowKeyNumber: nil, on: connection)
                }
                try await record.jobs.withFence(claim) { connection in
                    try await OperationStore.settleCreated(operation, as: issue, adopted: false, on: connection)
                    try await record.exports.markExported(ticket.id, as: issue, on: connection)
                }
                try await record.jobs.withFence(claim) { connection in
                    try await record.sessions.completeExport(session, on: connection)
                    try await record.jobs.settle(claim, as: .succeeded, on: connection)
                }
            }
            #expect(
                lines == [
                    "key:ada job: – → queued: export was enqueued",
                    "key:ada session: ready → exporting: the export was started",
                    "worker:first job: queued → running: claimed by first",
                    "worker:first operation T1: – → intended: create request 1 is about to be sent",
                    "worker:first operation T1: intended → created: Jira has made PROJ-7",
                    "worker:first ticket T1: pending → exported: it is PROJ-7 in Jira",
                    "worker:first session: exporting → completed: every step of the export is done",
                    "worker:first job: running → succeeded: every step is done",
                ]
            )
        }
    }

    @Test("A create request tells why it was refused, lost, adopted or parked")
    func operations() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 1).id
            let ticket = try #require(try await record.exports.tickets(of: session, on: record.pool).first)
            let claim = try await record.claim(try await record.startExport(session).id, by: first)
            let lines = try await record.trail(of: session) {
                try await record.jobs.withFence(claim) { connection in
                    func intend() async throws -> CreateOperation {
                        try await OperationStore.intend(ticket, by: claim, lowKeyNumber: nil, on: connection)
                    }
                    try await OperationStore.settleRefused(
                        try await intend(),
                        httpStatus: 400,
                        detail: "The field is required.",
                        on: connection
                    )
                    let lost = try await intend()
                    try await OperationStore.markUncertain(lost, httpStatus: nil, detail: "reset", on: connection)
                    // Said again, it is no change.
                    try await OperationStore.markUncertain(lost, httpStatus: 502, detail: "again", on: connection)
                    try await connection.execute(
                        """
                        UPDATE operations SET state = 'parked', settled_at = now(), detail = 'nobody knows',
                            http_status = NULL
                        WHERE id = \(lost.id)
                        """
                    )
                    let last = try await intend()
                    try await OperationStore.markUncertain(last, httpStatus: 502, detail: "bad gateway", on: connection)
                    try await OperationStore.settleCreated(last, as: issue, adopted: true, on: connection)
                }
            }
            #expect(
                lines.map { $0.replacing("worker:first operation T1: ", with: "") } == [
                    "– → intended: create request 1 is about to be sent",
                    "intended → refused: HTTP 400: The field is required.",
                    "– → intended: create request 2 is about to be sent",
                    "intended → uncertain: reset",
                    "uncertain → parked: nobody knows",
                    "– → intended: create request 3 is about to be sent",
                    "intended → uncertain: HTTP 502: bad gateway",
                    "uncertain → created: the answer was lost; PROJ-7 carries the marker and was adopted",
                ]
            )
        }
    }

    @Test("A job tells of every claim, of lost workers, of waits and attempts, and of who asked to cancel it")
    func jobs() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 1).id
            let job = try await record.startExport(session).id
            func settle(_ claim: JobClaim, _ settlement: JobSettlement) async throws {
                try await record.jobs.withFence(claim) { try await record.jobs.settle(claim, as: settlement, on: $0) }
            }
            let lines = try await record.trail(of: session) {
                try await settle(try await record.claim(job, by: first), .queued(after: .zero))
                _ = try await record.claim(job, by: first)
                try await settle(try await record.claim(job, by: second), .retrying(fault, after: .seconds(1)))
                try await settle(try await record.claim(job, by: first), .queued(after: .seconds(60)))
                let claim = try await record.claim(job, by: first)
                try await record.pool.withTransaction(by: ada) { connection in
                    try await connection.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = \(job)")
                    try await connection.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = \(job)")
                }
                try await settle(claim, .cancelled)
            }
            let waiting = try #require(lines.first { $0.contains("waits until") })
            #expect(waiting.wholeMatch(of: /.*running → queued: waits until \d\d:\d\d:\d\dZ/) != nil)
            #expect(
                lines.filter { $0 != waiting } == [
                    "worker:first job: queued → running: claimed by first",
                    "worker:first job: running → queued: handed over after a step",
                    "worker:first job: queued → running: claimed by first",
                    "worker:second job: running → running: claimed by second; first did not hand it over (1 so far)",
                    "worker:second job: running → retrying: attempt 1 of 5: jira_rejected: "
                        + "Jira refused creating ticket 1 of 2. The field is required.",
                    "worker:first job: retrying → running: claimed by first",
                    "worker:first job: queued → running: claimed by first",
                    "key:ada job: running → running: a person asked to cancel it",
                    "worker:first job: running → cancelled: a person cancelled it",
                ]
            )
        }
    }

    @Test("A failure tells its code and its message, but not the ticket's title", arguments: [false, true])
    func failures(isQuarantine: Bool) async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 2).id
            let claim = try await record.claim(try await record.startExport(session).id, by: first)
            let lines = try await record.trail(of: session) {
                try await record.jobs.withFence(claim) { connection in
                    try await record.sessions.failExport(session, at: 1, fault: fault, on: connection)
                    try await record.jobs.settle(
                        claim,
                        as: isQuarantine ? .quarantined(fault) : .failed(fault),
                        on: connection
                    )
                }
            }
            let message = "Jira refused creating ticket 1 of 2. The field is required."
            #expect(
                lines.map { $0.replacing("worker:first ", with: "") } == [
                    "session: exporting → export_failed: jira_rejected: \(message)",
                    "ticket T1: pending → failed: \(message)",
                    "job: running → \(isQuarantine ? "quarantined" : "failed"): jira_rejected: \(message)",
                ]
            )
            let failed = try await record.pool.query(
                "SELECT detail FROM audit_log WHERE entity = 'session' AND to_state = 'export_failed'"
            ).scalar(as: PostgresJSON.self)
            #expect(failed.text == #"{"error_category": "user_fixable", "failed_at_ticket_order": 1}"#)
        }
    }

    @Test("A session tells how its export was taken up again")
    func resumed() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 1).id
            let worker = ExportStandIn(pool: record.pool)
            _ = try await record.startExport(session)
            let lines = try await record.trail(of: session) {
                for settlement in [JobSettlement.cancelled, .failed(fault)] {
                    try await worker.run(session, to: settlement)
                    _ = try await record.sessions.retryExport(
                        of: session,
                        team: record.team,
                        actor: ada,
                        maximumAttempts: 5
                    )
                }
                // Neither is a change of state.
                try await record.pool.execute("UPDATE sessions SET progress_sequence = 9, status = status")
                try await record.pool.execute("UPDATE tickets SET error_message = 'x'")
            }.filter { $0.hasPrefix("key:ada") }
            #expect(
                lines == [
                    "key:ada job: – → queued: retry was enqueued",
                    "key:ada session: cancelled → exporting: the export was resumed",
                    "key:ada job: – → queued: retry was enqueued",
                    "key:ada session: export_failed → exporting: retry 1 was started",
                    "key:ada ticket T1: failed → pending: to be tried again",
                ]
            )
            #expect(try await anonymousChanges(in: record.pool) == [])
        }
    }

    @Test("Keys and integrations have a history too, with who and when, and without their secrets")
    func access() async throws {
        try await withRecord { record in
            let keys = KeyStore(pool: record.pool)
            let id = KeyID()
            _ = try await keys.create(
                id: id,
                team: "acme",
                name: "ci",
                prefix: "abc",
                hash: [UInt8](repeating: 7, count: 32),
                scopes: [.read]
            )
            #expect(try await keys.revoke(id))
            #expect(try await !keys.revoke(id))
            let integrations = IntegrationStore(pool: record.pool)
            _ = try await record.pool.withTransaction(by: .worker(first)) { connection in
                try await connection.execute("UPDATE integrations SET state = 'parked', parked_reason = 'revoked'")
            }
            for _ in 0..<2 {
                _ = try await integrations.put(team: "acme", site: "acme") { id, _ in
                    var copy = record.integration
                    copy.id = id
                    copy.sealedSecret = (0..<8).map { _ in .random(in: 0...255) }
                    return copy
                }
            }
            #expect(try await integrations.remove(team: "acme", site: "acme"))
            let lines = try await record.pool.query(
                """
                SELECT concat_ws(' ', actor, entity, from_state, to_state, reason, detail) AS line
                FROM audit_log WHERE team_id = \(record.team) AND session_id IS NULL ORDER BY id
                """
            ).map { try $0.get("line", as: String.self) }
            #expect(
                lines == [
                    #"cli integration active added {"site": "acme"}"#,
                    #"cli key active made {"name": "ci", "prefix": "abc", "scopes": ["read"]}"#,
                    #"cli key active revoked revoked {"name": "ci", "prefix": "abc", "scopes": ["read"]}"#,
                    #"worker:first integration active parked revoked {"site": "acme"}"#,
                    #"cli integration parked active its address or credential was replaced {"site": "acme"}"#,
                    #"cli integration active active its address or credential was replaced {"site": "acme"}"#,
                    #"cli integration active removed removed {"site": "acme"}"#,
                ]
            )
        }
    }

    @Test("Whoever names nobody is unknown, also on a connection where somebody was named before")
    func anonymous() async throws {
        try await withPostgres(maximumConnections: 1, migrations: RecordMigrations.all) { pool in
            _ = try await pool.withTransaction(by: ada) { connection in
                try await connection.execute("INSERT INTO teams (id, name) VALUES (\(TeamID()), 'acme')")
            }
            try await pool.execute(
                """
                INSERT INTO api_keys (id, team_id, name, prefix, key_hash)
                SELECT gen_random_uuid(), id, 'ci', 'abc', sha256('x') FROM teams
                """
            )
            #expect(try await anonymousChanges(in: pool) == ["key:  → active (made)"])
        }
    }

    @Test("A change that is rolled back leaves no entry")
    func rolledBack() async throws {
        struct Stop: Error {}
        try await withRecord { record in
            let session = try await record.importSession(tickets: 1).id
            let lines = try await record.trail(of: session) {
                await #expect(throws: Stop.self) {
                    try await record.pool.withTransaction(by: ada) { connection in
                        try await connection.execute("UPDATE tickets SET jira_export_status = 'failed'")
                        throw Stop()
                    }
                }
            }
            #expect(lines.isEmpty)
        }
    }

    @Test("It is read in pages, oldest first, and no session's entries are another's")
    func pages() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 3).id
            try await record.importSession(tickets: 1)
            let store = AuditStore(pool: record.pool)
            let all = try await store.entries(of: session, after: 0, limit: 100)
            #expect(all.count == 4)
            #expect(zip(all, all.dropFirst()).allSatisfy { $0.id < $1.id && $0.at <= $1.at })
            let head = try await store.entries(of: session, after: 0, limit: 3)
            let tail = try await store.entries(of: session, after: head[2].id, limit: 3)
            #expect((head + tail).map(\.id) == all.map(\.id))
            #expect(try await store.entries(of: session, after: all[3].id, limit: 3).isEmpty)
        }
    }

    @Test("The step to the trail keeps the entries that were there, and the step back keeps what it can")
    func migration() async throws {
        try await withPostgres { pool in
            let team = TeamID()
            let session = SessionID()
            try await PostgresMigrator(migrations: RecordMigrations.all.filter { $0.id < 4 }).apply(pool)
            try await pool.execute("INSERT INTO teams (id, name) VALUES (\(team), 'acme')")
            for (event, actor) in [
                ("key_created", "cli"), ("integration_added", "cli"), ("session_imported", "key:ada"),
                ("export_started", "key:ada"), ("export_failed", "w1"),
            ] {
                try await pool.execute(
                    """
                    INSERT INTO audit_log (team_id, session_id, actor, event)
                    VALUES (\(team), \(actor == "cli" ? nil : session), \(actor), \(event))
                    """
                )
            }
            func lines() async throws -> [String] {
                try await pool.query(
                    """
                    SELECT concat_ws(' ', actor, entity, from_state, to_state, session_id = \(session)) AS line
                    FROM audit_log ORDER BY id
                    """
                ).map { try $0.get("line") }
            }
            let kept = [
                "cli key active", "cli integration active", "key:ada session ready t",
                "key:ada session ready exporting t", "worker:w1 session exporting export_failed t",
            ]
            let migrator = PostgresMigrator(migrations: RecordMigrations.all.filter { $0.id <= 4 })
            try await migrator.apply(pool)
            #expect(try await lines() == kept)
            try await migrator.revert(pool, to: 3)
            try await migrator.apply(pool)
            #expect(try await lines() == kept)
            try await migrator.revert(pool, to: 0)
        }
    }
}
