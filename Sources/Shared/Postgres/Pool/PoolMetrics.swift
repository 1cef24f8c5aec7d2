import Metrics

/// What a pool tells of itself.
struct PoolMetrics: Sendable {
    private let connections = Gauge(label: "postgres_pool_connections")
    private let leased = Gauge(label: "postgres_pool_leased")
    private let waiting = Gauge(label: "postgres_pool_waiting")
    private let wait = Timer(label: "postgres_pool_wait_seconds")

    /// Notes how the pool stands.
    func record(_ machine: PoolStateMachine) {
        connections.record(machine.connectionCount)
        leased.record(machine.leasedCount)
        waiting.record(machine.waiterCount)
    }

    /// Notes how long a caller had to wait that found no idle connection.
    func waited(_ duration: Duration) { wait.record(duration: duration) }
}
