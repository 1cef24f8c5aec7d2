import Redis
package import TramlineModel

/// What is on the road now.
package struct DeliveryStats: Sendable, Equatable {
    /// Whether Redis remembers; without a generation nothing can be claimed.
    package let hasGeneration: Bool
    package let ready: Int
    package let delayed: Int
    /// Ready jobs of paused kinds that a claim has come upon.
    package let aside: Int
    /// Jobs that workers have claimed.
    package let held: Int
    /// The scheduler, if there is one; its lease may have ended since.
    package let leader: WorkerID?
    package let paused: Set<PauseScope>
    package let workers: [Worker]
    /// Every gate that has been used.
    package let gates: [Gate]

    package struct Worker: Sendable, Equatable {
        package let worker: WorkerID
        /// What is left of its lease.
        package let leaseLeft: Duration
        /// Jobs that it holds.
        package let held: Int
        /// What it says of itself.
        package let facts: WorkerFacts?
    }

    package struct Gate: Sendable, Equatable {
        package let site: SiteID
        /// Spaced requests that wait.
        package let spacedWaiting: Int
        /// Other requests that wait.
        package let unspacedWaiting: Int
        /// Whose request is in flight.
        package let holder: WorkerID?
        /// How long until the next spaced request may start, by spacing alone.
        package let nextIn: Duration
        /// How long Jira wants the gate closed.
        package let closedFor: Duration

        package var isHeld: Bool { holder != nil }
        package var isRunnable: Bool { isHeld || spacedWaiting + unspacedWaiting > 0 }
    }

    /// All jobs on the road.
    package var known: Int { ready + delayed + aside + held }

    /// Sites with something to do now: more workers help as long as there are more of these.
    package var runnableSites: Int { gates.count { $0.isRunnable } }
}

extension Delivery {
    /// Counts what is on the road, at one moment. Also a check that Redis runs scripts.
    package func stats() async throws(DeliveryError) -> DeliveryStats {
        try await run(Scripts.stats, []) { reply throws(RedisError) in
            let parts = try reply.array(atLeast: 9)
            return DeliveryStats(
                hasGeneration: try parts[0].integer() == 1,
                ready: Int(try parts[1].integer()),
                delayed: Int(try parts[2].integer()),
                aside: Int(try parts[3].integer()),
                held: Int(try parts[4].integer()),
                leader: WorkerID(orNone: try parts[5].string()),
                paused: try Delivery.scopes(parts[6]),
                workers: try parts[7].array().map { entry throws(RedisError) in try DeliveryStats.Worker(entry) },
                gates: try parts[8].array().map { entry throws(RedisError) in try DeliveryStats.Gate(entry) }
            )
        }
    }
}

extension DeliveryStats.Worker {
    fileprivate init(_ reply: RedisReply) throws(RedisError) {
        let fields = try reply.array(atLeast: 4)
        worker = WorkerID(rawValue: try fields[0].string())
        leaseLeft = .milliseconds(try fields[1].integer())
        held = Int(try fields[2].integer())
        facts = WorkerFacts(text: try fields[3].string())
    }
}

extension DeliveryStats.Gate {
    fileprivate init(_ reply: RedisReply) throws(RedisError) {
        let fields = try reply.array(atLeast: 6)
        site = SiteID(rawValue: try fields[0].string())
        spacedWaiting = Int(try fields[1].integer())
        unspacedWaiting = Int(try fields[2].integer())
        holder = WorkerID(orNone: try fields[3].string())
        nextIn = .milliseconds(try fields[4].integer())
        closedFor = .milliseconds(try fields[5].integer())
    }
}

extension WorkerID {
    /// A worker of a script's answer; empty is nobody.
    init?(orNone text: String) {
        guard !text.isEmpty else { return nil }
        self.init(rawValue: text)
    }
}
