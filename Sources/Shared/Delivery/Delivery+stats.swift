import Redis
package import TramlineModel

/// What is on the road now.
package struct DeliveryStats: Sendable, Equatable {
    /// Whether Redis remembers; without a generation nothing can be claimed.
    package let hasGeneration: Bool
    package let ready: Int
    package let delayed: Int
    /// The scheduler, if there is one; its lease may have ended since.
    package let leader: WorkerID?
    package let workers: [Worker]
    /// Every gate that has been used.
    package let gates: [Gate]

    package struct Worker: Sendable, Equatable {
        package let worker: WorkerID
        /// What is left of its lease.
        package let leaseLeft: Duration
        /// Jobs that it holds.
        package let held: Int
    }

    package struct Gate: Sendable, Equatable {
        package let site: SiteID
        /// Spaced requests that wait.
        package let spacedWaiting: Int
        /// Other requests that wait.
        package let unspacedWaiting: Int
        /// Whether a request is in flight.
        package let isHeld: Bool
    }

    /// Sites with something to do now: more workers help as long as there are more of these.
    package var runnableSites: Int {
        gates.count { $0.isHeld || $0.spacedWaiting + $0.unspacedWaiting > 0 }
    }
}

extension Delivery {
    /// Counts what is on the road. Also a check that Redis runs scripts.
    package func stats() async throws(DeliveryError) -> DeliveryStats {
        try await run(Scripts.stats, []) { reply throws(RedisError) in
            let parts = try reply.array(atLeast: 6)
            var workers: [DeliveryStats.Worker] = []
            for entry in try parts[4].array() {
                let fields = try entry.array(atLeast: 3)
                workers.append(
                    DeliveryStats.Worker(
                        worker: WorkerID(rawValue: try fields[0].string()),
                        leaseLeft: .milliseconds(try fields[1].integer()),
                        held: Int(try fields[2].integer())
                    )
                )
            }
            var gates: [DeliveryStats.Gate] = []
            for entry in try parts[5].array() {
                let fields = try entry.array(atLeast: 4)
                gates.append(
                    DeliveryStats.Gate(
                        site: SiteID(rawValue: try fields[0].string()),
                        spacedWaiting: Int(try fields[1].integer()),
                        unspacedWaiting: Int(try fields[2].integer()),
                        isHeld: try fields[3].integer() == 1
                    )
                )
            }
            let leader = try parts[3].string()
            return DeliveryStats(
                hasGeneration: try parts[0].integer() == 1,
                ready: Int(try parts[1].integer()),
                delayed: Int(try parts[2].integer()),
                leader: leader.isEmpty ? nil : WorkerID(rawValue: leader),
                workers: workers,
                gates: gates
            )
        }
    }
}
