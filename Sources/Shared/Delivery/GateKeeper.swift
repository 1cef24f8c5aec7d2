import CrashPoints
package import Logging
import ServiceLifecycle
import Synchronization
package import TramlineModel

/// Lets the jobs of one worker wait for their turns at the sites' gates.
///
/// Waiting costs no thread and no polling: a waiter sleeps until Redis's wake for it, or until the instant that Redis named;
/// one slow pulse per site finds what a lost wake would have told. A pass is handed out only while the worker's lease stands.
package final class GateKeeper: Service, Sendable {
    private typealias Room = GateWaitingRoom<CheckedContinuation<GateSignal, Never>>

    private let delivery: Delivery
    private let lease: WorkerLease
    private let logger: Logger
    private let room: Mutex<Room>
    private let bell = Doorbell()
    private let nextTicket = Atomic<UInt64>(1)

    /// - Parameter pulse: How often a site with waiters is looked at, if nothing happens there. Default 2 s.
    package init(delivery: Delivery, lease: WorkerLease, logger: Logger, pulse: Duration = .seconds(2)) {
        self.delivery = delivery
        self.lease = lease
        self.logger = logger
        self.room = Mutex(Room(pulse: pulse))
    }

    /// The passes in use; ``Delivery/register(_:holding:gates:)`` asks for them.
    var heldPasses: [GatePass] { room.withLock { $0.heldPasses } }

    /// Waits for a turn at a site's gate and runs `body` with the pass.
    ///
    /// The gate is held until `body` ends, so `body` is the request and nothing else. The pass is given back in the
    /// background: a slow Redis does not keep the result from the caller.
    ///
    /// - Parameters:
    ///   - spaced: Whether the request writes, or is a page of a search.
    ///   - deadline: When to give up waiting; `body` itself is not limited. Time in which the site is paused does not count:
    ///     from each look that finds it paused, there is as much time again as there was at first.
    ///   - isCalledOff: Whether the job is not wanted any more. Asked before each asking for the gate and before `body`; who
    ///     makes it true calls ``callOff(_:)`` then, so that nobody sleeps on.
    /// - Throws: What `body` throws; ``DeliveryError`` with `.gateDeadline`, `.leaseLost`, `.cancelled`, `.closed`,
    ///   `.calledOff`, `.scriptFailed` or `.malformedReply` when `body` has not run. A Redis that does not answer is waited for.
    package func withPass<Result>(
        site: SiteID,
        team: TeamID,
        job: JobID,
        priority: JobPriority,
        spaced: Bool,
        deadline: ContinuousClock.Instant,
        isCalledOff: @Sendable () -> Bool = { false },
        body: (GatePass) async throws -> Result
    ) async throws -> Result {
        let ticket = nextTicket.wrappingAdd(1, ordering: .relaxed).oldValue
        let waiter = GateWaiter(
            team: team,
            job: job,
            lease: lease,
            priority: priority,
            isSpaced: spaced,
            ticket: ticket
        )
        let pass = try await acquire(site, waiter, deadline, isCalledOff)
        defer {
            room.withLock { $0.depart(ticket, pass.departure(), now: .now) }
            bell.ring()
        }
        return try await body(pass)
    }

    /// Has the waiters of a job look whether it is still wanted.
    package func callOff(_ job: JobID) {
        resume(room.withLock { $0.wakeAll(of: job) })
    }

    /// Keeps the timers and listens to wakes, until graceful shutdown (after the last pass) or cancellation.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.listen() }
                while !Task.isCancelled {
                    let (alarm, isOver) = room.withLock { ($0.nextAlarm, $0.isClosed && $0.isEmpty) }
                    if isOver { break }
                    await bell.sleep(until: alarm)
                    let due = room.withLock { $0.due(at: .now) }
                    for (sleeper, signal) in due.sleepers { sleeper.resume(returning: signal) }
                    for site in due.pulses { group.addTask { await self.look(at: site) } }
                    for errand in due.errands { group.addTask { await self.run(errand) } }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.close()
        }
        close()
        // After cancellation nothing that this task awaits would be sent, so the last messages go out from a task of their
        // own, awaited at once.
        await Task { await finishErrands() }.value
    }

    // MARK: Waiting

    private func acquire(
        _ site: SiteID,
        _ waiter: GateWaiter,
        _ deadline: ContinuousClock.Instant,
        _ isCalledOff: @Sendable () -> Bool
    ) async throws(DeliveryError) -> GatePass {
        guard room.withLock({ $0.arrive(waiter.ticket, of: waiter.job, at: site, deadline: deadline, now: .now) })
        else {
            throw DeliveryError(.closed, "the gate keeper has stopped")
        }
        bell.ring()
        do {
            let pass = try await waitForTurn(site, waiter, isCalledOff)
            room.withLock { $0.leave(waiter.ticket, with: pass) }
            return pass
        } catch {
            room.withLock { $0.leave(waiter.ticket, withdrawing: waiter.member, from: site, now: .now) }
            bell.ring()
            throw error
        }
    }

    private func waitForTurn(
        _ site: SiteID,
        _ waiter: GateWaiter,
        _ isCalledOff: @Sendable () -> Bool
    ) async throws(DeliveryError) -> GatePass {
        while true {
            if isCalledOff() { throw DeliveryError(.calledOff, "the job is not wanted any more") }
            let asked = ContinuousClock.now
            guard lease.stands(at: asked) else { throw DeliveryError(.leaseLost, "the worker's lease has ended") }
            var pause: Duration?
            do throws(DeliveryError) {
                let (answer, era) = try await delivery.ask(site, as: waiter)
                resume(room.withLock { $0.answered(site, era: era) })
                switch answer {
                case .granted(let pass):
                    guard lease.stands() else { throw DeliveryError(.leaseLost, "the worker's lease has ended") }
                    if isCalledOff() { throw DeliveryError(.calledOff, "the job is not wanted any more") }
                    return pass
                case .wait(let until, _): pause = until
                // Whoever keeps the lease creates the next generation within a heartbeat, and registers in it. Between the
                // two Redis knows of no lease, although ours still stands; one that is really lost ends the next turn.
                case .lost, .forgotten: pause = delivery.lease / 6
                }
            } catch  where error.code == .unavailable {
                logger.debug("A gate did not answer", metadata: ["site": "\(site)", "error": "\(error)"])
                pause = .milliseconds(Int.random(in: 100...500))
            }
            switch await sleep(waiter.ticket, until: pause.map { ContinuousClock.now + $0 }) {
            case .askAgain: if Task.isCancelled { throw DeliveryError(.cancelled, "the wait for a gate was cancelled") }
            case .deadline: throw DeliveryError(.gateDeadline, "the turn at the gate did not come in time")
            case .closed: throw DeliveryError(.closed, "the gate keeper has stopped")
            }
        }
    }

    /// Sleeps until a wake, the alarm, the deadline or cancellation; the last looks like a wake.
    private func sleep(_ ticket: UInt64, until alarm: ContinuousClock.Instant?) async -> GateSignal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let signal = room.withLock { room -> GateSignal? in
                    if Task.isCancelled { return .askAgain }
                    return room.sleep(ticket, continuation, until: alarm, now: .now)
                }
                if let signal { continuation.resume(returning: signal) } else { bell.ring() }
            }
        } onCancel: {
            if let sleeper = room.withLock({ $0.wake(ticket) }) { sleeper.resume(returning: .askAgain) }
        }
    }

    // MARK: Waking

    private func listen() async {
        while !Task.isCancelled {
            do {
                let wakes = try await delivery.wakes(worker: lease.worker)
                // Turns that came before we could hear of them.
                pulseEverySite()
                for await wake in wakes {
                    switch wake {
                    case .jobs, .cancellation, .probe: break
                    case .gate(let site, let member): self.wake(member: member, at: site)
                    case .anything: pulseEverySite()
                    }
                }
                return
            } catch {
                logger.debug("Cannot listen to wakes", metadata: ["error": "\(error)"])
                // Pulses do the work meanwhile; only cancellation ends this early.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Wakes the waiter that a member stands for, if it is one of ours.
    private func wake(member: String, at site: SiteID) {
        guard member.hasPrefix("\(lease.worker)/"), let slash = member.lastIndex(of: "/"),
            let ticket = UInt64(member[member.index(after: slash)...])
        else { return }
        let (sleeper, isOrphan) = room.withLock { room in
            (room.wake(ticket), room.disown(ticket, member: member, at: site, now: .now))
        }
        sleeper?.resume(returning: .askAgain)
        if isOrphan {
            logger.debug("A place at a gate has nobody", metadata: ["site": "\(site)"])
            bell.ring()
        }
    }

    private func resume(_ sleepers: [CheckedContinuation<GateSignal, Never>]) {
        for sleeper in sleepers { sleeper.resume(returning: .askAgain) }
    }

    private func pulseEverySite() {
        room.withLock { $0.pulseEverySite(now: .now) }
        bell.ring()
    }

    private func look(at site: SiteID) async {
        let term = lease.term
        // Without a lease there are no places to be called to; who waits shall hear that.
        guard lease.stands() else { return resume(room.withLock { $0.wakeAll(at: site) }) }
        do {
            guard let view = try await delivery.look(at: site, for: lease.worker) else { return }
            let era = GateEra(generation: view.generation, term: term)
            resume(
                room.withLock { room in
                    if view.forecast.isPaused { room.holdDeadlines(at: site, now: .now) }
                    return room.answered(site, era: era)
                }
            )
            wake(member: view.nextMember, at: site)
            wake(member: view.holder, at: site)
        } catch {
            // The next pulse looks again.
            logger.debug("Cannot look at a gate", metadata: ["site": "\(site)", "error": "\(error)"])
        }
    }

    // MARK: Errands

    /// Does an errand once; when Redis does not answer, it will be done again, since the gate is shut until then.
    private func run(_ errand: GateErrand) async {
        var retry: ContinuousClock.Instant?
        do {
            crashPoint("before-gate-leave")
            wake(member: try await tell(errand), at: errand.site)
            crashPoint("after-gate-leave")
        } catch  where error.code == .unavailable && lease.stands() {
            retry = .now + .milliseconds(Int.random(in: 100...500))
        } catch  where error.code == .cancelled {
            retry = .now
        } catch {
            // What stays behind goes when the worker's lease does.
            logger.warning("A gate was not given back", metadata: ["error": "\(error)"])
        }
        room.withLock { $0.done(errand, retry: retry) }
        bell.ring()
    }

    /// Returns who is next in turn.
    private func tell(_ errand: GateErrand) async throws(DeliveryError) -> String {
        switch errand.content {
        case .giveBack(let pass, let departure): try await delivery.leave(pass, departure).nextMember
        case .withdraw(let member): try await delivery.withdraw(member: member, from: errand.site).nextMember
        }
    }

    /// Makes a last attempt at what is left, for a second at most.
    private func finishErrands() async {
        let errands = room.withLock { $0.takeLastErrands() }
        guard !errands.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { group in
                    for errand in errands { group.addTask { await self.run(errand) } }
                }
            }
            // Its only error is that the errands were faster.
            group.addTask { try? await Task.sleep(for: .seconds(1)) }
            await group.next()
            group.cancelAll()
        }
    }

    private func close() {
        let sleepers = room.withLock { $0.close() }
        for sleeper in sleepers { sleeper.resume(returning: .closed) }
        bell.ring()
    }
}
