package import Redis
import TramlineModel

/// The road between those who enqueue jobs and those who run them: ready and delayed jobs, workers' leases, sites' gates,
/// and the channels that wake people. All of it lives in Redis and may be lost without losing a job.
///
/// Every call is one script, so nobody sees half of it. All times that matter are milliseconds of the Redis server's clock;
/// workers' clocks do not matter. Every call is safe to repeat after an error.
package struct Delivery: Sendable {
    /// How long what a worker holds outlives its last heartbeat.
    package let lease: Duration
    /// How far apart spaced requests to one site start.
    package let spacing: Duration

    let redis: RedisClient
    let space: String
    let keys: DeliveryKeys

    /// - Parameters:
    ///   - lease: 100 ms...10 min; `JOB_LEASE_SECONDS`, 6 s. Heartbeats should come about every sixth of it.
    ///   - spacing: 0...1 min; `JIRA_SPACING_SECONDS`, 1.5 s. All processes must agree.
    ///   - space: Keeps tests on one server apart; leave it.
    package init(redis: RedisClient, lease: Duration, spacing: Duration, space: String = "q") {
        precondition((.milliseconds(100)...(.seconds(600))).contains(lease), "A lease is 100 ms...10 min")
        precondition((.zero...(.seconds(60))).contains(spacing), "A spacing is 0...1 min")
        self.redis = redis
        self.lease = lease
        self.spacing = spacing
        self.space = space
        self.keys = DeliveryKeys(space: space)
    }

    /// Runs a script and reads its reply; errors of Redis become errors of the delivery, naming the call.
    func run<Value>(
        _ script: RedisScript,
        _ arguments: [RedisArgument],
        timeout: Duration? = nil,
        read: (RedisReply) throws(RedisError) -> Value
    ) async throws(DeliveryError) -> Value {
        do {
            return try read(
                try await redis.evaluate(script, keys: [keys.root], arguments: arguments, timeout: timeout)
            )
        } catch {
            throw DeliveryError(error, during: script.name)
        }
    }

    /// The times that scripts of gates and leases take: `lease`, `spacing`, in whole milliseconds.
    var leaseArgument: RedisArgument { RedisArgument(lease.milliseconds) }
    var spacingArgument: RedisArgument { RedisArgument(spacing.milliseconds) }
}
