import CrashPoints
import Delivery
import Logging
import Record
import Synchronization
import TramlineModel

extension JobRunner {
    /// Keeps the worker's lease: registers, beats, and drops what it has lost.
    func keepLease() async {
        let interval = min(.seconds(1), delivery.lease / 6)
        var pause = Duration.zero
        var isRegistered = false
        while !Task.isCancelled {
            await beatBell.sleep(until: .now + pause)
            if Task.isCancelled { return }
            do throws(DeliveryError) {
                isRegistered = isRegistered ? try await beat() : try await register()
                pause = interval
            } catch {
                logger.warning("The queue does not answer", metadata: ["error": "\(error)"])
                pause = interval / 2
            }
            if isRegistered, !lease.stands() {
                // Others may have our jobs by now: write nothing, send nothing, begin anew.
                dropJobs(nil, because: "the lease has ended")
                isRegistered = false
            }
        }
    }

    /// - Returns: Whether the worker is still registered.
    private func beat() async throws(DeliveryError) -> Bool {
        crashPoint("before-heartbeat")
        switch try await delivery.heartbeat(lease) {
        case .standing(let beat):
            crashPoint("after-heartbeat")
            configuration.metrics.reaped(beat.reaped)
            for dead in beat.reaped {
                logger.notice(
                    "A worker has died; its jobs run elsewhere",
                    metadata: ["dead_worker.id": "\(dead.worker)", "jobs": "\(dead.jobs.count)"]
                )
            }
            let becameLeader = desk.withLock { $0.setLeader(beat.isLeader) }
            if becameLeader {
                logger.info("This worker is the scheduler now")
                sweepBell.ring()
            }
            let hasRoom = desk.withLock {
                $0.room(places: configuration.concurrency, reserved: configuration.reserve).any > 0
            }
            health.withLock { $0.beat(ready: beat.ready, hasRoom: hasRoom, paused: beat.paused, at: .now) }
            obey(beat.paused)
            if beat.ready > 0 { claimBell.ring() }
            return true
        case .lost:
            dropJobs(nil, because: "the lease was lost")
            return try await register()
        case .forgotten:
            return try await register()
        }
    }

    /// - Returns: Whether the worker is registered.
    private func register() async throws(DeliveryError) -> Bool {
        desk.withLock { _ = $0.setLeader(false) }
        if lease.end != nil, !lease.stands() { dropJobs(nil, because: "the lease has ended") }
        crashPoint("before-registration")
        switch try await delivery.register(lease, holding: desk.withLock { $0.jobs }, gates: gates) {
        case .registered(let taken):
            crashPoint("after-registration")
            dropJobs(taken, because: "another worker has them")
            desk.withLock { $0.registeredAt = .now }
            claimBell.ring()
            return true
        case .forgotten:
            return try await beginGeneration()
        }
    }

    /// Redis is empty: whether anything can be under way, only the record knows.
    private func beginGeneration() async throws(DeliveryError) -> Bool {
        let isClean: Bool
        let pauses: PauseList
        do {
            isClean = !(try await jobs.isAnyRunning())
            pauses = try await pauseKeeping.list()
        } catch {
            logger.warning("The record does not answer", metadata: ["error": "\(error)"])
            return false
        }
        crashPoint("before-generation")
        if try await delivery.createGeneration(clean: isClean, pauses: pauses) {
            crashPoint("after-generation")
            logger.notice(
                "Redis was empty; the queue is built anew from the record",
                metadata: ["clean": "\(isClean)"]
            )
        }
        beatBell.ring()
        return false
    }

    private func dropJobs(_ jobs: [JobID]?, because reason: String) {
        let drops = desk.withLock { $0.drop(jobs) }
        guard !drops.isEmpty else { return }
        logger.warning("Jobs are dropped", metadata: ["jobs": "\(drops.count)", "reason": "\(reason)"])
        for drop in drops { drop.fire() }
    }

    /// Turns wakes into claims.
    func listen() async {
        while !Task.isCancelled {
            do throws(DeliveryError) {
                for await wake in try await delivery.wakes(worker: lease.worker) {
                    switch wake {
                    case .jobs: claimBell.ring()
                    case .cancellation: cancelBell.ring()
                    case .anything:
                        claimBell.ring()
                        cancelBell.ring()
                    case .probe(let number): health.withLock { $0.hearing.heard(number, at: .now) }
                    case .gate: break
                    }
                }
            } catch {
                logger.debug("Cannot listen to wakes", metadata: ["error": "\(error)"])
            }
            // Heartbeats tell of ready jobs meanwhile.
            await Doorbell().sleep(until: .now + .seconds(1))
        }
    }

    /// While this worker is the scheduler: puts jobs that the queue has lost back into it, and removes what senders of files
    /// have left behind.
    func sweep() async {
        let sweep = Sweep(jobs: jobs, delivery: delivery, scheduler: lease.worker)
        let uploads = UploadStore(pool: jobs.pool)
        while !Task.isCancelled {
            await sweepBell.sleep(until: .now + configuration.sweepInterval)
            guard !Task.isCancelled, lease.stands() else { continue }
            let (isLeader, registeredAt) = desk.withLock { ($0.isLeader, $0.registeredAt) }
            guard isLeader, let registeredAt else { continue }
            // A lease after our own registration, every worker that is alive has registered too.
            let allHaveRegistered = registeredAt.duration(to: .now) > delivery.lease
            do {
                try await pauseKeeping.enforce()
                crashPoint("before-sweep")
                let restored = try await sweep.run(includingRunning: allHaveRegistered)
                crashPoint("after-sweep")
                if restored > 0 {
                    logger.notice("The queue had lost jobs; they are back", metadata: ["jobs": "\(restored)"])
                }
                let abandoned = try await uploads.removeAbandoned()
                if abandoned > 0 {
                    logger.notice("Files that never came whole are removed", metadata: ["uploads": "\(abandoned)"])
                }
            } catch {
                logger.warning("A sweep was not finished", metadata: ["error": "\(error)"])
            }
        }
    }
}
