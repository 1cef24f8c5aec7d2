import Delivery
import JiraSimulator
import Postgres
import Record
import ServiceLifecycle
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Retried exports", .tags(.postgres, .redis), .postgres, .redis, .timeLimit(.minutes(2)))
struct RetryTests {
    @Test("A retry goes on with the ticket that failed; what was created stays as it is")
    func resumes() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(.creating(.errorBeforeCommit(status: 403), title: "Ticket 3", .nth(1)))
            let (team, session) = try await fixture.importSession(
                (1...5).map { .make($0, dependsOn: $0 > 1 ? ["T1"] : []) }
            )
            let failed = try await fixture.export(session, team: team)
            let end = try #require(failed.last)
            #expect(end.contains(#""failed_at_ticket":3"#) && end.contains(#""retry_available":true"#))
            let kept = fixture.jira.issues().map(\.key)
            #expect(kept.count == 2)

            let (retry, messages) = try await fixture.resume(session, team: team)
            #expect(retry.counts.resumingTicketOrder == 3 && retry.counts.exportedTickets == 2)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().map(\.summary) == (1...5).map { "Ticket \($0)" })
            #expect(fixture.jira.issues().map(\.key).prefix(2) == kept[...])
            #expect(fixture.jira.duplicates().isEmpty)
            #expect(fixture.jira.links().count == 4)
            let row = try #require(try await SessionStore(pool: fixture.pool).load(session, on: fixture.pool))
            #expect(row.status == .completed && row.retryCount == 1 && row.fault == nil && row.firstErrorAt != nil)
        }
    }

    @Test("An export that failed while linking goes on with the links, and creates nothing")
    func resumesAtLinks() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(
                Fault(.errorBeforeCommit(status: 503), method: "POST", path: "/rest/api/3/issueLink", .first(3))
            )
            let (team, session) = try await fixture.importSession([.make(1), .make(2, dependsOn: ["T1"])])
            let failed = try await fixture.export(session, team: team)
            #expect(failed.last?.contains(#""error_category":"temporary""#) == true)
            let (retry, messages) = try await fixture.resume(session, team: team)
            #expect(retry.counts.resumingTicketOrder == 2 && retry.counts.exportedTickets == 2)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().count == 2 && fixture.jira.links().count == 1)
        }
    }

    @Test("Faults between steps do not add up over a long export: only those without progress do")
    func attemptsSinceProgress() async throws {
        try await ExportFixture.run { fixture in
            // Each fourth create meets one; three in a row would be the end of it.
            fixture.jira.add(.creating(.rateLimited(retryAfter: 0, reason: "jira-burst-based"), .every(3)))
            let (team, session) = try await fixture.importSession((1...10).map { .make($0) })
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().count == 10 && fixture.jira.duplicates().isEmpty)
        }
    }
}

@Suite("Cancelled exports", .tags(.postgres, .redis), .postgres, .redis, .timeLimit(.minutes(2)))
struct CancelTests {
    @Test("A running export stops between two tickets, and a retry creates the rest")
    func betweenTickets() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession((1...8).map { .make($0) })
            let end = try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(session, team: team)
                _ = try await fixture.follow(session) { $0.count >= 3 }
                let cancelled = try await fixture.cancel(session, team: team)
                #expect(!cancelled.isCancelled)
                return try await fixture.messages(of: session).last
            }
            #expect(end?.contains(#""status":"cancelled""#) == true)
            let created = fixture.jira.issues().count
            #expect((1..<8).contains(created))
            let store = SessionStore(pool: fixture.pool)
            let row = try #require(try await store.load(session, on: fixture.pool))
            #expect(row.status == .cancelled && row.firstErrorAt == nil)
            // What Jira made, the record knows.
            #expect(try await store.counts(of: session, on: fixture.pool).exportedTickets == created)
            let open: Int = try await fixture.pool.query(
                "SELECT count(*) FROM operations WHERE state NOT IN ('created', 'refused')"
            ).scalar()
            #expect(open == 0)

            let (retry, messages) = try await fixture.resume(session, team: team)
            #expect(retry.session.retryCount == 0 && retry.counts.resumingTicketOrder == created + 1)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues().map(\.summary) == (1...8).map { "Ticket \($0)" })
            #expect(fixture.jira.duplicates().isEmpty)
        }
    }

    @Test("An export that waits at a closed gate is cancelled there, and nothing is sent for it")
    func atClosedGate() async throws {
        try await ExportFixture.run { fixture in
            // Whoever meets it closes the site's gate for an hour.
            fixture.jira.add(
                .creating(.rateLimited(retryAfter: 3600, reason: "jira-burst-based"), title: "Closing", .nth(1))
            )
            let (team, closing) = try await fixture.importSession([.make(1, TicketContent(title: "Closing"))])
            let (_, session) = try await fixture.importSession((1...3).map { .make($0) })
            try await fixture.withWorkers([fixture.makeRunner("worker")]) { _ in
                try await fixture.start(closing, team: team)
                let site = SiteID(address: fixture.jira.baseURL)!
                while try await fixture.delivery.gateForecast(site)?.closedFor ?? .zero < .seconds(600) {
                    await Task.yield()
                }
                let sent = fixture.jira.journal().count
                try await fixture.start(session, team: team)
                while try await fixture.delivery.gateForecast(site).map({ $0.spacedWaiting + $0.unspacedWaiting }) != 1
                {
                    await Task.yield()
                }
                _ = try await fixture.cancel(session, team: team)
                let end = try await fixture.messages(of: session).last
                #expect(end?.contains(#""status":"cancelled""#) == true)
                #expect(fixture.jira.journal().count == sent)
                // The other one waits for its time: it ends at once.
                #expect(try await fixture.cancel(closing, team: team).isCancelled)
            }
            #expect(fixture.jira.issues().isEmpty)
            let jobs = try await fixture.pool.query("SELECT state, attempts FROM jobs ORDER BY created_at")
            #expect(try jobs.map { try $0.get("state", as: String.self) } == ["cancelled", "cancelled"])
        }
    }

    @Test("An export that is cancelled while its worker stops does not go on elsewhere")
    func handedOver() async throws {
        try await ExportFixture.run { fixture in
            // In flight while it is cancelled and the worker told to stop.
            fixture.jira.add(.creating(.latency(milliseconds: 300), .nth(2)))
            let (team, session) = try await fixture.importSession((1...5).map { .make($0) })
            try await fixture.withWorkers([fixture.makeRunner("first")]) { groups in
                try await fixture.start(session, team: team)
                _ = try await fixture.jira.journal { entries in
                    entries.count { $0.method == "POST" && $0.path == "/rest/api/3/issue" } == 2
                }
                _ = try await fixture.cancel(session, team: team)
                await groups[0].triggerGracefulShutdown()
            }
            let row = try #require(try await SessionStore(pool: fixture.pool).load(session, on: fixture.pool))
            #expect(row.status == .cancelled)
            #expect(fixture.jira.issues().count == 2)
            let job = try await fixture.pool.query("SELECT state, epoch FROM jobs").only()
            #expect(try job.get("state", as: String.self) == "cancelled")
            #expect(try job.get("epoch", as: Int.self) == 1)
        }
    }
}
