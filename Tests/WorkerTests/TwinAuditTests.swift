import Foundation
import JiraSimulator
import Jobs
import Logging
import Postgres
import Record
import ServiceLifecycle
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("The look for twins after repeated creates", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct TwinAuditTests {
    /// Runs a session to its end and its audit after that.
    private func run(
        _ faults: [ScriptedFault],
        labels: Bool = true,
        tickets: Int = 3,
        meanwhile: @escaping @Sendable (ExportFixture) async throws -> Void,
        then check: @Sendable (ExportFixture, SessionID) async throws -> Void
    ) async throws {
        let site = SiteConfiguration(projects: [ProjectConfiguration(labelsOnScreen: labels)])
        let jira = JiraSimulator.Configuration(sites: [site], latency: .milliseconds(2), faults: faults)
        try await ExportFixture.run(
            requestTimeout: .seconds(1),
            settle: .milliseconds(500),
            twinAudit: .seconds(2),
            jira: jira
        ) { fixture in
            let (team, session) = try await fixture.importSession((1...tickets).map { .make($0) })
            _ = try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                let messages = try await fixture.messages(of: session)
                #expect(messages.last?.contains("export_complete") == true)
                try await meanwhile(fixture)
                _ = await fixture.audits.next()
            }
            try await check(fixture, session)
        }
    }

    @Test("A first request that takes effect after its repetition is reported, with the twin's key, and left alone")
    func twin() async throws {
        let late = ScriptedFault.creating(.delayedCommit(milliseconds: 3_600_000), title: "Ticket 2", limit: 1)
        try await run([late]) { fixture in
            fixture.jira.advance(by: .seconds(3600))
        } then: { fixture, session in
            #expect(fixture.jira.issues().map(\.summary) == ["Ticket 1", "Ticket 3", "Ticket 2", "Ticket 2"])
            #expect(try await fixture.keys(of: session) == ["PROJ-1", "PROJ-3", "PROJ-2"])
            let fixes = try await fixture.fixes(of: session)
            #expect(fixes == ["duplicate_issue PROJ-4 PROJ-4"])
            let told = try await AuditStore(pool: fixture.pool).entries(of: session, after: 0, limit: 1000)
            #expect(told.last { $0.entity == .ticket }?.reason == "duplicate_issue: PROJ-4")
        }
    }

    @Test("A twin without a marker is reported as a possible orphan")
    func orphan() async throws {
        let faults: [ScriptedFault] = [
            .creating(.delayedCommit(milliseconds: 3_600_000), title: "Ticket 2", limit: 1),
            .creating(.propertyLost, title: "Ticket 2", limit: 1),
        ]
        try await run(faults, labels: false) { fixture in
            fixture.jira.advance(by: .seconds(3600))
        } then: { fixture, session in
            let fixes = try await fixture.fixes(of: session)
            #expect(fixes == ["possible_orphan PROJ-4 PROJ-4"])
        }
    }

    @Test("Where there is no twin nothing is reported, and many tickets need one look")
    func none() async throws {
        let lost = ScriptedFault.creating(.dropBeforeCommit, .every(2), limit: 3)
        try await run([lost], tickets: 8) { fixture in
            fixture.jira.removeFaults()
        } then: { fixture, session in
            let fixes = try await fixture.fixes(of: session)
            #expect(fixes.isEmpty)
            #expect(fixture.jira.duplicates().isEmpty)
            #expect(
                try await fixture.pool.query("SELECT count(*) FROM operations WHERE audited_at IS NOT NULL").scalar()
                    == 3
            )
            #expect(try await fixture.pool.query("SELECT count(*) FROM jobs WHERE kind = 'audit'").scalar() == 1)
        }
    }

    @Test("An audit that cannot see is told as one that was not done")
    func blind() async throws {
        let faults: [ScriptedFault] = [.creating(.dropBeforeCommit, title: "Ticket 2", limit: 1)]
        try await run(faults) { fixture in
            fixture.jira.add(
                ScriptedFault(.answer(status: 403, body: ["errorMessages": ["No."]]), path: "/rest/api/3/search/jql")
            )
        } then: { fixture, session in
            let fixes = try await fixture.fixes(of: session)
            #expect(fixes == ["possible_orphan audit PROJ-3"])
        }
    }

    @Test("An audit that fails for good leaves word of it")
    func failed() async throws {
        let faults: [ScriptedFault] = [.creating(.dropBeforeCommit, title: "Ticket 2", limit: 1)]
        try await run(faults) { fixture in
            fixture.jira.revoke(token: ExportFixture.token)
        } then: { fixture, session in
            let fixes = try await fixture.fixes(of: session)
            #expect(fixes == ["possible_orphan audit PROJ-3"])
            let parked = try await fixture.pool.query("SELECT parked_reason FROM integrations").scalar(as: String?.self)
            #expect(parked == "Jira refused its credential.")
        }
    }

    @Test(
        "An audit ends between two requests when its worker goes away, and when somebody cancels it",
        arguments: [JobState.queued, .cancelled]
    )
    func interrupted(_ state: JobState) async throws {
        let lost = ScriptedFault.creating(.dropBeforeCommit, title: "Ticket 2", limit: 1)
        let walk = "/rest/api/3/issue/bulkfetch"
        try await ExportFixture.run(
            settle: .milliseconds(500),
            twinAudit: .seconds(2),
            jira: .init(latency: .milliseconds(2), faults: [lost])
        ) { fixture in
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            let before = try await fixture.withWorkers([fixture.makeRunner("worker")]) { groups in
                try await fixture.start(session, team: team)
                _ = try await fixture.messages(of: session)
                fixture.jira.add(ScriptedFault(.latency(milliseconds: 1000), path: walk))
                let before = fixture.jira.journal().count
                try await fixture.jira.journal { $0.dropFirst(before).contains { $0.path == walk } }
                // While the answer is on its way.
                if state == .cancelled {
                    try await fixture.cancelAudit()
                    _ = await fixture.audits.next()
                } else {
                    await groups[0].triggerGracefulShutdown()
                }
                return before
            }
            let after = fixture.jira.journal().dropFirst(before).drop { $0.path != walk }
            #expect(after.map(\.path) == [walk])
            let audit = try await fixture.pool.query("SELECT state FROM jobs WHERE kind = 'audit'").scalar(
                as: String.self
            )
            #expect(audit == state.rawValue)
        }
    }
}

extension ExportFixture {
    /// Cancels the audit, and tells its worker.
    fileprivate func cancelAudit() async throws {
        let store = JobStore(pool: pool)
        let cancellation = try await pool.withTransaction(by: .test) { connection in
            let audit = try await connection.query("SELECT id FROM jobs WHERE kind = 'audit'").scalar(as: JobID.self)
            return try await store.cancel(audit, on: connection)
        }
        let quiet = Logger(label: "test.cancel") { _ in SwiftLogNoOpLogHandler() }
        if let cancellation { await JobQueue(delivery: delivery, logger: quiet).announce(cancellation) }
    }
}
