import Foundation
import JiraSimulator
import Postgres
import TestEquipment
import Testing

@Suite("A fleet whose exports are retried and cancelled", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct RetryFleetTests {
    private struct Resumed: Decodable {
        let taskId: UUID
        let retryAttempt: Int
        let remainingRetries: Int
        let resumingFromTicketOrder: Int
        let preservedSuccessfulTickets: Int
    }

    private struct Cancelled: Decodable {
        let taskId: UUID
        let status: String
    }

    @Test("An export that failed is completed by a retry, and no issue is made twice")
    func retry() async throws {
        try await Fleet.run { fleet in
            fleet.jira.add(.creating(.errorBeforeCommit(status: 403), title: "F 5", .nth(1)))
            let session = try await fleet.export("F", count: 10)
            let failed = try await fleet.wait(for: session) { $0.status == "export_failed" }
            try #require(failed.exported == 4)
            try #require(fleet.jira.issues().count == 4)

            let answer = try await fleet.send("POST", "/api/jira/retry-failed/\(session.wire)", key: fleet.key)
            try #require(answer.status == 202)
            let resumed = try answer.decode(Resumed.self)
            try #require(resumed.resumingFromTicketOrder == 5 && resumed.preservedSuccessfulTickets == 4)
            try #require(resumed.retryAttempt == 1 && resumed.remainingRetries == 2)
            try await fleet.completed(session)
            try fleet.checkSite(issues: 10)
            try fleet.checkSpacing()
            let creates = fleet.jira.journal().filter(\.isCreate).compactMap(\.title)
            try #require(creates == (1...5).map { "F \($0)" } + (5...10).map { "F \($0)" })
            let tasks = try await fleet.pool.query(
                "SELECT id, kind, state FROM jobs WHERE session_id = \(session) ORDER BY created_at"
            )
            try #require(try tasks.map { try $0.get("kind", as: String.self) } == ["export", "retry"])
            try #require(try tasks.map { try $0.get("state", as: String.self) } == ["failed", "succeeded"])
            try #require(try tasks[1].get("id", as: UUID.self) == resumed.taskId)
        }
    }

    @Test("An export that is cancelled stops after its ticket, and a retry, which is free, completes it")
    func cancel() async throws {
        try await Fleet.run { fleet in
            let session = try await fleet.export("C", count: 12)
            try await fleet.creates(4)
            let told = ContinuousClock.now
            let answer = try await fleet.send("POST", "/api/jira/cancel-export/\(session.wire)", key: fleet.key)
            try #require(answer.status == 202)
            try #require(try answer.decode(Cancelled.self).status == "cancelling")
            let standing = try await fleet.wait(for: session) { $0.status == "cancelled" }
            fleet.report("from the cancel to the export's end", (ContinuousClock.now - told) / .seconds(1))
            let created = fleet.jira.issues().count
            try #require(created == standing.exported && (4...6).contains(created))

            // By the command, which tells nobody: the sweep finds it.
            let output = try await fleet.command("sessions", "retry", session.wire, "--json")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let resumed = try decoder.decode(Resumed.self, from: Data(output.utf8))
            try #require(resumed.retryAttempt == 0 && resumed.remainingRetries == 3)
            try #require(resumed.resumingFromTicketOrder == created + 1)
            try await fleet.completed(session)
            try fleet.checkSite(issues: 12)
            try fleet.checkSpacing()
            try fleet.checkNoRepetition()
        }
    }

    @Test("An export that is cancelled while its worker dies does not go on elsewhere")
    func cancelAndKill() async throws {
        try await Fleet.run(.init(lease: 2)) { fleet in
            // Under way when the worker is told, and when it dies.
            fleet.jira.add(.creating(.latency(milliseconds: 2000), .nth(4)))
            let session = try await fleet.export("D", count: 12)
            try await fleet.creates(4)
            let answer = try await fleet.send("POST", "/api/jira/cancel-export/\(session.wire)", key: fleet.key)
            try #require(try answer.decode(Cancelled.self).status == "cancelling")
            let holder = try await fleet.holder(of: session).holder
            holder.signal(SIGKILL)
            try #require(try await holder.ended() == .signal(SIGKILL))
            try await fleet.wait(for: session) { $0.status == "cancelled" }
            try #require(fleet.jira.journal().count(where: \.isCreate) == 4)

            // What was in flight is looked for before anything else is created.
            let retry = try await fleet.send("POST", "/api/jira/retry-failed/\(session.wire)", key: fleet.key)
            try #require(retry.status == 202)
            try await fleet.completed(session)
            try fleet.checkSite(issues: 12)
            try fleet.checkNoRepetition()
        }
    }
}
