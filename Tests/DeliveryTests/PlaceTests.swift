import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery

@Suite("Where jobs are", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct PlaceTests {
    private let site = SiteID(rawValue: "acme.example")

    @Test("Each place is told, and everything that is known comes up in a walk")
    func places() async throws {
        try await withDelivery(lease: .seconds(30)) { delivery in
            let worker = try await delivery.makeWorker()
            let (held, ready) = (jobs(1)[0], jobs(1, .scheduled)[0])
            let later = QueuedJob(id: JobID(), priority: .person, delay: .seconds(60))
            let paused = jobs(1, kind: .sync)[0]
            try await delivery.enqueue([held, later, paused])
            try await delivery.setPauses(PauseList(revision: 1, scopes: [.kind(.sync)]))
            #expect(try await delivery.claimed(upTo: 2, worker) == [held.id])
            try await delivery.enqueue([ready])
            let all = [held.id, ready.id, later.id, paused.id, JobID()]
            let places = try await delivery.places(of: all)
            #expect(places[held.id] == .held(worker.worker, lives: true, isListed: true))
            #expect(places[ready.id] == .ready && places[paused.id] == .aside && places[all[4]] == .nowhere)
            guard case .delayed(let left) = places[later.id] else { throw Forgotten() }
            #expect(left > .seconds(50))

            var known: Set<JobID> = []
            var cursor: KnownCursor? = .start
            while let from = cursor {
                let page = try await delivery.known(from: from)
                known.formUnion(page.jobs)
                cursor = page.next
            }
            #expect(known == Set(all.prefix(4)))
        }
    }

    @Test("A job is struck only from where it was seen")
    func strike() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let job = jobs(1)[0]
            try await delivery.enqueue([job])
            #expect(try await delivery.strike(job.id, seenAt: .delayed(.zero)) == false)
            _ = try await delivery.claimed(upTo: 1, worker)
            #expect(try await delivery.strike(job.id, seenAt: .ready) == false)
            let other = WorkerID(rawValue: "other")
            #expect(try await delivery.strike(job.id, seenAt: .held(other, lives: true, isListed: true)) == false)
            #expect(try await delivery.strike(job.id, seenAt: .held(worker.worker, lives: true, isListed: true)))
            #expect(try await delivery.places(of: [job.id]) == [job.id: .nowhere])
            #expect(try await delivery.stats().known == 0)
        }
    }

    @Test("A job is freed from a holder that does not live, not from one that does")
    func release() async throws {
        try await withDelivery(lease: .seconds(30)) { delivery in
            let dying = try await delivery.withLease(.milliseconds(300)).makeWorker("dying")
            let job = jobs(1)[0]
            try await delivery.enqueue([job])
            _ = try await delivery.claimed(upTo: 1, dying)
            while try await delivery.release(job.id, from: dying.worker) == false {
                #expect(try await delivery.places(of: [job.id])[job.id] != .ready)
            }
            #expect(!dying.stands())
            #expect(try await delivery.places(of: [job.id]) == [job.id: .ready])
        }
    }

    @Test("A gate's holder is told with its job, and whether the worker has that job")
    func gates() async throws {
        try await withDelivery(lease: .seconds(30)) { delivery in
            let worker = try await delivery.makeWorker("a/b")
            let job = jobs(1)[0]
            try await delivery.enqueue([job])
            _ = try await delivery.claimed(upTo: 1, worker)
            let pass = try await delivery.granted(site, delivery.waiter(worker, job: job.id))
            var holder = try #require(try await delivery.gateHolders().first)
            #expect(holder.worker == worker.worker && holder.job == job.id && holder.lives && holder.hasJob)
            try await delivery.settle(job.id, worker: worker.worker, as: .finished)
            holder = try #require(try await delivery.gateHolders().first)
            #expect(!holder.hasJob)
            _ = try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero)
            #expect(try await delivery.gateHolders().isEmpty)
        }
    }

    @Test("The server tells its version and what it does when its memory is full")
    func server() async throws {
        try await withDelivery { delivery in
            let server = try await delivery.server()
            #expect(server.isRecentEnough && server.evictionPolicy == "noeviction" && !server.isReplica)
        }
        #expect(
            !RedisServer(version: "6.0.16", evictionPolicy: "", isReplica: false, usedMemory: 0, memoryLimit: 0)
                .isRecentEnough
        )
    }
}
