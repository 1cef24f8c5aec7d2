/// How long a job waits after a transient fault: exponential, with full jitter.
///
/// The wait before attempt `n + 1` is drawn evenly from `0 ... min(maximum, base × 2ⁿ⁻¹)` and is never less than what
/// the remote side asked for (`Retry-After`). With the defaults (2 s, 300 s) the upper bounds are
///
/// | attempt | 1 | 2 | 3 | 4 | 5 | … | 9 |
/// |---|---|---|---|---|---|---|---|
/// | bound, s | 2 | 4 | 8 | 16 | 32 | … | 300 |
///
/// - SeeAlso: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
package struct Backoff: Sendable {
    /// The bound after the first attempt, above zero.
    package let base: Duration
    /// The largest bound.
    package let maximum: Duration

    package init(base: Duration = .seconds(2), maximum: Duration = .seconds(300)) {
        precondition(base > .zero && maximum >= base, "a back-off needs 0 < base <= maximum")
        self.base = base
        self.maximum = maximum
    }

    /// The upper bound of the wait after an attempt.
    /// - Parameter attempt: how many attempts have failed, from 1.
    package func bound(afterAttempt attempt: Int) -> Duration {
        // 2^40 × any base is beyond every maximum; the cap keeps the multiplication from overflowing.
        let doublings = min(max(attempt - 1, 0), 40)
        let bound = base * Double(UInt64(1) << UInt64(doublings))
        return min(bound, maximum)
    }

    /// Draws a wait.
    /// - Parameters:
    ///   - attempt: how many attempts have failed, from 1.
    ///   - floor: what the remote side asked for, if it did.
    package func delay(
        afterAttempt attempt: Int,
        notBefore floor: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let drawn = bound(afterAttempt: attempt) * Double.random(in: 0...1, using: &generator)
        return max(drawn, floor ?? .zero)
    }
}
