import Delivery
import Record
import TestEquipment
import Testing
import TramlineModel

@Suite("Cancelling by command", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(3)))
struct CancelCommandTests {
    @Test("A waiting export is cancelled with its session, a running one is told, one that has ended is refused")
    func cancel() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            let (_, running) = try await fixture.startExport()
            _ = try await fixture.claim(running.id, by: worker)
            let (session, waiting) = try await fixture.startExport()
            let ended = try await fixture.enqueue(NewJob(kind: .notify, team: fixture.record.team))
            let claim = try #require(try await fixture.record.jobs.claim([ended.id], for: worker.worker).first)
            try await fixture.record.jobs.withFence(claim) { connection in
                try await fixture.record.jobs.settle(claim, as: .succeeded, on: connection)
            }
            let wakes = try await fixture.delivery.wakes(worker: worker.worker)
            let outcome = try await fixture.commands.run(
                "jobs",
                "cancel",
                "\(waiting.id)",
                "\(running.id)",
                "\(ended.id)"
            )
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.output.contains("\(waiting.id): cancelled\n"))
            #expect(outcome.output.contains("\(running.id): stops after its current step\n"))
            #expect(outcome.output.contains("\(ended.id): refused. Job \(ended.id) is succeeded"))
            let view = try #require(try await fixture.record.sessions.view(of: session, team: nil))
            #expect(view.session.status == .cancelled && view.session.progressSequence == 1)
            #expect(try await fixture.delivery.places(of: [waiting.id]) == [waiting.id: .nowhere])
            #expect(try await fixture.record.jobs.cancelRequests(among: [running.id]) == [running.id])
            // The worker hears of it.
            let wake = await wakes.first { _ in true }
            #expect(wake == .cancellation)
            let again = try await fixture.commands.run("jobs", "cancel", "\(waiting.id)", "--json")
            #expect(again.status == 0 && again.output.contains(#""state":"cancelled""#))
        }
    }
}
