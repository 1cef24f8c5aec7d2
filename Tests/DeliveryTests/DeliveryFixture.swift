import Foundation
import Logging
import Redis
import TestEquipment
import TramlineModel

@testable import Delivery

/// A delivery of the test's own on the shared server.
func withDelivery<Result: Sendable>(
    lease: Duration = .seconds(6),
    spacing: Duration = .milliseconds(50),
    clean: Bool? = true,
    _ body: @Sendable (Delivery) async throws -> Result
) async throws -> Result {
    try await withRedis { redis in
        let delivery = Delivery(redis: redis.client, lease: lease, spacing: spacing, space: redis.prefix)
        if let clean { _ = try await delivery.createGeneration(clean: clean) }
        return try await body(delivery)
    }
}

/// The team of tests that need only one.
let oneTeam = TeamID()

extension QueuedJob {
    /// A job of the one team.
    init(id: JobID, priority: JobPriority, kind: JobKind = .export, delay: Duration? = nil) {
        self.init(id: id, priority: priority, kind: kind, team: oneTeam, delay: delay)
    }
}

extension GateKeeper {
    /// Waits in the name of the one team.
    func withPass<Result>(
        site: SiteID,
        job: JobID,
        priority: JobPriority,
        spaced: Bool,
        deadline: ContinuousClock.Instant,
        isCalledOff: @Sendable () -> Bool = { false },
        body: (GatePass) async throws -> Result
    ) async throws -> Result {
        try await withPass(
            site: site,
            team: oneTeam,
            job: job,
            priority: priority,
            spaced: spaced,
            deadline: deadline,
            isCalledOff: isCalledOff,
            body: body
        )
    }
}

extension Delivery {
    /// Begins to remember, with nothing paused.
    @discardableResult
    func createGeneration(clean: Bool) async throws(DeliveryError) -> Bool {
        try await createGeneration(clean: clean, pauses: .none)
    }

    /// The same road for a worker that dies soon: what others hold must not end while the test runs.
    func withLease(_ lease: Duration) -> Delivery {
        Delivery(redis: redis, lease: lease, spacing: spacing, space: space)
    }

    /// A worker with a lease that stands.
    func makeWorker(_ name: String = "worker") async throws -> WorkerLease {
        let lease = WorkerLease(worker: WorkerID(rawValue: "\(name)-\(UUID().uuidString.prefix(8))"))
        guard case .registered = try await register(lease) else { throw Forgotten() }
        return lease
    }

    /// The jobs that a claim returns.
    func claimed(upTo limit: Int, _ lease: WorkerLease) async throws -> [JobID] {
        guard case .claimed(let jobs, _, _) = try await claim(upTo: limit, worker: lease.worker) else {
            throw Forgotten()
        }
        return jobs
    }

    func standing(_ lease: WorkerLease) async throws -> Heartbeat {
        guard case .standing(let heartbeat) = try await heartbeat(lease) else { throw Forgotten() }
        return heartbeat
    }

    /// Heartbeats until one finds something; for what happens as Redis's clock goes on.
    func heartbeat(_ lease: WorkerLease, until isEnough: (Heartbeat) -> Bool) async throws -> Heartbeat {
        while true {
            let heartbeat = try await standing(lease)
            if isEnough(heartbeat) { return heartbeat }
        }
    }

    func waiter(
        _ lease: WorkerLease,
        team: TeamID = oneTeam,
        job: JobID = JobID(),
        priority: JobPriority = .person,
        spaced: Bool = true,
        ticket: UInt64 = 1
    ) -> GateWaiter {
        GateWaiter(team: team, job: job, lease: lease, priority: priority, isSpaced: spaced, ticket: ticket)
    }

    /// Asks until the gate is granted, as its answers say.
    func granted(_ site: SiteID, _ waiter: GateWaiter) async throws -> GatePass {
        while true {
            switch try await enterGate(site, as: waiter) {
            case .granted(let pass): return pass
            case .wait: await Task.yield()
            case .lost, .forgotten: throw Forgotten()
            }
        }
    }
}

extension GateAnswer {
    var isGranted: Bool { if case .granted = self { true } else { false } }
    var isWait: Bool { if case .wait = self { true } else { false } }
    var isForgotten: Bool { if case .forgotten = self { true } else { false } }
    var isLost: Bool { if case .lost = self { true } else { false } }
    var waitsUntil: Duration? { if case .wait(let until, _) = self { until } else { nil } }
    var behind: Int? { if case .wait(_, let behind) = self { behind } else { nil } }
}

struct Forgotten: Error {}

func jobs(
    _ count: Int,
    _ priority: JobPriority = .person,
    kind: JobKind = .export,
    team: TeamID = oneTeam
) -> [QueuedJob] {
    (0..<count).map { _ in QueuedJob(id: JobID(), priority: priority, kind: kind, team: team) }
}
