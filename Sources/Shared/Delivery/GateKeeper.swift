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
    ///   - deadline: When to give up waiting; `body` itself is not limited.
    /// - Throws: What `body` throws; ``DeliveryError`` with `.gateDeadline`, `.leaseLost`, `.cancelled`, `.closed`,
    ///   `.scriptFailed` or `.malformedReply` when `body` has not run. A Redis that does not answer is waited for.
    package func withPass<Result>(
        site: SiteID,
        job: JobID,
        priority: JobPriority,
        spaced: Bool,
        deadline: ContinuousClock.Instant,
        body: (GatePass) async throws -> Result
    ) async throws -> Result {
        let ticket = nextTicket.wrappingAdd(1, ordering: .relaxed).oldValue
        let waiter = GateWaiter(job: job, lease: lease, priority: priority, isSpaced: spaced, ticket: ticket)
        let pass = try await acquire(site, waiter, deadline)
        defer {
            room.withLock { $0.depart(ticket, pass.departure(), now: .now) }
            bell.ring()
        }
        return try await body(pass)
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
                    for (pass, departure) in due.departures {
                        group.addTask { await self.give(pass, back: departure) }
                    }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.close()
        }
        close()
    }

    // MARK: Waiting

    private func acquire(
        _ site: SiteID,
        _ waiter: GateWaiter,
        _ deadline: ContinuousClock.Instant
    ) async throws(DeliveryError) -> GatePass {
        guard room.withLock({ $0.arrive(waiter.ticket, at: site, deadline: deadline, now: .now) }) else {
            throw DeliveryError(.closed, "the gate keeper has stopped")
        }
        bell.ring()
        do {
            let pass = try await waitForTurn(site, waiter)
            _ = room.withLock { $0.leave(waiter.ticket, with: pass) }
            return pass
        } catch {
            _ = room.withLock { $0.leave(waiter.ticket) }
            // The place at the gate must not stay behind. The task may be cancelled, and then nothing that it awaits would
            // be sent, so the last message goes out from a task of its own, awaited at once.
            await Task { await withdraw(waiter, from: site) }.value
            throw error
        }
    }

    private func waitForTurn(_ site: SiteID, _ waiter: GateWaiter) async throws(DeliveryError) -> GatePass {
        while true {
            let asked = ContinuousClock.now
            guard lease.stands(at: asked) else { throw DeliveryError(.leaseLost, "the worker's lease has ended") }
            var pause: Duration?
            do throws(DeliveryError) {
                let (answer, generation) = try await delivery.ask(site, as: waiter)
                resume(room.withLock { $0.answered(site, generation: generation, now: .now) })
                switch answer {
                case .granted(let pass):
                    guard lease.stands() else { throw DeliveryError(.leaseLost, "the worker's lease has ended") }
                    return pass
                case .wait(let until, _): pause = until
                case .lost: throw DeliveryError(.leaseLost, "Redis says that the worker's lease has ended")
                // Whoever keeps the lease creates the next generation within a heartbeat.
                case .forgotten: pause = delivery.lease / 6
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
            wake(ticket)
        }
    }

    private func withdraw(_ waiter: GateWaiter, from site: SiteID) async {
        do {
            wake(ownMember: try await delivery.withdraw(waiter, site).next)
        } catch {
            // The place goes when the worker's lease does, at the latest; until then others are held up by it, so it is told.
            logger.warning("A place at a gate stays behind", metadata: ["site": "\(site)", "error": "\(error)"])
        }
    }

    // MARK: Waking

    private func listen() async {
        while !Task.isCancelled {
            do {
                for await wake in try await delivery.wakes(worker: lease.worker) {
                    switch wake {
                    case .jobs: break
                    case .gate(_, let ticket): self.wake(ticket)
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

    private func wake(_ ticket: UInt64) {
        if let sleeper = room.withLock({ $0.wake(ticket) }) { sleeper.resume(returning: .askAgain) }
    }

    /// Wakes the next waiter in turn when it is one of ours: no message came for it.
    private func wake(ownMember member: String) {
        guard member.hasPrefix("\(lease.worker)/"), let last = member.lastIndex(of: "/"),
            let ticket = UInt64(member[member.index(after: last)...])
        else { return }
        wake(ticket)
    }

    private func resume(_ sleepers: [CheckedContinuation<GateSignal, Never>]) {
        for sleeper in sleepers { sleeper.resume(returning: .askAgain) }
    }

    private func pulseEverySite() {
        room.withLock { $0.pulseEverySite(now: .now) }
        bell.ring()
    }

    private func look(at site: SiteID) async {
        do {
            guard let view = try await delivery.look(at: site, for: lease.worker) else { return }
            resume(room.withLock { $0.answered(site, generation: view.generation, now: .now) })
            wake(ownMember: view.nextMember)
        } catch {
            // The next pulse looks again.
            logger.debug("Cannot look at a gate", metadata: ["site": "\(site)", "error": "\(error)"])
        }
    }

    // MARK: Leaving

    /// Gives a pass back; a Redis that does not answer is asked again, since the gate is ours until then.
    private func give(_ pass: GatePass, back departure: GateDeparture) async {
        var retry: ContinuousClock.Instant?
        do {
            wake(ownMember: try await delivery.leave(pass, departure).nextMember)
        } catch  where error.code == .unavailable && lease.stands() {
            retry = .now + .milliseconds(Int.random(in: 100...500))
        } catch {
            logger.warning("A gate was not given back", metadata: ["site": "\(pass.site)", "error": "\(error)"])
        }
        room.withLock { $0.departed(pass, departure, retry: retry) }
        bell.ring()
    }

    private func close() {
        let sleepers = room.withLock { $0.close() }
        for sleeper in sleepers { sleeper.resume(returning: .closed) }
        bell.ring()
    }
}
