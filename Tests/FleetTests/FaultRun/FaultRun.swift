import Foundation
import JiraSimulator
import Postgres
import Synchronization

/// Carries a plan out: a fleet exports its sessions while Jira fails and workers are killed and replaced.
enum FaultRun {
    /// How a run went.
    struct Outcome: Sendable {
        let evidence: FaultRunEvidence
        let requests: Int
        let faulty: Int
        let kills: Int
        let retries: Int
        let seconds: Double
    }

    static func carryOut(_ plan: FaultRunPlan) async throws -> Outcome {
        let outcome = Mutex<Outcome?>(nil)
        try await Fleet.run(options(of: plan)) { fleet in
            let result = try await carryOut(plan, on: fleet)
            outcome.withLock { $0 = result }
        }
        guard let outcome = outcome.withLock({ $0 }) else { throw FleetFault("the run has no outcome") }
        return outcome
    }

    private static func options(of plan: FaultRunPlan) -> Fleet.Options {
        Fleet.Options(
            workers: plan.size.workers,
            spacing: 0,
            lease: 2,
            sites: plan.sites,
            latency: .milliseconds(1),
            journal: ProcessInfo.processInfo.environment["TRAMLINE_FAULT_JOURNAL"],
            environment: [
                "JIRA_REQUEST_TIMEOUT_SECONDS": "2",
                "JIRA_SETTLE_SECONDS": "2",
                "JIRA_AUDIT_SECONDS": plan.size.hasLateCommits ? "12" : "3",
                "JOB_BACKOFF_BASE_SECONDS": "0.05",
                "JOB_BACKOFF_MAX_SECONDS": "1",
                "JOB_MAX_ATTEMPTS": "100",
            ]
        )
    }

    private static func carryOut(_ plan: FaultRunPlan, on fleet: Fleet) async throws -> Outcome {
        let start = ContinuousClock.now
        var sessions: [UUID] = []
        for body in plan.sessions { sessions.append(try await fleet.importSession(body)) }
        for fault in plan.faults { fleet.jira.add(fault) }
        let watch = FaultRunWatch(fleet)
        for session in sessions { try await fleet.startExport(session) }
        let kills = try await withThrowingTaskGroup(of: Void.self) { group in
            let executioner = Executioner(fleet, watch)
            group.addTask { try await executioner.carryOut(plan.kills) }
            group.addTask { try await watch.allOver() }
            // The kills may be done long before the sessions are; sessions may be over before the last kill.
            while try await group.next() != nil, !watch.isOver {}
            group.cancelAll()
            return executioner.done
        }
        fleet.jira.removeFaults()
        let journal = fleet.jira.journal()
        return Outcome(
            evidence: try await FaultRunEvidence(of: fleet),
            requests: journal.count,
            faulty: journal.count { $0.fault != nil },
            kills: kills,
            retries: watch.retries,
            seconds: (ContinuousClock.now - start) / .seconds(1)
        )
    }
}

/// Knows when a run is over: no job is left to be done, and no session that may be retried has failed.
final class FaultRunWatch: Sendable {
    private struct State {
        var isOver = false
        var retries = 0
    }

    private let fleet: Fleet
    private let state = Mutex(State())
    private let bells: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init(_ fleet: Fleet) {
        self.fleet = fleet
        (bells, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        for worker in fleet.workers { heed(worker) }
    }

    var isOver: Bool { state.withLock { $0.isOver } }
    /// How often a failed session was retried, as a person would.
    var retries: Int { state.withLock { $0.retries } }

    /// Looks whenever this worker says that a job has ended.
    func heed(_ worker: FleetProcess) {
        worker.onLine(containing: "A job ends") { [bell] _ in bell.yield() }
    }

    /// Looks: something has happened.
    func look() { bell.yield() }

    /// Waits until all is over.
    func allOver() async throws {
        bell.yield()
        for await _ in bells {
            try await retryFailed()
            let live: Int = try await fleet.pool.query(
                "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'retrying')"
            ).scalar()
            if live == 0 { return state.withLock { $0.isOver = true } }
        }
        throw CancellationError()
    }

    /// Retries, as a person would, what has failed for no reason but the faults of this run. What is refused is left to the
    /// judge.
    private func retryFailed() async throws {
        let failed: [UUID] = try await fleet.pool.query(
            """
            SELECT id FROM sessions
            WHERE status = 'export_failed' AND (error_category = 'temporary' OR error_code = 'worker_died')
                AND export_retry_count < 3
            """
        ).column()
        for session in failed {
            let path = "/api/jira/retry-failed/\(session.wire)"
            if try await fleet.send("POST", path, key: fleet.key, body: Data("{}".utf8)).status == 202 {
                state.withLock { $0.retries += 1 }
            }
        }
    }
}

/// Kills workers at their moments and starts others in their place.
private final class Executioner: Sendable {
    private let fleet: Fleet
    private let watch: FaultRunWatch
    private let living: Mutex<[FleetProcess]>
    private let count = Mutex(0)

    init(_ fleet: Fleet, _ watch: FaultRunWatch) {
        self.fleet = fleet
        self.watch = watch
        living = Mutex(fleet.workers)
    }

    var done: Int { count.withLock { $0 } }

    func carryOut(_ kills: [FaultRunPlan.Kill]) async throws {
        for kill in kills {
            try await fleet.jira.journal { entries in
                guard entries.count >= kill.requests else { return false }
                let entry = entries[kill.requests - 1]
                return switch kill.stage {
                case .arrived: true
                case .read: entry.bodyComplete != nil || entry.outcome != .open
                case .answered: entry.outcome != .open
                }
            }
            let victim = living.withLock { living in living.remove(at: kill.worker % living.count) }
            victim.signal(SIGKILL)
            guard try await victim.ended() == .signal(SIGKILL) else {
                throw FleetFault("\(victim.name) ended before it was killed")
            }
            count.withLock { $0 += 1 }
            let replacement = try await fleet.startWorker()
            watch.heed(replacement)
            living.withLock { $0.append(replacement) }
            // What the dead one did last may never be said by anybody.
            watch.look()
        }
    }
}
