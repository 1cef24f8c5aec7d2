/// Values that are worth keeping for a while. Pure: the clock is passed in.
struct ExpiringCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// How long a value is good after it was stored.
    let lifetime: Duration
    /// How many values are kept at most.
    let capacity: Int
    private var entries: [Key: (value: Value, end: ContinuousClock.Instant)] = [:]

    init(lifetime: Duration, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    func value(for key: Key, at now: ContinuousClock.Instant) -> Value? {
        guard let entry = entries[key], now < entry.end else { return nil }
        return entry.value
    }

    mutating func store(_ value: Value, for key: Key, at now: ContinuousClock.Instant) {
        if entries.count >= capacity { entries = entries.filter { now < $0.value.end } }
        // Still full of good ones: whichever goes is asked for again.
        if entries.count >= capacity, entries[key] == nil, let first = entries.keys.first { entries[first] = nil }
        entries[key] = (value, now + lifetime)
    }

    mutating func remove(_ key: Key) {
        entries[key] = nil
    }
}
