internal import Metrics
internal import Synchronization

/// A number that only grows.
final class CounterCell: CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// The newest value.
final class GaugeCell: RecorderHandler, MeterHandler {
    private let newest = Mutex(0.0)

    var value: Double { newest.withLock { $0 } }

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { newest.withLock { $0 = value } }
    func increment(by amount: Double) { newest.withLock { $0 += amount } }
    func decrement(by amount: Double) { newest.withLock { $0 -= amount } }
}

/// How values are spread: durations, in seconds.
final class DistributionCell: TimerHandler, RecorderHandler {
    private let spread = Mutex(Distribution())

    var value: Distribution { spread.withLock { $0 } }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { spread.withLock { $0.add(value) } }
}

/// How many values were at most how large, what they add up to, and how many there were.
package struct Distribution: Sendable, Equatable {
    /// From a database's answer to half an hour in a queue.
    package static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]

    /// Values between the bound before and this one.
    private var counts = [Int](repeating: 0, count: bounds.count)
    package private(set) var sum = 0.0
    package private(set) var count = 0

    package init() {}

    package mutating func add(_ value: Double) {
        sum += value
        count += 1
        if let index = Self.bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
    }

    /// Each bound with the number of values up to it.
    package var cumulative: [(bound: Double, count: Int)] {
        var total = 0
        return zip(Self.bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }
}
