import Redis
import TramlineModel

extension Delivery {
    /// Drops the gates, turns and shares of sites that nobody has used for long, and what dead workers have left behind.
    ///
    /// In small steps, each one script, so nobody waits for it. A site that is used again begins anew, as a new one does.
    ///
    /// - Parameter idle: For how long nobody has used them; default a day. A gate that Jira wants closed is kept until then.
    /// - Returns: How many sites and workers were dropped.
    @discardableResult
    package func tidy(
        idleFor idle: Duration = .seconds(86_400)
    ) async throws(DeliveryError) -> (sites: Int, workers: Int) {
        var (sites, workers) = (0, 0)
        var cursor: Int64 = 0
        repeat {
            let arguments = [RedisArgument(idle.milliseconds), RedisArgument(cursor)]
            let page = try await run(Scripts.tidy, arguments) { reply throws(RedisError) in
                let parts = try reply.array(atLeast: 3)
                return (try parts[0].integer(), Int(try parts[1].integer()), Int(try parts[2].integer()))
            }
            cursor = page.0
            sites += page.1
            workers += page.2
        } while cursor != 0
        return (sites, workers)
    }
}
