import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

private let first = WorkerID(rawValue: "first")
private let second = WorkerID(rawValue: "second")

@Suite("What is known of deaths", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct JobDeathTests {
    private func claim(_ job: JobID, by worker: WorkerID, _ record: RecordFixture) async throws -> JobClaim {
        try #require(try await record.jobs.claim([job], for: worker).first)
    }

    @Test("The claim that notices a death notes who died, since when it had the job, after which step and at what")
    func facts() async throws {
        try await withRecord { record in
            let session = try await record.importSession(tickets: 2).id
            let start = try await record.sessions.startExport(
                of: session,
                team: record.team,
                actor: .commandLine,
                maximumAttempts: 5
            )
            guard case .started(let job, _) = start else { throw Unexpected() }
            let tickets = try await record.exports.tickets(of: session, on: record.pool)
            let dying = try await claim(job.id, by: first, record)
            let operation = try await record.jobs.withFence(dying) { connection in
                try await record.jobs.recordStep(
                    "ticket",
                    of: dying,
                    subject: tickets[0].id,
                    outcome: "created",
                    on: connection
                )
                return try await OperationStore.intend(tickets[1], by: dying, lowKeyNumber: nil, on: connection).id
            }
            let next = try await claim(job.id, by: second, record)
            #expect(next.job.deaths == 1)

            let death = try #require(try await record.jobs.deaths(of: job.id, on: record.pool).first)
            #expect(death.worker == first && death.epoch == dying.epoch && death.noticedBy == second)
            #expect(death.lastStep == "ticket" && death.lastStepRef == "T1" && death.lastStepAt != nil)
            #expect(death.openTicketRef == "T2" && death.openOperation == operation)
            #expect(try #require(death.claimedAt) <= death.noticedAt)

            _ = try await claim(job.id, by: first, record)
            let deaths = try await record.jobs.deaths(of: job.id, on: record.pool)
            #expect(deaths.map(\.epoch.rawValue) == [2, 1])
        }
    }

    @Test("A worker that lives and has let go, or claims its own job again, is not dead")
    func living() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let lost = try await claim(job.id, by: first, record)
            #expect(try await record.jobs.letGo(lost))
            let taken = try await claim(job.id, by: second, record)
            #expect(taken.job.deaths == 0)
            // The claim is not the newest any more: nothing is let go.
            #expect(try await record.jobs.letGo(lost) == false)
            #expect(try await claim(job.id, by: second, record).job.deaths == 0)
            #expect(try await claim(job.id, by: first, record).job.deaths == 1)
            #expect(try await record.jobs.deaths(of: job.id, on: record.pool).count == 1)
        }
    }

    private struct Unexpected: Error {}
}
