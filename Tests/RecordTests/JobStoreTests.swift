import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

private let first = WorkerID(rawValue: "first")
private let second = WorkerID(rawValue: "second")

private let fault = Fault(
    category: .temporary,
    code: "jira_unreachable",
    userMessage: "Jira could not be reached.",
    recoveryActions: ["Wait", "Try again"]
)

extension RecordFixture {
    fileprivate func claim(_ job: Job, by worker: WorkerID) async throws -> JobClaim {
        try #require(try await jobs.claim([job.id], for: worker).first)
    }

    fileprivate func settle(_ claim: JobClaim, as settlement: JobSettlement) async throws {
        try await jobs.withFence(claim) { try await jobs.settle(claim, as: settlement, on: $0) }
    }

    fileprivate func stored(_ job: Job) async throws -> Job { try #require(try await jobs.job(job.id)) }
}

@Suite("Claims of jobs", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct JobStoreClaimTests {
    @Test("A claim makes the job running and gives it the next epoch")
    func claim() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            #expect(job.state == .queued && job.epoch == Epoch(rawValue: 0) && job.startedAt == nil)
            let claim = try await record.claim(job, by: first)
            #expect(claim.worker == first && claim.epoch == Epoch(rawValue: 1))
            #expect(claim.job.state == .running && claim.job.worker == first && claim.job.startedAt != nil)
            #expect(claim.job.deaths == 0 && claim.job.attempts == 0)
            let again = try await record.claim(job, by: second)
            #expect(again.epoch == Epoch(rawValue: 2) && again.job.startedAt == claim.job.startedAt)
        }
    }

    @Test("A job that is claimed while it runs counts a death; one that was handed over does not")
    func deaths() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let claim = try await record.claim(job, by: first)
            try await record.settle(claim, as: .queued(after: .zero))
            let handedOver = try await record.claim(job, by: second)
            #expect(handedOver.job.deaths == 0)
            #expect(try await record.claim(job, by: first).job.deaths == 1)
            #expect(try await record.claim(job, by: second).job.deaths == 2)
        }
    }

    @Test("Only live jobs are claimed, and the ones that are not there are left out")
    func gone() async throws {
        try await withRecord { record in
            let ended = try await record.insertJob()
            try await record.settle(try await record.claim(ended, by: first), as: .succeeded)
            let live = try await record.insertJob()
            let claims = try await record.jobs.claim([ended.id, live.id, JobID()], for: first)
            #expect(claims.map(\.job.id) == [live.id])
            #expect(try await record.jobs.claim([], for: first).isEmpty)
        }
    }

    @Test("Two workers that claim the same jobs at once get different epochs, and one of them is late")
    func race() async throws {
        try await withRecord { record in
            var ids: [JobID] = []
            for _ in 0..<20 { ids.append(try await record.insertJob().id) }
            async let ofFirst = record.jobs.claim(ids, for: first)
            async let ofSecond = record.jobs.claim(ids.reversed(), for: second)
            let epochs = try await [ofFirst, ofSecond].map { claims in
                Dictionary(uniqueKeysWithValues: claims.map { ($0.job.id, $0.epoch.rawValue) })
            }
            for id in ids { #expect(Set(epochs.compactMap { $0[id] }) == [1, 2]) }
        }
    }

    @Test("A late worker cannot write after a newer claim")
    func fence() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let late = try await record.claim(job, by: first)
            let newest = try await record.claim(job, by: second)
            let error = await #expect(throws: RecordError.self) {
                try await record.jobs.withFence(late) { connection in
                    try await connection.execute("UPDATE jobs SET payload = '{\"late\": true}'")
                }
            }
            #expect(error?.code == .staleClaim)
            #expect(try await record.stored(job).payload == "{}")
            _ = try await record.jobs.withFence(newest) { connection in
                try await connection.execute("UPDATE jobs SET payload = '{\"newest\": true}'")
            }
            #expect(try await record.stored(job).payload.contains("newest"))
        }
    }

    @Test("A claim waits for a step that has begun: the older worker's write is done before it, or never")
    func fenceHolds() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let older = try await record.claim(job, by: first)
            let newer = try await withThrowingTaskGroup(of: JobClaim.self) { group in
                try await record.jobs.withFence(older) { connection in
                    group.addTask { try await record.claim(job, by: second) }
                    // The step goes on only when the newer claim waits for it.
                    while try await record.waitersForLocks() == 0 { await Task.yield() }
                    try await connection.execute("UPDATE jobs SET payload = '{\"step\": 1}' WHERE id = \(job.id)")
                }
                return try await group.next()
            }
            #expect(newer?.epoch == Epoch(rawValue: 2))
            #expect(newer?.job.payload.contains("step") == true)
        }
    }

    @Test("A job that has ended accepts no write, also from its last claim")
    func ended() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let claim = try await record.claim(job, by: first)
            try await record.settle(claim, as: .succeeded)
            let error = await #expect(throws: RecordError.self) { try await record.settle(claim, as: .failed(fault)) }
            #expect(error?.code == .staleClaim)
            #expect(try await record.stored(job).state == .succeeded)
        }
    }

    @Test("What a fenced step wrote is undone when it throws")
    func rollback() async throws {
        struct Stop: Error {}
        try await withRecord { record in
            let job = try await record.insertJob()
            let claim = try await record.claim(job, by: first)
            await #expect(throws: Stop.self) {
                try await record.jobs.withFence(claim) { connection in
                    try await connection.execute("UPDATE jobs SET payload = '{\"half\": true}'")
                    throw Stop()
                }
            }
            #expect(try await record.stored(job).payload == "{}")
        }
    }
}

