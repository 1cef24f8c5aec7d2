import Foundation
import JiraSimulator
import Postgres
import Redis
import TestEquipment
import Testing

@Suite("A fleet that is asked about a project", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct ValidationFleetTests {
    private struct Validation: Decodable {
        let validationStatus: String
        let priorityLevels: [Priority]

        struct Priority: Decodable { let name: String }
    }

    @Test("It answers while 100 exports keep every place of the worker busy, and none of them makes room")
    func busy() async throws {
        let places = 20
        try await Fleet.run(.init(workers: 1, environment: ["WORKER_CONCURRENCY": "\(places)"])) { fleet in
            // Far more than the worker runs at once, each far longer than this test.
            for number in 1...100 { _ = try await fleet.export("E\(number)", count: 50) }
            try await fleet.wait(forKey: "holders") {
                try await fleet.redisClient.send(RedisCommand("HLEN", "tramline:{q}:holders")).integer() == places
            }
            // They have looked at the project and do what they are for.
            try await fleet.creates(places)
            let asked = ContinuousClock.now
            let answer = try await fleet.validateProject()
            fleet.report("to a validation ahead of 100 exports", (ContinuousClock.now - asked) / .seconds(1))
            try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
            let validation = try answer.decode(Validation.self)
            try #require(validation.validationStatus == "valid" && !validation.priorityLevels.isEmpty)
            let states = try await fleet.pool.query(
                "SELECT state, count(*) FROM jobs WHERE kind = 'export' GROUP BY state ORDER BY state"
            ).map { "\(try $0.get("count", as: Int.self)) \(try $0.get("state", as: String.self))" }
            try #require(states == ["\(100 - places) queued", "\(places) running"])
        }
    }

    @Test("Without a worker it answers 503 and when to come again, and leaves nothing behind; with one it answers")
    func noWorker() async throws {
        try await Fleet.run(.init(workers: 0)) { fleet in
            let answer = try await fleet.validateProject()
            try #require(answer.status == 503)
            try #require(answer.retryAfter.flatMap { Int($0) } ?? 0 > 0)
            let states = try await fleet.pool.query("SELECT state FROM jobs WHERE kind = 'validate'")
            try #require(try states.map { try $0.get("state", as: String.self) } == ["cancelled"])
            try #require(fleet.jira.journal().isEmpty)
            try await fleet.startWorker()
            try #require(try await fleet.validateProject().status == 200)
        }
    }
}

extension Fleet {
    fileprivate func validateProject() async throws -> APIAnswer {
        let body = """
            {"project_key": "PROJ",
             "user_requirements": {"requires_sprint_assignment": true, "requires_assignee": true,
                                   "requires_priority_levels": true}}
            """
        return try await send("POST", "/api/jira/validate-project", key: key, body: Data(body.utf8), timeout: 60)
    }
}
