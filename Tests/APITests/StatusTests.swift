import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Postgres
import Record
import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import API
@testable import Delivery

@Suite("Status and results", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct StatusTests {
    private func get(_ client: any TestClientProtocol, _ api: APIFixture, _ path: String) async throws -> TestResponse {
        try await client.execute(uri: "/api/jira/\(path)", method: .get, headers: api.headers())
    }

    /// Creates the session's first ticket in Jira, as far as the record is concerned.
    private func exportFirst(_ session: SessionID, _ api: APIFixture) async throws -> Ticket {
        let ticket = try #require(try await api.backend.exports.tickets(of: session, on: api.backend.pool).first)
        try await api.backend.pool.withTransaction { connection in
            let issue = ExportedIssue(id: "10001", key: "PROJ-1", url: "https://acme.example/browse/PROJ-1")
            try await api.backend.exports.markExported(ticket.id, as: issue, on: connection)
            try await api.backend.exports.recordFix(
                ManualFix(
                    ticket: ticket.id,
                    issueType: "assignee_invalid",
                    subject: "assignee",
                    reason: "Nobody has this address.",
                    recommendedAction: "Assign it."
                ),
                session: session,
                on: connection
            )
        }
        return ticket
    }

    @Test("The status follows the export: ready, exporting, completed")
    func life() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 2)
            let store = api.backend.sessions
            try await api.application.test(.router) { client in
                let ready = try await get(client, api, "export-status/\(session)").json
                #expect(ready["status"]?.string == "ready")
                #expect(ready["task_id"] == .null)
                try await api.forgetStatus(session)

                _ = try await store.startExport(of: session, team: api.team, actor: .test, maximumAttempts: 1)
                let ticket = try await exportFirst(session, api)
                let exporting = try await get(client, api, "export-status/\(session)").json
                #expect(
                    Set(exporting.keys) == [
                        "session_id", "task_id", "status", "progress_percentage", "tickets_completed", "total_tickets",
                        "current_ticket_title", "estimated_time_remaining_minutes",
                    ]
                )
                #expect(exporting["status"]?.string == "exporting")
                #expect(exporting["tickets_completed"]?.integer == 1)
                #expect(exporting["current_ticket_title"]?.string == "Ticket 2")
                try await api.forgetStatus(session)

                try await api.backend.pool.withTransaction { try await store.completeExport(session, on: $0) }
                let completed = try await get(client, api, "export-status/\(session)").json
                #expect(
                    Set(completed.keys) == [
                        "session_id", "task_id", "status", "jira_tickets_created", "dependencies_created",
                        "manual_fixes_needed", "total_processing_time_minutes", "completed_at",
                    ]
                )
                #expect(completed["task_id"] == exporting["task_id"])

                let results = try await get(client, api, "export-results/\(session)").json
                #expect(
                    Set(results.keys) == [
                        "session_id", "total_tickets_created", "jira_tickets", "dependencies_created", "manual_fixes",
                        "total_processing_time_minutes",
                    ]
                )
                let issue = try #require(results["jira_tickets"]?.array?.first)
                #expect(issue["ticket_id"]?.string == ticket.id.description)
                #expect(issue["jira_key"]?.string == "PROJ-1")
                #expect(issue["title"]?.string == "Ticket 1")
                let fix = try #require(results["manual_fixes"]?.array?.first)
                #expect(
                    fix
                        == .object([
                            JSONMember("issue_type", .string("assignee_invalid")),
                            JSONMember("jira_key", .string("PROJ-1")),
                            JSONMember("jira_url", .string("https://acme.example/browse/PROJ-1")),
                            JSONMember("recommended_action", .string("Assign it. Nobody has this address.")),
                            JSONMember("title", .string("Ticket 1")),
                        ])
                )
            }
        }
    }

    @Test("A failed export says why and what to do")
    func failed() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 2)
            let store = api.backend.sessions
            _ = try await store.startExport(of: session, team: api.team, actor: .test, maximumAttempts: 1)
            let fault = Fault(
                category: .userFixable,
                code: "no_permission",
                userMessage: "You may not.",
                recoveryActions: ["Ask."]
            )
            try await api.backend.pool.withTransaction {
                try await store.failExport(session, at: 2, fault: fault, on: $0)
            }
            try await api.application.test(.router) { client in
                let failed = try await get(client, api, "export-status/\(session)").json
                #expect(
                    Set(failed.keys) == [
                        "session_id", "task_id", "status", "failed_at_ticket_order", "error_category", "user_message",
                        "recovery_actions", "retry_available", "retry_attempts_used",
                    ]
                )
                #expect(failed["status"]?.string == "failed")
                #expect(failed["failed_at_ticket_order"]?.integer == 2)
                #expect(failed["error_category"]?.string == "user_fixable")
                #expect(failed["retry_available"] == .bool(true))
            }
        }
    }

    @Test("The status may be asked for once in two seconds, session by session")
    func limited() async throws {
        try await APIFixture.run { api in
            let (one, two) = (try await api.importSession(tickets: 1), try await api.importSession(tickets: 1))
            try await api.application.test(.router) { client in
                #expect(try await get(client, api, "export-status/\(one)").status == .ok)
                // However long the machine took for that.
                try await api.holdStatus(one)
                let refused = try await get(client, api, "export-status/\(one)")
                #expect(refused.status == .tooManyRequests)
                #expect(try refused.error().code == "rate_limited")
                let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
                #expect((1...60).contains(wait))
                #expect(try await get(client, api, "export-status/\(two)").status == .ok)
            }
        }
    }

    @Test("What is asked of one API process counts at the others")
    func limitedEverywhere() async throws {
        try await withPostgres(migrations: RecordMigrations.all) { pool in
            try await withRedis { redis in
                try await withRedisClient(url: redis.url) { other in
                    let first = try await APIFixture(pool: pool, redis: redis.client, space: redis.prefix)
                    // As another process: connections of its own, and nothing in memory that the first one has.
                    let second = Backend(
                        pool: pool,
                        redis: other,
                        delivery: Delivery(
                            redis: other,
                            lease: .seconds(6),
                            spacing: .milliseconds(1500),
                            space: redis.prefix
                        ),
                        jobMaxAttempts: 5
                    )
                    try await first.application.test(.router) { one in
                        try await Application(router: APIRouter.make(second)).test(.router) { two in
                            var refused: TestResponse?
                            // Each turn with a session of its own: a machine that takes 2 s for a turn just takes another.
                            while refused?.status != .tooManyRequests {
                                let session = try await first.importSession(tickets: 1)
                                #expect(try await get(one, first, "export-status/\(session)").status == .ok)
                                refused = try await get(two, first, "export-status/\(session)")
                            }
                            let wait = try #require(refused?.headers[.retryAfter].flatMap { Int($0) })
                            #expect((1...2).contains(wait))
                        }
                    }
                }
            }
        }
    }

    /// Why Redis takes no jobs.
    enum Absence: String, CaseIterable, Sendable {
        case killed, paused, replica, fullMemory
    }

    @Test(
        "While Redis takes no jobs nothing is limited, an export starts all the same, and readiness names Redis",
        arguments: Absence.allCases
    )
    func redisAway(_ absence: Absence) async throws {
        try await withPostgres(migrations: RecordMigrations.all) { pool in
            try await PrivateRedis.run { server in
                try await withRedisClient(url: server.url, commandTimeout: .milliseconds(300)) { redis in
                    let api = try await APIFixture(
                        pool: pool,
                        redis: redis,
                        space: "away",
                        limiterPatience: .milliseconds(100)
                    )
                    let session = try await api.importSession(tickets: 1)
                    switch absence {
                    case .killed: server.kill()
                    case .paused: server.pause()
                    case .replica: _ = try await redis.send(RedisCommand("REPLICAOF", "127.0.0.1", "1"))
                    case .fullMemory: _ = try await redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
                    }
                    defer { server.resume() }
                    try await api.application.test(.router) { client in
                        let start = try await client.execute(
                            uri: "/api/jira/export-session/\(session)",
                            method: .post,
                            headers: api.headers()
                        )
                        #expect(start.status == .accepted)
                        #expect(try await get(client, api, "export-status/\(session)").status == .ok)
                        #expect(try await get(client, api, "export-status/\(session)").status == .ok)
                        let ready = try await client.execute(uri: "/ready", method: .get)
                        #expect(ready.status == .serviceUnavailable)
                        #expect(try ready.error().details?.map(\.at) == ["redis"])
                    }
                }
            }
        }
    }
}

extension APIFixture {
    /// Lets the session's status be asked for again at once.
    func forgetStatus(_ session: SessionID) async throws {
        _ = try await backend.redis.send(RedisCommand("DEL", statusKey(of: session)))
    }

    /// Does what asking for the status does, for a minute.
    fileprivate func holdStatus(_ session: SessionID) async throws {
        _ = try await backend.redis.send(RedisCommand("SET", statusKey(of: session), "1", "PX", "60000"))
    }

    private func statusKey(of session: SessionID) -> RedisArgument {
        RedisArgument(backend.delivery.keys.status(of: session))
    }
}