/// A way to end a run, and what the row says afterwards.
struct SettlementCase: Sendable, CustomTestStringConvertible {
    let settlement: JobSettlement
    let attempts: Int
    var testDescription: String {
        "\(settlement.state.rawValue), due in \(settlement.dueIn.map { "\($0)" } ?? "no time")"
    }

    static let all = [
        SettlementCase(settlement: .succeeded, attempts: 0),
        SettlementCase(settlement: .failed(fault), attempts: 0),
        SettlementCase(settlement: .exhausted(fault), attempts: 1),
        SettlementCase(settlement: .cancelled, attempts: 0),
        SettlementCase(settlement: .quarantined(fault), attempts: 0),
        SettlementCase(settlement: .retrying(fault, after: .seconds(90)), attempts: 1),
        SettlementCase(settlement: .queued(after: .zero), attempts: 0),
        SettlementCase(settlement: .queued(after: .seconds(30)), attempts: 0),
    ]
}

@Suite("Ends of runs", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct JobStoreSettleTests {
    @Test("Every settlement leaves a lawful row", arguments: SettlementCase.all)
    func settle(_ example: SettlementCase) async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            try await record.settle(try await record.claim(job, by: first), as: example.settlement)
            let row = try await record.stored(job)
            #expect(row.state == example.settlement.state)
            #expect(row.worker == nil)
            #expect(row.attempts == example.attempts)
            #expect((row.finishedAt != nil) == row.state.isFinal)
            #expect(row.fault == example.settlement.fault)
            let due = try await record.jobs.live(after: nil, limit: 10).first
            #expect((due != nil) == row.state.isLive)
            if let due, let wait = example.settlement.dueIn {
                #expect(due.dueIn <= wait && due.dueIn > wait - .seconds(20) || wait == .zero && due.dueIn == .zero)
            }
        }
    }

    @Test("A fault is forgotten when the job goes on and ends well")
    func recovered() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            try await record.settle(try await record.claim(job, by: first), as: .retrying(fault, after: .zero))
            #expect(try await record.stored(job).fault == fault)
            let claim = try await record.claim(job, by: first)
            #expect(claim.job.attempts == 1 && claim.job.deaths == 0)
            try await record.settle(claim, as: .succeeded)
            #expect(try await record.stored(job).fault == nil)
        }
    }

    @Test("A step that is finished for the first time sets the attempts to zero; repeating it does not")
    func progress() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let (one, two) = (TicketID(), TicketID())
            /// Runs a step, reads the attempts then, and ends in a transient fault.
            func attempts(afterStep subject: TicketID) async throws -> Int {
                let claim = try await record.claim(job, by: first)
                try await record.jobs.withFence(claim) { connection in
                    try await record.jobs.recordStep(
                        "ticket",
                        of: claim,
                        subject: subject,
                        outcome: "created",
                        on: connection
                    )
                }
                let attempts = try await record.jobs.withFence(claim) { _, fence in fence.attempts }
                try await record.settle(claim, as: .retrying(fault, after: .zero))
                return attempts
            }
            #expect(try await attempts(afterStep: one) == 0)
            #expect(try await attempts(afterStep: one) == 1)
            #expect(try await attempts(afterStep: one) == 2)
            #expect(try await attempts(afterStep: two) == 0)
            #expect(try await record.stored(job).attempts == 1)
        }
    }

    @Test("So does it with the deaths: three in a long life are no reason to stop a job")
    func deathsSinceProgress() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            for worker in [first, second] { _ = try await record.claim(job, by: worker) }
            let claim = try await record.claim(job, by: WorkerID(rawValue: "third"))
            #expect(claim.job.deaths == 2)
            try await record.jobs.withFence(claim) { connection in
                try await record.jobs.recordStep("x", of: claim, subject: TicketID(), outcome: "done", on: connection)
            }
            #expect(try await record.claim(job, by: first).job.deaths == 1)
        }
    }

    @Test("A step that is run again is recorded once, with the newer epoch")
    func steps() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            let subject = TicketID()
            for (worker, outcome) in [(first, "created"), (second, "adopted")] {
                let claim = try await record.claim(job, by: worker)
                try await record.jobs.withFence(claim) { connection in
                    try await record.jobs.recordStep(
                        "ticket",
                        of: claim,
                        subject: subject,
                        outcome: outcome,
                        on: connection
                    )
                }
            }
            let row = try await record.pool.query("SELECT epoch, outcome FROM job_steps").only()
            let (epoch, outcome): (Int64, String) = (try row.get("epoch"), try row.get("outcome"))
            #expect(epoch == 2 && outcome == "adopted")
        }
    }
}

