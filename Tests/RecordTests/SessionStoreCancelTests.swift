import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

private let fault = Fault(category: .temporary, code: "x", userMessage: "y", recoveryActions: [])

@Suite("Cancelling an export", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct SessionStoreCancelTests {
    @Test("One that waits is cancelled with its session and its end message; what is in Jira stays")
    func waiting() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 3).id
            let job = try await record.startExport(session)
            try await record.standIn.createIssues(1, of: session)
            let cancelled = try await record.cancel(session)
            #expect(cancelled.job == job && cancelled.isCancelled && cancelled.sequence == 1)
            let row = try #require(try await record.sessions.load(session, on: record.pool))
            #expect(row.status == .cancelled && row.exportTask == job && row.fault == nil && row.isRetryAvailable)
            #expect(try await record.jobs.job(job)?.state == .cancelled)
            let message = try #require(try await record.sessions.messages(of: session, after: 0, limit: 10).only)
            #expect(message.isEnd)
            for part in [
                #""type":"export_failed""#, #""status":"cancelled""#, #""retry_available":true"#,
                #""error_message":"The export was cancelled.""#, #""task_id":"\#(job)""#,
            ] { #expect(message.json.contains(part)) }
            #expect(message.json.contains(#""failed_at_ticket":2,"#))

            let again = try await record.cancel(session)
            #expect(again.job == job && again.isCancelled && again.sequence == nil && again.cancellation == nil)
            #expect(try await record.sessions.messages(of: session, after: 0, limit: 10).count == 1)
            #expect(try await record.sessions.counts(of: session, on: record.pool).exportedTickets == 1)
        }
    }

    @Test("One that runs goes on exporting until its step is done")
    func running() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let job = try await record.startExport(session)
            let claim = try await record.standIn.claim(session)
            for _ in 1...2 {
                let cancelled = try await record.cancel(session)
                #expect(cancelled.job == job && !cancelled.isCancelled && cancelled.sequence == nil)
            }
            let view = try #require(try await record.sessions.view(of: session, team: record.team))
            #expect(view.session.status == .exporting && view.isCancelling)
            try await record.jobs.withFence(claim) { connection in
                _ = try await record.sessions.concludeCancelled(session, job: job, on: connection)
                try await record.jobs.settle(claim, as: .cancelled, on: connection)
            }
            let after = try #require(try await record.sessions.view(of: session, team: record.team))
            #expect(after.session.status == .cancelled && !after.isCancelling)
            #expect(try await record.cancel(session).isCancelled)
        }
    }

    @Test("A step that is under way and the wish do not lock each other out")
    func noDeadlock() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let job = try await record.startExport(session)
            let claim = try await record.standIn.claim(session)
            let cancelled = try await withThrowingTaskGroup(of: ExportCancellation.self) { group in
                try await record.jobs.withFence(claim) { connection in
                    group.addTask { try await record.cancel(session) }
                    while try await record.waitersForLocks() == 0 { await Task.yield() }
                    // A step's message locks the session's row, when it has the job's.
                    _ = try await record.sessions.appendMessage(to: session, job: job, on: connection) { sequence in
                        .failed(.cancelled(sequence: sequence, session: session, task: job, stoppedAtTicket: 1))
                    }
                }
                return try await group.next()
            }
            #expect(cancelled?.isCancelled == false)
        }
    }

    @Test("An export that has not begun, has completed or has failed cannot be cancelled")
    func nothing() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            #expect(try await record.refusal(to: session) == .notStarted)
            _ = try await record.startExport(session)
            try await record.standIn.run(session, to: .failed(fault))
            #expect(try await record.refusal(to: session) == .failed)
            _ = try await record.sessions.retryExport(
                of: session,
                team: record.team,
                actor: .test,
                maximumAttempts: 1
            )
            try await record.standIn.run(session, creating: 1, to: .succeeded)
            #expect(try await record.refusal(to: session) == .completed)
            for (id, team) in [(session, TeamID()), (SessionID(), record.team)] {
                let error = await #expect(throws: ExportRefusal.self) {
                    try await record.sessions.cancelExport(of: id, team: team, actor: .test)
                }
                #expect(error?.reason == .noSuchSession)
            }
        }
    }

    @Test("A retry that is cancelled goes on by another, for nothing")
    func cancelledRetry() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 2).id
            _ = try await record.startExport(session)
            try await record.standIn.run(session, creating: 1, to: .failed(fault))
            func retry() async throws -> ExportRetry {
                try await record.sessions.retryExport(of: session, team: record.team, actor: .test, maximumAttempts: 1)
            }
            let first = try await retry()
            #expect(try await record.cancel(session).job == first.job.id)
            let second = try await retry()
            #expect(second.job.id != first.job.id)
            #expect(first.session.retryCount == 1 && second.session.retryCount == 1)
            #expect(second.counts.resumingTicketOrder == 2)
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

    fileprivate func cancel(_ session: SessionID) async throws -> ExportCancellation {
        try await sessions.cancelExport(of: session, team: team, actor: .test)
    }

    fileprivate func refusal(to session: SessionID) async throws -> ExportRefusal.Reason? {
        do {
            _ = try await cancel(session)
            return nil
        } catch let refusal as ExportRefusal {
            return refusal.reason
        }
    }
}

extension Array {
    fileprivate var only: Element? { count == 1 ? self[0] : nil }
}
