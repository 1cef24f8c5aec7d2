import Delivery
import Foundation
import Postgres
import Record
import Redis
import TestEquipment
import Testing
import TramlineModel

@Suite("Pausing by command", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(3)))
struct PauseCommandTests {
    @Test(
        "A kind, a site and the queue are paused and resumed, in the record and in Redis; stats say who, when and why"
    )
    func pauses() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            let (_, job) = try await fixture.startExport()
            let paused = try await fixture.commands.run(
                ["queue", "pause", "--kind", "export", "--reason", "Jira moves", "--by", "anna"]
            )
            #expect(paused.status == 0 && paused.output == "Paused: kind export.\n", "\(paused)")
            #expect(
                try await fixture.delivery.claim(upTo: 1, worker: worker.worker) == .claimed([], nextDue: nil, ready: 0)
            )
            let again = try await fixture.commands.run("queue", "pause", "--kind", "export", "--json")
            #expect(try again.json["changed"] as? Bool == false)

            // A site by its address, as people have it at hand.
            let site = try await fixture.commands.run("queue", "pause", "--site", "https://acme.atlassian.net/")
            #expect(site.output == "Paused: site acme.atlassian.net.\n", "\(site)")
            let unknown = try await fixture.commands.run("queue", "pause", "--site", "nowhere.example")
            #expect(unknown.status == 1 && unknown.errors.contains("there are: acme.atlassian.net"))

            let stats = try await fixture.commands.run("queue", "stats")
            #expect(stats.output.contains("1 put aside for a pause"), "\(stats)")
            #expect(
                stats.output.contains("PAUSED          kind export, by anna at ") && stats.output.contains("Jira moves")
            )
            #expect(stats.output.contains("PAUSED          site acme.atlassian.net, by "))
            let pauses = try #require(
                try await fixture.commands.run("queue", "stats", "--json").json["pauses"] as? [[String: Any]]
            )
            #expect(pauses.count == 2 && pauses.allSatisfy { $0["in_force"] as? Bool == true })

            let resumed = try await fixture.commands.run("queue", "resume", "--kind", "export")
            #expect(resumed.output == "Resumed: kind export.\nStill paused: site acme.atlassian.net.\n", "\(resumed)")
            #expect(
                try await fixture.delivery.claim(upTo: 1, worker: worker.worker)
                    == .claimed([job.id], nextDue: nil, ready: 0)
            )
            let none = try await fixture.commands.run("queue", "resume")
            #expect(none.status == 0 && none.output.hasPrefix("It was not paused: queue."))
        }
    }

    @Test("A pause that Redis did not hear of is recorded, and the command says when it comes into force")
    func withoutRedis() async throws {
        try await OperatorFixture.run { fixture in
            fixture.redis.kill()
            let paused = try await fixture.commands.run("queue", "pause", "--by", "anna")
            #expect(
                paused.status == 0 && paused.output.contains("Redis does not answer: it is in force as soon as"),
                "\(paused)"
            )
            #expect(try await PauseStore(pool: fixture.record.pool).list().scopes == [.queue])
        }
    }
}
