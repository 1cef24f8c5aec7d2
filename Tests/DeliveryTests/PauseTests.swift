import Delivery
import Logging
import Redis
import TestEquipment
import Testing
import TramlineModel

@Suite("Pauses", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct PauseTests {
    private let site = SiteID(rawValue: "acme.example")

    private func list(_ revision: Int64, _ scopes: PauseScope...) -> PauseList {
        PauseList(revision: revision, scopes: Set(scopes))
    }

    @Test("Jobs of a paused kind wait aside, others pass them, and afterwards each is at its old place")
    func kind() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let (first, second) = (jobs(3), jobs(2))
            let sync = jobs(2, kind: .sync)
            try await delivery.enqueue(first + sync + second)
            try await delivery.setPauses(list(1, .kind(.export)))
            #expect(try await delivery.claimed(upTo: 10, worker) == sync.map(\.id))
            let stats = try await delivery.stats()
            #expect(stats.aside == 5 && stats.ready == 0 && stats.held == 2 && stats.known == 7)
            #expect(stats.paused == [.kind(.export)])
            // What is aside is known: nothing is added twice, and what is cancelled goes.
            #expect(try await delivery.restore(first + second) == 0)
            #expect(try await delivery.remove(second[0].id))
            let late = jobs(1)
            try await delivery.enqueue(late)
            #expect(try await delivery.claimed(upTo: 10, worker).isEmpty)

            try await delivery.setPauses(list(2))
            #expect(try await delivery.claimed(upTo: 10, worker) == (first + [second[1]] + late).map(\.id))
            #expect(try await delivery.stats().aside == 0)
        }
    }

    @Test("More jobs than one look takes are put aside and brought back, whoever asks")
    func many() async throws {
        try await withDelivery(lease: .seconds(60)) { delivery in
            let worker = try await delivery.makeWorker()
            let exports = jobs(2500)
            let sync = jobs(1, kind: .sync)
            try await delivery.enqueue(exports + sync)
            try await delivery.setPauses(list(1, .kind(.export)))
            var claimed: [JobID] = []
            // A worker asks again at once while some are said to be ready.
            var isMore = true
            while isMore {
                guard case .claimed(let ids, _, let ready) = try await delivery.claim(upTo: 1, worker: worker.worker)
                else { throw Forgotten() }
                claimed += ids
                isMore = ready > 0
            }
            #expect(claimed == sync.map(\.id))
            try await delivery.setPauses(list(2))
            var back: [JobID] = []
            while back.count < exports.count {
                let ids = try await delivery.claimed(upTo: 1000, worker)
                try #require(!ids.isEmpty)
                back += ids
            }
            #expect(Set(back) == Set(exports.map(\.id)))
        }
    }

    @Test("Of a paused queue nothing is claimed; what was claimed may be settled, and heartbeats tell who runs what")
    func queue() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let queued = jobs(3)
            try await delivery.enqueue(queued)
            let held = try await delivery.claimed(upTo: 1, worker)
            try await delivery.setPauses(list(1, .queue))
            guard case .claimed(let none, _, let ready) = try await delivery.claim(upTo: 5, worker: worker.worker)
            else {
                throw Forgotten()
            }
            // Nothing is said to be ready, so nobody asks in vain.
            #expect(none.isEmpty && ready == 0)
            #expect(try await delivery.standing(worker).paused == [.queue])
            #expect(try await delivery.settle(held[0], worker: worker.worker, as: .ready(.person)))
            try await delivery.setPauses(list(2))
            #expect(try await delivery.standing(worker).paused.isEmpty)
            #expect(try await delivery.claimed(upTo: 5, worker) == queued.map(\.id))
        }
    }

    @Test("An older list changes nothing, unless the record itself has been set back")
    func revisions() async throws {
        try await withDelivery { delivery in
            let first = try await delivery.setPauses(list(7, .queue))
            #expect(first == 7)
            #expect(try await delivery.setPauses(list(6)) == 7)
            #expect(try await delivery.stats().paused == [.queue])
            #expect(try await delivery.setPauses(list(6), replacing: 5) == 7)
            #expect(try await delivery.setPauses(list(3, .kind(.sync)), replacing: 7) == 3)
            #expect(try await delivery.stats().paused == [.kind(.sync)])
        }
    }

    @Test("A new generation begins with the pauses, and keeps a newer list that was there before it")
    func generation() async throws {
        try await withDelivery(clean: nil) { delivery in
            try await delivery.createGeneration(clean: true, pauses: list(4, .kind(.export), .site(site)))
            let worker = try await delivery.makeWorker()
            try await delivery.enqueue(jobs(2))
            #expect(try await delivery.claimed(upTo: 2, worker).isEmpty)
            #expect(try await delivery.enterGate(site, as: delivery.waiter(worker)).isWait)
        }
        try await withDelivery(clean: nil) { delivery in
            try await delivery.setPauses(list(5, .queue))
            try await delivery.createGeneration(clean: true, pauses: list(4))
            #expect(try await delivery.stats().paused == [.queue])
        }
    }

    @Test("A paused site grants nothing, reads included; what is in flight ends, and other sites go on")
    func gate() async throws {
        try await withDelivery(spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let pass = try await delivery.granted(site, delivery.waiter(lease, ticket: 1))
            try await delivery.setPauses(list(1, .site(site)))
            #expect(try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero))
            let waiting = delivery.waiter(lease, ticket: 2)
            #expect(try await delivery.enterGate(site, as: waiting).isWait)
            #expect(try await delivery.enterGate(site, as: delivery.waiter(lease, spaced: false, ticket: 3)).isWait)
            let forecast = try #require(try await delivery.gateForecast(site))
            #expect(forecast.isPaused && forecast.spacedWaiting == 1 && forecast.unspacedWaiting == 1)
            let other = SiteID(rawValue: "other.example")
            #expect(try await delivery.enterGate(other, as: delivery.waiter(lease, ticket: 4)).isGranted)
            try await delivery.setPauses(list(2))
            #expect(try await delivery.enterGate(site, as: waiting).isGranted)
        }
    }

    @Test("Who waits at a paused site does not give up, and goes on when it is resumed, without asking in between")
    func waiting() async throws {
        try await withDelivery(spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let keeper = GateKeeper(delivery: delivery, lease: lease, logger: logger, pulse: .milliseconds(20))
            try await delivery.setPauses(list(1, .site(site)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await keeper.run() }
                let (served, isServed) = AsyncStream.makeStream(of: Bool.self)
                group.addTask {
                    let deadline = ContinuousClock.now + .milliseconds(200)
                    try await keeper.withPass(
                        site: site,
                        job: JobID(),
                        priority: .person,
                        spaced: true,
                        deadline: deadline
                    ) { _ in
                        _ = isServed.yield(ContinuousClock.now > deadline)
                    }
                }
                // Until well after the deadline: looks at the gate take the time.
                let end = ContinuousClock.now + .milliseconds(500)
                while ContinuousClock.now < end {
                    #expect(try #require(try await delivery.gateForecast(site)).isHeld == false)
                }
                try await delivery.setPauses(list(2))
                let wasLate = await served.first { _ in true }
                #expect(wasLate == true)
                group.cancelAll()
            }
        }
    }
}
