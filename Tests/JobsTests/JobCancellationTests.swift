import Postgres
import Record
import ServiceLifecycle
import Synchronization
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery
@testable import Jobs

@Suite("A job that somebody cancels", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct JobCancellationTests {
    private static let site = SiteID(rawValue: "acme.example")
    /// So long that nothing in these tests can come from it.
    private static let never = Duration.seconds(3600)
    private static let fault = Fault(category: .temporary, code: "x", userMessage: "y", recoveryActions: [])

    /// Works until it is told to stop, without a commit.
    private static func idle(_ run: JobRun) async -> JobOutcome {
        while true {
            if let outcome = run.interruption { return outcome }
            await Task.yield()
        }
    }

    @Test("Hears of it by its own next commit")
    func byCommit() async throws {
        try await withRoad { road in
            let handler = TestHandler { run in
                while true {
                    if let outcome = run.interruption { return outcome }
                    try await run.commit { _ in ((), nil) }
                }
            }
            let job = try await road.withWorker(running: handler, cancelInterval: Self.never) { _ in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.runs(of: job.id) == 1 }
                _ = try await road.cancel(job)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.cancelled] }
                return job
            }
            let row = try #require(try await road.job(job.id))
            #expect(row.state == .cancelled && row.attempts == 0 && row.fault == nil)
            #expect(try await road.delivery.stats().ready == 0)
        }
    }

    @Test("Hears of it by a wake")
    func byWake() async throws {
        try await withRoad { road in
            let handler = TestHandler { run in await Self.idle(run) }
            try await road.withWorker(running: handler, cancelInterval: Self.never) { _ in
                let job = try await road.enqueue()
                try await handler.log.wait { $0.runs(of: job.id) == 1 }
                let cancellation = try await road.cancel(job)
                // Whoever runs the job may not hear yet; a wake more does no harm.
                while handler.log.events.conclusions(of: job.id).isEmpty {
                    await road.queue.announce(cancellation)
                    await Task.yield()
                }
                #expect(handler.log.events.conclusions(of: job.id) == [.cancelled])
            }
        }
    }

    @Test("Hears of it by the worker's look where the wake was lost; the other jobs go on")
    func byLook() async throws {
        try await withRoad { road in
            let mayEnd = StopFlag()
            let handler = TestHandler { run in
                while run.interruption == nil, !mayEnd.isSet { await Task.yield() }
                return run.interruption ?? .succeeded
            }
            try await road.withWorker(running: handler, cancelInterval: .milliseconds(50)) { _ in
                let (job, other) = (try await road.enqueue(), try await road.enqueue())
                try await handler.log.wait { $0.runs(of: job.id) == 1 && $0.runs(of: other.id) == 1 }
                _ = try await road.cancel(job)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.cancelled] }
                mayEnd.set()
                try await handler.log.wait { $0.conclusions(of: other.id) == [.succeeded] }
            }
        }
    }

    @Test("Waits no longer for its turn at a gate, and sends nothing")
    func atGate() async throws {
        // The holder of the gate does not beat, and must not lose it while the test runs.
        try await withRoad(lease: .seconds(60)) { road in
            let hasSent = StopFlag()
            let handler = TestHandler { run in
                try await run.withPass(site: Self.site, spaced: true, deadline: .now + Self.never) { _ in hasSent.set()
                }
                return .succeeded
            }
            let (_, pass) = try await road.holdGate(Self.site)
            try await road.withWorker(running: handler, cancelInterval: .milliseconds(50)) { _ in
                let job = try await road.enqueue()
                while try await road.delivery.gateForecast(Self.site)?.spacedWaiting != 1 { await Task.yield() }
                _ = try await road.cancel(job)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.cancelled] }
                // It has given its place up, too.
                while try await road.delivery.gateForecast(Self.site)?.spacedWaiting != 0 { await Task.yield() }
            }
            #expect(!hasSent.isSet)
            #expect(try await road.delivery.leaveGate(pass, startedAfter: nil, roundTrip: nil))
        }
    }

    @Test("Is not disturbed between an intention and its request's end")
    func inPass() async throws {
        try await withRoad { road in
            let isInPass = EventLog<Bool>()
            let handler = TestHandler { run in
                try await run.withPass(site: Self.site, spaced: true, deadline: .now + Self.never) { _ in
                    isInPass.append(true)
                    while run.interruption == nil { await Task.yield() }
                    // It knows, and is let finish.
                    try Task.checkCancellation()
                    try await run.commit { _ in ((), nil) }
                    isInPass.append(false)
                }
                return run.interruption ?? .succeeded
            }
            try await road.withWorker(running: handler, cancelInterval: .milliseconds(50)) { _ in
                let job = try await road.enqueue()
                try await isInPass.wait { $0 == [true] }
                _ = try await road.cancel(job)
                try await handler.log.wait { $0.conclusions(of: job.id) == [.cancelled] }
                #expect(isInPass.events == [true, false])
            }
        }
    }

    @Test("Is never run where it waited, and has left the queue")
    func waiting() async throws {
        try await withRoad { road in
            let handler = TestHandler { _ in .succeeded }
            let job = try await road.enqueue()
            let cancellation = try await road.cancel(job)
            await road.queue.announce(cancellation)
            #expect(try await road.delivery.stats().ready == 0)
            // Also when the queue was not told.
            let untold = try await road.enqueue()
            _ = try await road.cancel(untold)
            try await road.withWorker(running: handler) { _ in
                let later = try await road.enqueue()
                try await handler.log.wait { $0.conclusions(of: later.id) == [.succeeded] }
                while try await road.delivery.stats().workers.contains(where: { $0.held > 0 }) { await Task.yield() }
            }
            #expect(handler.log.events.runs(of: job.id) == 0 && handler.log.events.runs(of: untold.id) == 0)
            #expect(try await road.job(untold.id)?.state == .cancelled)
        }
    }

    /// Ways in which a run stops without the job's being done, while it does not know of the wish.
    struct Stop: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let outcome: JobOutcome
        let state: JobState

        static let all = [
            Stop(testDescription: "handed over", outcome: .handedOver, state: .cancelled),
            Stop(testDescription: "postponed", outcome: .postponed(after: .seconds(60)), state: .cancelled),
            Stop(testDescription: "a transient fault", outcome: .retry(fault, after: nil), state: .cancelled),
            Stop(testDescription: "a permanent fault", outcome: .failed(fault), state: .failed),
            Stop(testDescription: "done", outcome: .succeeded, state: .succeeded),
        ]
    }

    @Test(
        "Does not go on elsewhere when its run stops; one that is done, or has failed, has ended",
        arguments: Stop.all
    )
    func stops(_ stop: Stop) async throws {
        try await withRoad { road in
            let handler = TestHandler { run in
                _ = try await road.cancel(run.claim.job)
                return stop.outcome
            }
            let job = try await road.withWorker(running: handler, cancelInterval: Self.never) { _ in
                let job = try await road.enqueue(maximumAttempts: 1)
                try await handler.log.wait { !$0.conclusions(of: job.id).isEmpty }
                return job
            }
            #expect(handler.log.events.conclusions(of: job.id) == [stop.state])
            let row = try #require(try await road.job(job.id))
            #expect(row.state == stop.state && row.attempts == 0)
        }
    }

    @Test("Is cancelled, and not run again, when its worker stops or has died")
    func workerGone() async throws {
        try await withRoad { road in
            let leaving = TestHandler { run in
                try await gracefulShutdown()
                return .handedOver
            }
            let handedOver = try await road.withWorker("leaving", running: leaving, cancelInterval: Self.never) {
                worker in
                let job = try await road.enqueue()
                try await leaving.log.wait { $0.runs(of: job.id) == 1 }
                _ = try await road.cancel(job)
                try await worker.stop()
                return job
            }
            #expect(leaving.log.events.conclusions(of: handedOver.id) == [.cancelled])

            let orphan = try await road.record.insertJob()
            for _ in 0..<3 { _ = try await road.record.jobs.claim([orphan.id], for: WorkerID(rawValue: "dead")) }
            _ = try await road.cancel(orphan)
            let handler = TestHandler { _ in .succeeded }
            try await road.withWorker(running: handler) { _ in
                try await handler.log.wait { !$0.conclusions(of: orphan.id).isEmpty }
            }
            #expect(handler.log.events == [.concluded(orphan.id, .cancelled)])
            for job in [handedOver, orphan] { #expect(try await road.job(job.id)?.state == .cancelled) }
        }
    }
}

extension Road {
    /// Cancels a job.
    fileprivate func cancel(_ job: Job) async throws -> JobCancellation {
        try #require(try await record.pool.withTransaction(by: .test) { try await record.jobs.cancel(job.id, on: $0) })
    }

    /// Takes a site's gate for a worker of its own.
    fileprivate func holdGate(_ site: SiteID) async throws -> (WorkerLease, GatePass) {
        let lease = WorkerLease(worker: WorkerID(rawValue: "holder"))
        _ = try await delivery.register(lease)
        let waiter = GateWaiter(
            team: TeamID(),
            job: JobID(),
            lease: lease,
            priority: .person,
            isSpaced: true,
            ticket: 1
        )
        guard case .granted(let pass) = try await delivery.enterGate(site, as: waiter) else {
            throw DeliveryError(.gateDeadline, "a gate that nobody uses is open")
        }
        return (lease, pass)
    }
}
