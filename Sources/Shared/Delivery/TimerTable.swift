/// Instants by key, of which somebody wants to know the first.
///
/// Most timers are moved or removed before they go off, so the table keeps no order: it remembers a lower bound of the
/// first instant and looks through everything only when that has come. The bound may be early, never late.
struct TimerTable<Key: Hashable> {
    typealias Instant = ContinuousClock.Instant

    private var instants: [Key: Instant] = [:]
    /// No timer goes off before this; `nil` when there is none.
    private(set) var bound: Instant?

    subscript(key: Key) -> Instant? {
        get { instants[key] }
        set {
            instants[key] = newValue
            if let newValue { bound = min(bound ?? newValue, newValue) }
            if instants.isEmpty { bound = nil }
        }
    }

    /// Takes out the keys whose instants have come, the earliest first.
    mutating func popDue(at now: Instant) -> [Key] {
        guard let bound, bound <= now else { return [] }
        var due: [(key: Key, instant: Instant)] = []
        var next: Instant?
        for (key, instant) in instants {
            if instant <= now { due.append((key, instant)) } else { next = min(next ?? instant, instant) }
        }
        for entry in due { instants[entry.key] = nil }
        self.bound = next
        return due.sorted { $0.instant < $1.instant }.map(\.key)
    }
}
