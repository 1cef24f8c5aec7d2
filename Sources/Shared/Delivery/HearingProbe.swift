/// Whether a subscription still hears: now and then something is said to oneself, and must come back.
///
/// A connection may stand, answer pings and deliver nothing, as one that was left behind at a server that is no longer
/// anybody's. Only a message that makes the whole way proves the way. Pure: it is told what happens and when.
package struct HearingProbe: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// From one probe to the next.
    package let interval: Duration
    /// Without an answer for so long, nothing is heard any more.
    package let patience: Duration

    private var number: UInt64 = 0
    /// The first probe that was said and not heard since the last one that was.
    private var firstUnheard: (number: UInt64, saidAt: Instant)?
    /// The last renewal since something was heard.
    private var renewedAt: Instant?

    /// - Parameters:
    ///   - interval: Default 5 s.
    ///   - patience: Default 10 s: so deafness is noticed within 15 s, and mended at once.
    package init(interval: Duration = .seconds(5), patience: Duration = .seconds(10)) {
        self.interval = interval
        self.patience = patience
    }

    /// Notes that the next probe is said.
    /// - Returns: Its number.
    package mutating func say(at now: Instant) -> UInt64 {
        number += 1
        firstUnheard = firstUnheard ?? (number, now)
        return number
    }

    /// Notes that saying it failed: who cannot speak cannot be judged for hearing.
    package mutating func failed(_ number: UInt64) {
        if firstUnheard?.number == number { firstUnheard = nil }
    }

    /// Notes that a probe was heard; those said before it count as heard, too.
    package mutating func heard(_ number: UInt64, at now: Instant) {
        guard let unheard = firstUnheard, number >= unheard.number else { return }
        renewedAt = nil
        // Whatever was said after it is still under way.
        firstUnheard = number < self.number ? (number + 1, now) : nil
    }

    /// For how long nothing has been heard although something was said.
    package func silence(at now: Instant) -> Duration {
        firstUnheard.map { $0.saidAt.duration(to: now) } ?? .zero
    }

    package func isDeaf(at now: Instant) -> Bool { silence(at: now) >= patience }

    /// Whether the subscription is to be made anew now.
    ///
    /// Not with every probe: a new connection that is given up before it can hear would never prove itself.
    package mutating func shouldRenew(at now: Instant) -> Bool {
        guard isDeaf(at: now), renewedAt.map({ $0.duration(to: now) >= patience }) ?? true else { return false }
        renewedAt = now
        return true
    }
}
