import Record
import TestEquipment
import Testing
import TramlineModel

@Suite("What commands tell of deaths", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(3)))
struct DeathCommandTests {
    @Test("jobs show tells of each death: who died, when, after which step, while creating what")
    func deaths() async throws {
        try await OperatorFixture.run { fixture in
            let (session, job) = try await fixture.startExport()
            let dying = try #require(
                try await fixture.record.jobs.claim([job.id], for: WorkerID(rawValue: "dying-one")).first
            )
            let tickets = try await fixture.record.exports.tickets(of: session, on: fixture.record.pool)
            try await fixture.record.jobs.withFence(dying) { connection in
                _ = try await OperationStore.intend(tickets[1], by: dying, lowKeyNumber: nil, on: connection)
            }
            _ = try await fixture.record.jobs.claim([job.id], for: WorkerID(rawValue: "next-one"))
            let shown = try await fixture.commands.run("jobs", "show", job.id.description)
            #expect(shown.output.contains("Workers that died while they ran it:"), "\(shown)")
            let line = try #require(shown.output.split(separator: "\n").first { $0.contains("dying-one") })
            #expect(line.hasPrefix("1      dying-one") && line.hasSuffix("none       T2"), "\(line)")
            let json = try await fixture.commands.run("jobs", "show", job.id.description, "--json").json
            let death = try #require((json["deaths_known"] as? [[String: Any]])?.first)
            #expect(death["worker"] as? String == "dying-one" && death["creating_ticket"] as? String == "T2")
        }
    }
}
