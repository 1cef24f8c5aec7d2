import FaultProxy
import Foundation
import JiraSimulator
import Postgres
import Redis
import Synchronization
import TestEquipment

/// Carries a long run out: sessions are exported without a pause while the plan's troubles come and go, until its time is over.
/// Then everything is mended, and what is under way may end.
///
/// Unlike the other tests it follows a clock: what is planned for a moment happens at that moment.
final class LongRun: Sendable {
    let plan: LongRunPlan
    let fleet: Fleet
    let watch = RecoveryWatch()
    let tally = Mutex(Tally())
    /// The workers that run and that nothing is being done to.
    private let crew = Mutex<[FleetProcess]>([])
    private let start = ContinuousClock.now

    /// What has been done so far.
    struct Tally: Sendable {
        var events: [String: Int] = [:]
        var redisLosses = 0
        var tickets = 0
        var sessions = 0
        var retries = 0
        /// Requests to the API by the status of their answers; 0 for none.
        var answers: [Int: Int] = [:]
        /// From the moment at which Redis could be worked with again to that at which the queue knew every live job.
        var queueBack: [Double] = []
        /// From SIGTERM to a worker's end.
        var goodbyes: [Double] = []
        /// What was not as promised, as sentences; the judge sees only what is left at the end.
        var violations: [String] = []

        mutating func count(_ event: String) { events[event, default: 0] += 1 }
    }

    init(plan: LongRunPlan, fleet: Fleet) {
        self.plan = plan
        self.fleet = fleet
        for worker in fleet.workers { join(worker) }
    }

    /// Runs to the end of the plan, and until all that was accepted is over.
    func carryOut() async throws {
        for fault in plan.faults { fleet.jira.add(fault) }
        let feed = SessionFeed(self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.follow(self.plan.processes) { try await self.harm($0) } }
            group.addTask { try await self.follow(self.plan.troubles) { try await self.trouble($0) } }
            group.addTask { try await feed.run(until: self.start + self.plan.duration) }
            try await group.waitForAll()
        }
        fleet.jira.removeFaults()
        try await feed.finish()
    }

    /// Does what is planned, each at its moment, one after the other.
    private func follow(
        _ moments: [LongRunPlan.Moment],
        _ body: @escaping @Sendable (LongRunPlan.Moment) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for moment in moments {
                try await Task.sleep(until: start + moment.at, clock: .continuous)
                if case .trouble = moment.event {
                    try await body(moment)
                } else {
                    // A worker that sleeps keeps nobody from dying meanwhile.
                    group.addTask { try await body(moment) }
                }
            }
            try await group.waitForAll()
        }
    }

    // MARK: Processes

    /// A worker that nothing is being done to; whoever takes it gives it back, if there is anything left of it.
    private func victim(_ choice: Int) -> FleetProcess? {
        crew.withLock { crew in
            // Somebody must be left to go on.
            guard crew.count > 1 else { return nil }
            return crew.remove(at: choice % crew.count)
        }
    }

    private func hire() async throws {
        let worker = try await fleet.startWorker()
        join(worker)
    }

    private func join(_ worker: FleetProcess) {
        watch.heed(worker)
        crew.withLock { $0.append(worker) }
    }

    private func harm(_ moment: LongRunPlan.Moment) async throws {
        switch moment.event {
        case .killWorker:
            guard let victim = victim(moment.choice) else { return tally.withLock { $0.count("spared") } }
            victim.signal(SIGKILL)
            watch.killed(victim)
            _ = try await victim.ended()
            tally.withLock { $0.count("kill -9 of a worker") }
            // Not at once: its jobs are to run elsewhere without it.
            try await Task.sleep(for: .seconds(8))
            try await hire()
        case .endWorker:
            guard let victim = victim(moment.choice) else { return tally.withLock { $0.count("spared") } }
            let told = ContinuousClock.now
            victim.signal(SIGTERM)
            guard try await victim.ended() == .exit(0) else {
                throw FleetFault("\(victim.name) did not end as it should when it was told to")
            }
            tally.withLock {
                $0.count("SIGTERM of a worker")
                $0.goodbyes.append((ContinuousClock.now - told) / .seconds(1))
            }
            try await hire()
        case .stopWorker:
            guard let victim = victim(moment.choice) else { return tally.withLock { $0.count("spared") } }
            victim.signal(SIGSTOP)
            watch.stopped()
            try await Task.sleep(for: moment.lasts)
            victim.signal(SIGCONT)
            tally.withLock { $0.count("SIGSTOP of a worker beyond its lease") }
            crew.withLock { $0.append(victim) }
        case .killAPI:
            try await fleet.restartAPI()
            tally.withLock { $0.count("kill -9 of the API") }
        case .trouble: preconditionFailure("troubles have a lane of their own")
        }
    }
}
