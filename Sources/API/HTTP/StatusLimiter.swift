import Redis
import TramlineModel

/// Lets a session's status be asked for once in two seconds, over all API processes.
///
/// It protects the database from a client that polls without a pause, and it may err on the generous side: while Redis
/// does not answer, everybody passes.
struct StatusLimiter: Sendable {
    static let interval = Duration.seconds(2)

    let redis: RedisClient
    /// How long an answer may be held up for it.
    let patience: Duration

    /// - Returns: `nil` when the request may pass; else how long until the next one may.
    func wait(for session: SessionID) async -> Duration? {
        let key = Self.key(of: session)
        let commands = [
            RedisCommand("SET", key, "1", "NX", "PX", RedisArgument(Self.interval.milliseconds)),
            RedisCommand("PTTL", key),
        ]
        do {
            let replies = try await redis.pipeline(commands, timeout: patience)
            guard replies[0].isNull else { return nil }
            return .milliseconds(max(1, try replies[1].integer()))
        } catch {
            return nil
        }
    }

    /// The key that stands while a session's status may not be asked for.
    static func key(of session: SessionID) -> RedisArgument { "tramline:{q}:status:\(session)" }
}
