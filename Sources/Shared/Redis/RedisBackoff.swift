/// Pauses between attempts to connect: exponential with full jitter.
///
/// The pause after the n-th failure in a row is drawn evenly from 0...min(longest, base × 2^(n-1)):
///
/// | failures | 1 | 2 | 3 | 4 | 5 | 6 | 7 and more |
/// |---|---|---|---|---|---|---|---|
/// | at most, by default | 50 ms | 100 ms | 200 ms | 400 ms | 800 ms | 1.6 s | 2 s |
///
/// A fleet that lost its server at one moment comes back spread out, and the first attempt is nearly at once. The longest
/// pause is well below a worker's lease, so that a server that is back is found before leases end.
///
/// - SeeAlso: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
package struct RedisBackoff: Sendable {
    package let base: Duration
    package let longest: Duration
    private var failures = 0

    /// - Parameters:
    ///   - base: The first pause's upper end, at least 1 ms. Default 50 ms.
    ///   - longest: No pause is longer. Default 2 s.
    package init(base: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
        precondition(base >= .milliseconds(1) && longest >= base, "A backoff grows from its base to its longest pause")
        self.base = base
        self.longest = longest
    }

    /// Counts one more failure and draws the pause after it.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        // 20 doublings of a millisecond are 17 minutes: far beyond any longest pause, far below an overflow.
        let ceiling = min(longest, base * (1 << min(failures, 20)))
        failures += 1
        return ceiling * Double.random(in: 0...1, using: &generator)
    }

    /// Forgets the failures, after a connection that lasted.
    mutating func reset() {
        failures = 0
    }
}
