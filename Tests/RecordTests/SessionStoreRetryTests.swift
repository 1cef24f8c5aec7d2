import Foundation
import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

private let fault = Fault(
    category: .userFixable,
    code: "jira_rejected",
    userMessage: "Jira refused it.",
    recoveryActions: ["Mend it"]
)

@Suite("The retry of an export", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct SessionStoreRetryTests {
    @Test("It is a new job that goes on at the failed ticket; what is in Jira stays")
    func resumes() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 5).id
            let export = try await record.startExport(session)
            try await record.standIn.run(session, creating: 2, to: .failed(fault))
            let failed = try #require(try await record.sessions.load(session, on: record.pool))
            #expect(failed.failedAtTicketOrder == 3 && failed.fault == fault && failed.isRetryAvailable)
            #expect(try await record.statuses(session) == ["exported", "exported", "failed", "pending", "pending"])

            let retry = try await record.retry(session)
            #expect(retry.job.id != export && retry.job.kind == .retry && retry.job.state == .queued)
            #expect(retry.job.session == session && retry.job.site == record.integration.gate)
            #expect(retry.job.maximumAttempts == 4 && retry.job.priority == .person)
            #expect(retry.counts.resumingTicketOrder == 3 && retry.counts.exportedTickets == 2)
            #expect(retry.counts.failedTickets == 0)
            #expect(retry.session.status == .exporting && retry.session.exportTask == retry.job.id)
            #expect(retry.session.retryCount == 1 && retry.session.fault == nil)
            #expect(retry.session.failedAtTicketOrder == nil)
            #expect(retry.session.firstErrorAt == failed.firstErrorAt && failed.firstErrorAt != nil)
            #expect(retry.session.exportStartedAt == failed.exportStartedAt)
            #expect(try await record.statuses(session) == ["exported", "exported", "pending", "pending", "pending"])
            let message = try await record.pool.query(
                "SELECT count(*) FROM tickets WHERE error_message IS NOT NULL"
            ).scalar(as: Int.self)
            #expect(message == 0)
        }
    }

    @Test("Where all tickets are in Jira and a link failed, it goes on at the ticket that lacks it")
    func resumesAtLinks() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 2).id
            _ = try await record.startExport(session)
            try await record.standIn.run(session, creating: 2, to: .failed(fault))
            let retry = try await record.retry(session)
            #expect(retry.counts.resumingTicketOrder == 2 && retry.counts.exportedTickets == 2)
        }
    }

    @Test("A session has three; the fourth is refused, with the time of the very first failure")
    func limit() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            _ = try await record.startExport(session)
            try await record.standIn.run(session, to: .failed(fault))
            let first = try #require(try await record.sessions.load(session, on: record.pool)?.firstErrorAt)
            for number in 1...3 {
                #expect(try await record.retry(session).session.retryCount == number)
                try await record.standIn.run(session, to: .failed(fault))
            }
            let error = await #expect(throws: ExportRefusal.self) { try await record.retry(session) }
            #expect(error?.reason == .retriesUsedUp(used: 3, firstErrorAt: first))
            let row = try #require(try await record.sessions.load(session, on: record.pool))
            #expect(row.status == .exportFailed && row.retryCount == 3 && !row.isRetryAvailable)
            let last = try #require(row.exportFailedAt)
            #expect(last > first)
            #expect(try await record.jobCount() == 4)
        }
    }

    @Test("Going on with a cancelled export costs none of the three, also when there are none left")
    func cancelled() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 3).id
            _ = try await record.startExport(session)
            try await record.standIn.run(session, creating: 1, to: .cancelled)
            let free = try await record.retry(session)
            #expect(free.session.retryCount == 0 && free.counts.resumingTicketOrder == 2)
            for _ in 1...3 {
                try await record.standIn.run(session, to: .failed(fault))
                _ = try await record.retry(session)
            }
            try await record.standIn.run(session, to: .cancelled)
            #expect(try await record.sessions.load(session, on: record.pool)?.isRetryAvailable == true)
            let again = try await record.retry(session)
            #expect(again.session.retryCount == 3 && again.session.status == .exporting)
        }
    }

    @Test("Of many who ask at once one gets it, the others are refused, and one retry is used")
    func race() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            _ = try await record.startExport(session)
            try await record.standIn.run(session, to: .failed(fault))
            let outcomes = try await withThrowingTaskGroup(of: ExportRefusal.Reason?.self) { group in
                // All of them are under way, and wait for the session, before the first may go on.
                try await record.pool.withTransaction { connection in
                    try await connection.execute("UPDATE sessions SET name = 'busy' WHERE id = \(session)")
                    for _ in 0..<6 {
                        group.addTask {
                            do {
                                _ = try await record.retry(session)
                                return nil
                            } catch let refusal as ExportRefusal {
                                return refusal.reason
                            }
                        }
                    }
                    while try await record.waitersForLocks() < 6 { await Task.yield() }
                }
                return try await group.reduce(into: [ExportRefusal.Reason?]()) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 1)
            #expect(outcomes.count { $0 == .running } == 5)
            #expect(try await record.sessions.load(session, on: record.pool)?.retryCount == 1)
            #expect(try await record.jobCount() == 2)
        }
    }

    @Test("A session that is ready, exporting or completed has nothing to retry")
    func nothing() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            func refusal() async throws -> ExportRefusal.Reason? {
                await #expect(throws: ExportRefusal.self) { try await record.retry(session) }?.reason
            }
            #expect(try await refusal() == .notStarted)
            _ = try await record.startExport(session)
            #expect(try await refusal() == .running)
            try await record.standIn.run(session, creating: 1, to: .succeeded)
            #expect(try await refusal() == .completed)
            #expect(try await record.jobCount() == 1)
        }
    }

    @Test("While the integration is parked nothing starts, and no retry is used")
    func parked() async throws {
        try await withRecord { record in
            let (failed, ready) = (try await record.importSession().id, try await record.importSession().id)
            _ = try await record.startExport(failed)
            try await record.standIn.run(failed, to: .failed(fault))
            try await record.standIn.parkIntegration(of: failed, because: "The token was revoked.")
            let reason = ExportRefusal.Reason.integrationParked(site: "acme", reason: "The token was revoked.")
            let retry = await #expect(throws: ExportRefusal.self) { try await record.retry(failed) }
            #expect(retry?.reason == reason)
            let start = await #expect(throws: ExportRefusal.self) { try await record.startExport(ready) }
            #expect(start?.reason == reason)
            let row = try #require(try await record.sessions.load(failed, on: record.pool))
            #expect(row.status == .exportFailed && row.retryCount == 0 && row.fault == fault)
            #expect(try await record.sessions.load(ready, on: record.pool)?.status == .ready)
            #expect(try await record.jobCount() == 1)
        }
    }

    @Test("Another team's session is as good as none")
    func otherTeam() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            for (id, team) in [(session, TeamID()), (SessionID(), record.team)] {
                let error = await #expect(throws: ExportRefusal.self) {
                    try await record.sessions.retryExport(of: id, team: team, actor: .test, maximumAttempts: 5)
                }
                #expect(error?.reason == .noSuchSession)
            }
        }
    }
}

extension RecordFixture {
    fileprivate var standIn: ExportStandIn { ExportStandIn(pool: pool) }

    fileprivate func startExport(_ session: SessionID) async throws -> JobID {
        switch try await sessions.startExport(of: session, team: team, actor: .test, maximumAttempts: 4) {
        case .started(let job, _), .running(let job, _): job.id
        }
    }

    fileprivate func retry(_ session: SessionID) async throws -> ExportRetry {
        try await sessions.retryExport(of: session, team: team, actor: .test, maximumAttempts: 4)
    }

    fileprivate func jobCount() async throws -> Int { try await pool.query("SELECT count(*) FROM jobs").scalar() }

    fileprivate func statuses(_ session: SessionID) async throws -> [String] {
        try await exports.tickets(of: session, on: pool).map(\.status.rawValue)
    }
}
