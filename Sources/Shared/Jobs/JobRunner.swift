import CrashPoints
package import Delivery
package import Logging
package import Record
import ServiceLifecycle
import Synchronization
package import TramlineModel

/// Runs jobs: claims them, lets their handlers work, records how they end.
///
/// One per worker process. It keeps the worker's lease, and while it is the elected scheduler it sweeps. On graceful shutdown
/// it claims nothing more, waits until every job has stopped after its current step, and gives the lease back.
package final class JobRunner: Service {
    package struct Configuration: Sendable {
        /// Jobs at once: default 100.
        package var concurrency: Int
        /// Jobs beyond those, for which a request waits: default 10. They only read, and are over in a moment; where they had
        /// to wait until a long job ends, nobody would wait for them any more.
        package var reserve: Int
        package var backoff: Backoff
        /// How often the scheduler looks for jobs that the queue has lost, and each worker for those that it holds and does not
        /// run: default 5 s.
        package var sweepInterval: Duration
        /// How often the record is asked whether somebody has cancelled a job that runs here: default 2 s. A wake that tells of
        /// it may be lost.
        package var cancelInterval: Duration
        /// What the scheduler trims; `nil` for nothing.
        package var upkeep: Upkeep?
        /// How often: default 10 min.
        package var upkeepInterval: Duration
        /// How the worker proves that it hears its wakes.
        package var hearing: HearingProbe
        package var metrics: RunnerMetrics

        package init(
            concurrency: Int = 100,
            reserve: Int = 10,
            backoff: Backoff = Backoff(),
            sweepInterval: Duration = .seconds(5),
            cancelInterval: Duration = .seconds(2),
            upkeep: Upkeep? = nil,
            upkeepInterval: Duration = .seconds(600),
            hearing: HearingProbe = HearingProbe(),
            metrics: RunnerMetrics = RunnerMetrics()
        ) {
            self.concurrency = concurrency
            self.reserve = reserve
            self.backoff = backoff
            self.sweepInterval = sweepInterval
            self.cancelInterval = cancelInterval
            self.upkeep = upkeep
            self.upkeepInterval = upkeepInterval
            self.hearing = hearing
            self.metrics = metrics
        }
    }

    let configuration: Configuration
    let jobs: JobStore
    let delivery: Delivery
    let lease: WorkerLease
    let gates: GateKeeper
    let handlers: [JobKind: any JobHandler]
    let logger: Logger
    let stopping = StopFlag()
    /// Rung when there may be something to claim: a job became ready or one of ours ended.
    let claimBell = Doorbell()
    let beatBell = Doorbell()
    let sweepBell = Doorbell()
    /// Rung when somebody may have cancelled a job that runs here.
    let cancelBell = Doorbell()
    let desk = Mutex(RunnerDesk())
    let health: Mutex<WorkerHealth>
    var pauseKeeping: PauseKeeping { PauseKeeping(pauses: PauseStore(pool: jobs.pool), delivery: delivery) }

    package init(
        configuration: Configuration,
        jobs: JobStore,
        delivery: Delivery,
        lease: WorkerLease,
        gates: GateKeeper,
        handlers: [JobKind: any JobHandler],
        logger: Logger
    ) {
        self.configuration = configuration
        self.health = Mutex(WorkerHealth(hearing: configuration.hearing))
        self.jobs = jobs
        self.delivery = delivery
        self.lease = lease
        self.gates = gates
        self.handlers = handlers
        self.logger = logger
    }

    /// Runs until graceful shutdown or cancellation.
    package func run() async throws {
        // Said here, where signals are heard already: whoever reads it may send one.
        logger.info(
            "A worker starts",
            metadata: ["worker.id": "\(lease.worker)", "concurrency": "\(configuration.concurrency)"]
        )
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { gatekeeping in
                // Ends by itself once the last pass has been given back.
                gatekeeping.addTask { await self.keepGates() }
                await withTaskGroup(of: Void.self) { background in
                    background.addTask { await self.keepLease() }
                    background.addTask { await self.listen() }
                    background.addTask { await self.sweep() }
                    background.addTask { await self.watchCancellations() }
                    background.addTask { await self.probeWakes() }
                    background.addTask { await self.keepUp() }
                    // Jobs live in a group of their own: the lease is kept until the last of them has ended.
                    await withDiscardingTaskGroup { running in
                        await self.claimJobs(into: &running)
                    }
                    background.cancelAll()
                }
                // A Redis that is away must not keep the process: retiring frees the gates, too, and so does the lease's end.
                gatekeeping.addTask { await Doorbell().sleep(until: .now + .seconds(1)) }
                await gatekeeping.next()
                gatekeeping.cancelAll()
            }
        } onGracefulShutdown: {
            self.stopping.set()
            self.claimBell.ring()
        }
        await retire()
    }

    private func keepGates() async {
        do {
            try await gates.run()
        } catch {
            logger.debug("The gates are kept no more", metadata: ["error": "\(error)"])
        }
    }

    private func retire() async {
        do throws(DeliveryError) {
            try await delivery.retire(lease)
        } catch {
            logger.warning(
                "The worker's lease was not given back; it ends by itself",
                metadata: ["worker.id": "\(lease.worker)", "error": "\(error)"]
            )
        }
    }

    // MARK: Claiming

    private func claimJobs(into group: inout DiscardingTaskGroup) async {
        var look = ContinuousClock.now + configuration.sweepInterval
        while !stopping.isSet, !Task.isCancelled {
            if look <= .now {
                await letGoOfStrays()
                look = .now + configuration.sweepInterval
            }
            let room = desk.withLock {
                $0.room(places: configuration.concurrency, reserved: configuration.reserve)
            }
            var alarm: ContinuousClock.Instant?
            if room.any + room.waitedFor > 0, lease.stands() {
                let (claims, pause) = await claim(upTo: min(room.any, 100), reserved: room.waitedFor)
                for claim in claims {
                    // Two claims of one job by this worker: the older run ends, its epoch is past.
                    let (drop, signals) = (DropSignal(), RunSignals())
                    desk.withLock { $0.begin(claim, drop, signals) }?.fire()
                    group.addTask { await self.execute(claim, drop, signals) }
                }
                alarm = pause.map { .now + $0 }
            }
            await claimBell.sleep(until: min(alarm ?? look, look))
        }
    }

    /// - Returns: The jobs to run, and how long until there may be more; `nil` to wait for a wake.
    private func claim(upTo limit: Int, reserved: Int) async -> ([JobClaim], Duration?) {
        let ids: [JobID]
        var pause: Duration?
        let term = lease.term
        do throws(DeliveryError) {
            switch try await delivery.claim(upTo: limit, reserved: reserved, worker: lease.worker) {
            case .claimed(let claimed, let nextDue, let ready):
                ids = claimed
                pause = ready > 0 ? .zero : nextDue
            case .lost, .forgotten:
                beatBell.ring()
                return ([], nil)
            }
        } catch {
            logger.debug("The queue did not answer a claim", metadata: ["error": "\(error)"])
            health.withLock { $0.claimFailed("the queue does not answer", at: .now) }
            return ([], .milliseconds(Int64.random(in: 200...1000)))
        }
        guard !ids.isEmpty else {
            health.withLock { $0.claimed(at: .now) }
            return ([], pause)
        }
        crashPoint("after-queue-claim")
        // Whoever slept meanwhile may find its jobs with others: it must not take their epoch from them.
        guard lease.stands(term: term) else {
            for id in ids { await settleInQueue(id, as: .delayed(.zero, nil)) }
            return ([], nil)
        }
        do {
            let claims = try await jobs.claim(ids, for: lease.worker)
            crashPoint("after-record-claim")
            for gone in Set(ids).subtracting(claims.map(\.job.id)) {
                await settleInQueue(gone, as: .finished)
            }
            health.withLock { $0.claimed(at: .now) }
            configuration.metrics.claimed(claims)
            return (claims, pause)
        } catch {
            health.withLock { $0.claimFailed("the record does not answer", at: .now) }
            logger.warning(
                "Claimed jobs go back: the record did not answer",
                metadata: ["error": "\(error)", "jobs": "\(ids.count)"]
            )
            for id in ids { await settleInQueue(id, as: .delayed(.seconds(1), nil)) }
            return ([], .seconds(1))
        }
    }

    // MARK: Running

    private func execute(_ claim: JobClaim, _ drop: DropSignal, _ signals: RunSignals) async {
        let logger = logger(of: claim)
        logger.info("A job begins")
        let begun = ContinuousClock.now
        var settlement: JobSettlement?
        defer {
            configuration.metrics.ended(claim, as: settlement, after: begun.duration(to: .now))
            desk.withLock { $0.end(claim) }
            claimBell.ring()
        }
        let end = await drop.race { await self.run(claim, signals, logger) }
        guard let end = end ?? nil else {
            logger.notice("A job is dropped: its claim is lost")
            return await letGo(of: claim)
        }
        crashPoint("before-settlement")
        let recorded = await drop.race { await self.record(end, of: claim, logger) }
        settlement = recorded ?? nil
        guard let settlement else { return await letGo(of: claim) }
        crashPoint("after-settlement")
        if settlement.state.isFinal, claim.job.priority == .waiting { await delivery.announceEnd(of: claim.job.id) }
        await settleInQueue(
            claim.job.id,
            as: Settlement(settlement, priority: claim.job.priority),
            epoch: claim.epoch
        )
        crashPoint("after-queue-settlement")
        logger.info("A job ends", metadata: ["job.state": "\(settlement.state.rawValue)"])
    }

    private func logger(of claim: JobClaim) -> Logger {
        var logger = logger
        logger[metadataKey: "job.id"] = "\(claim.job.id)"
        logger[metadataKey: "job.kind"] = "\(claim.job.kind.rawValue)"
        logger[metadataKey: "epoch"] = "\(claim.epoch)"
        return logger
    }

    /// Gives up what the queue may still think that this worker holds: a job that is held and not run would stand still.
    ///
    /// Where the queue knows another holder, nothing changes; where the job has ended, its next claim finds that out.
    private func letGo(of claim: JobClaim) async {
        guard desk.withLock({ $0.isNewest(claim) }) else { return }
        // The record first: whoever claims the job then counts no death.
        await recordLetGo(of: claim)
        await settleInQueue(claim.job.id, as: .ready(claim.job.priority), epoch: claim.epoch)
    }

    /// Notes in the record that this worker lives and runs the job no more. What it cannot note in a moment counts as a death.
    private func recordLetGo(of claim: JobClaim) async {
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end, !Task.isCancelled {
            do {
                try await jobs.letGo(claim)
                return
            } catch {
                logger(of: claim).debug("The record was not told of a lost job", metadata: ["error": "\(error)"])
                await Doorbell().sleep(until: .now + .milliseconds(200))
            }
        }
    }

    /// How a run ended.
    private enum RunEnd {
        /// What it means for the job is decided when it is recorded, with what the job's row says by then.
        case outcome(JobOutcome)
        /// The job was not run, for this reason.
        case notRun(JobSettlement)
    }

    /// Runs the handler and sorts what comes of it.
    /// - Returns: `nil` when the claim is lost: nothing may be written.
    private func run(_ claim: JobClaim, _ signals: RunSignals, _ logger: Logger) async -> RunEnd? {
        guard let handler = handlers[claim.job.kind] else {
            logger.error("This release cannot run jobs of this kind; another worker may")
            return .notRun(.queued(after: .seconds(30)))
        }
        // Whoever ran it before was told, and has gone.
        if claim.job.cancelRequested { return .notRun(.cancelled) }
        let run = JobRun(
            claim: claim,
            jobs: jobs,
            delivery: delivery,
            gates: gates,
            stopping: stopping,
            signals: signals,
            metrics: configuration.metrics
        )
        do {
            if claim.job.deaths >= JobSettlement.deathLimit {
                return .notRun(
                    .quarantine(of: claim.job, after: try await jobs.deaths(of: claim.job.id, on: jobs.pool))
                )
            }
            return .outcome(try await handler.run(run))
        } catch {
            guard let outcome = JobOutcome(interruptedBy: error, isStopping: stopping.isSet) else { return nil }
            if !(error is JobInterrupted), (error as? DeliveryError)?.code != .calledOff {
                logger.warning("A job was interrupted", metadata: ["error": "\(error)"])
            }
            return .outcome(outcome)
        }
    }

    /// Writes how a run ended, and goes on trying for as long as the lease stands.
    /// - Returns: What was written; `nil` when the claim is lost.
    private func record(_ end: RunEnd, of claim: JobClaim, _ logger: Logger) async -> JobSettlement? {
        while !Task.isCancelled {
            do {
                let (settlement, mark) = try await jobs.withFence(claim) { connection, fence in
                    let settlement = self.settlement(after: end, of: claim.job, asOf: fence)
                    let mark = try await handlers[claim.job.kind]?.conclude(claim, as: settlement, on: connection)
                    try await jobs.settle(claim, as: settlement, on: connection)
                    return (settlement, mark ?? nil)
                }
                if let mark { await delivery.announce(mark) }
                return settlement
            } catch let error as RecordError where error.code == .staleClaim {
                logger.notice("A job's end is not recorded: another worker has claimed it")
                return nil
            } catch {
                logger.warning("A job's end is not recorded yet", metadata: ["error": "\(error)"])
                await Doorbell().sleep(until: .now + .milliseconds(Int64.random(in: 500...1500)))
            }
        }
        return nil
    }

    private func settlement(after end: RunEnd, of job: Job, asOf fence: JobFence) -> JobSettlement {
        switch end {
        case .notRun(let settlement): return settlement
        case .outcome(let outcome):
            var generator = SystemRandomNumberGenerator()
            return JobSettlement(outcome, of: job, asOf: fence, backoff: configuration.backoff, using: &generator)
        }
    }

    /// Tells the queue, and goes on trying until it has heard or a newer run of the job is ours.
    ///
    /// Also when the lease has ended: it may have begun anew before the queue gave to others what this worker held, and then
    /// the job is this worker's still. A worker that is going away leaves that to the end of its lease.
    ///
    /// - Parameter epoch: of the run that has ended; `nil` where none has begun.
    private func settleInQueue(_ job: JobID, as settlement: Settlement, epoch: Epoch? = nil) async {
        while !Task.isCancelled, lease.stands() || !stopping.isSet, desk.withLock({ $0.epoch(of: job) }) == epoch {
            do throws(DeliveryError) {
                try await delivery.settle(job, worker: lease.worker, as: settlement)
                return
            } catch {
                logger.debug("The queue was not told of a job's end yet", metadata: ["error": "\(error)"])
                await Doorbell().sleep(until: .now + .milliseconds(Int64.random(in: 200...800)))
            }
        }
    }
}

extension Settlement {
    fileprivate init(_ settlement: JobSettlement, priority: JobPriority) {
        guard let wait = settlement.dueIn else {
            self = .finished
            return
        }
        self = wait > .zero ? .delayed(wait, priority) : .ready(priority)
    }
}
