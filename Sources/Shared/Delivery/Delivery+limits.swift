import Redis
package import TramlineModel

extension Delivery {
    /// Takes the one look that an interval allows at a session's status, whichever process takes it.
    ///
    /// - Parameters:
    ///   - interval: from one look to the next, by Redis's clock.
    ///   - patience: how long to wait for Redis.
    /// - Returns: `nil` when the look is the caller's; else how long until the next one.
    package func takeLook(
        atStatusOf session: SessionID,
        every interval: Duration,
        patience: Duration
    ) async throws(DeliveryError) -> Duration? {
        let key = RedisArgument(keys.status(of: session))
        let commands = [
            RedisCommand("SET", key, "1", "NX", "PX", RedisArgument(interval.milliseconds)),
            RedisCommand("PTTL", key),
        ]
        do {
            let replies = try await redis.pipeline(commands, timeout: patience)
            guard replies[0].isNull else { return nil }
            // The key may have ended between the two: then the next look may come at once.
            return .milliseconds(max(1, try replies[1].integer()))
        } catch {
            throw DeliveryError(error, during: "take_look")
        }
    }
}