@Suite("Records of jobs", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct JobStoreEnqueueTests {
    @Test("While a job is live, another one with its idempotency key is the same one")
    func liveKey() async throws {
        try await withRecord { record in
            let new = NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")
            let (job, isNew) = try await record.insert(new)
            #expect(isNew)
            for state in [JobState.queued, .running, .retrying] {
                if state == .running { _ = try await record.claim(job, by: first) }
                if state == .retrying {
                    try await record.settle(
                        try await record.claim(job, by: first),
                        as: .retrying(fault, after: .seconds(60))
                    )
                }
                let (same, isNew) = try await record.insert(
                    NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")
                )
                #expect(same.id == job.id && !isNew && same.state == state)
            }
        }
    }

    @Test("An ended job sets its key free", arguments: [JobSettlement.succeeded, .failed(fault), .cancelled])
    func endedKey(_ settlement: JobSettlement) async throws {
        try await withRecord { record in
            let new = NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")
            let (job, _) = try await record.insert(new)
            try await record.settle(try await record.claim(job, by: first), as: settlement)
            let (next, isNew) = try await record.insert(
                NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1")
            )
            #expect(next.id != job.id && isNew)
        }
    }

    @Test("Of many who insert one key at once, one makes the job and all get it")
    func race() async throws {
        try await withRecord { record in
            let results = try await withThrowingTaskGroup(of: (job: Job, isNew: Bool).self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await record.insert(NewJob(kind: .sync, team: record.team, idempotencyKey: "sync:1"))
                    }
                }
                return try await group.reduce(into: [(job: Job, isNew: Bool)]()) { $0.append($1) }
            }
            #expect(Set(results.map(\.job.id)).count == 1)
            #expect(results.count { $0.isNew } == 1)
        }
    }

    @Test("The sweep's pages hold every live job once, in order")
    func pages() async throws {
        try await withRecord { record in
            var live: Set<JobID> = []
            for _ in 0..<7 { live.insert(try await record.insertJob().id) }
            let ended = try await record.insertJob()
            try await record.settle(try await record.claim(ended, by: first), as: .succeeded)
            var seen: [JobID] = []
            while true {
                let page = try await record.jobs.live(after: seen.last, limit: 3).map(\.id)
                seen += page
                if page.count < 3 { break }
            }
            #expect(seen.count == 7 && Set(seen) == live)
        }
    }

    @Test("A job that runs is known to run until it is settled")
    func isAnyRunning() async throws {
        try await withRecord { record in
            let job = try await record.insertJob()
            #expect(try await !record.jobs.isAnyRunning())
            let claim = try await record.claim(job, by: first)
            #expect(try await record.jobs.isAnyRunning())
            try await record.settle(claim, as: .queued(after: .zero))
            #expect(try await !record.jobs.isAnyRunning())
        }
    }
}
