/// The pause before the next attempt: exponential, bounded, with full jitter.
///
/// pause = unit × min(greatest, base × 2^(failures − 1)), unit drawn from 0..<1. With base 100 ms and greatest 3 s:
///
/// | failures | 1 | 2 | 3 | 4 | 5 | 6... |
/// |---|---|---|---|---|---|---|
/// | at most, ms | 100 | 200 | 400 | 800 | 1600 | 3000 |
///
/// Full jitter keeps many processes from coming back in step:
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
struct Backoff: Sendable {
    var base: Duration = .milliseconds(100)
    var greatest: Duration = .seconds(3)

    /// - Parameters:
    ///   - failures: Failed attempts in a row, 1...
    ///   - unit: A random number, 0..<1.
    func pause(failures: Int, unit: Double) -> Duration {
        let factor = 1 << min(max(failures - 1, 0), 20)
        return min(greatest, base * factor) * unit
    }
}
