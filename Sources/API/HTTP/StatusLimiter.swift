import Delivery
import TramlineModel

/// Lets a session's status be asked for once in two seconds, over all API processes.
///
/// It protects the database from a client that polls without a pause, and it may err on the generous side: while Redis
/// does not answer, everybody passes.
struct StatusLimiter: Sendable {
    static let interval = Duration.seconds(2)

    let delivery: Delivery
    /// How long an answer may be held up for it.
    let patience: Duration

    /// - Returns: `nil` when the request may pass; else how long until the next one may.
    func wait(for session: SessionID) async -> Duration? {
        do throws(DeliveryError) {
            return try await delivery.takeLook(atStatusOf: session, every: Self.interval, patience: patience)
        } catch {
            // A limit that protects us must not be one more way to be unavailable.
            return nil
        }
    }
}
