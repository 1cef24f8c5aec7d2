package import Metrics
import Synchronization

/// Keeps what a process counts and measures, for whoever scrapes it.
///
/// A backend of swift-metrics: the same name with the same labels is the same series, however often it is asked for, and
/// lives as long as the process. The number of series is bounded, so that no label with too many values can fill the memory:
/// what comes beyond the bound is counted, and not kept.
package final class MetricRegistry: MetricsFactory, Sendable {
    /// What one series is kept in.
    private enum Cell {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case distribution(DistributionCell)

        var kind: MetricKind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .distribution: .histogram
            }
        }
    }

    private struct Shelf {
        var families: [String: [MetricLabels: Cell]] = [:]
        var count = 0
        var refused = 0
    }

    private let shelf = Mutex(Shelf())
    private let limit: Int

    /// - Parameter limit: How many series are kept at most.
    package init(limit: Int = 5000) {
        self.limit = limit
    }

    /// Everything that is kept, as one moment after the other has it.
    package func write(to text: inout PrometheusText) {
        let (families, refused) = shelf.withLock { ($0.families, $0.refused) }
        for (name, cells) in families.sorted(by: { $0.key < $1.key }) {
            guard let kind = cells.values.first?.kind else { continue }
            text.begin(name, kind, MetricName.help[name])
            for (labels, cell) in cells.sorted(by: { $0.key < $1.key }) {
                switch cell {
                case .counter(let cell): text.sample(labels, Double(cell.value))
                case .gauge(let cell): text.sample(labels, cell.value)
                case .distribution(let cell): text.distribution(labels, cell.value)
                }
            }
        }
        text.begin("tramline_metrics_refused_total", .counter, "Series that were not kept, since there are too many.")
        text.sample(Double(refused))
    }

    /// The cell of a series; one that nobody reads where there are too many, or the name stands for something else.
    private func cell<Kept>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ make: () -> Kept,
        _ wrap: (Kept) -> Cell,
        _ unwrap: (Cell) -> Kept?
    ) -> Kept {
        let (name, labels) = (PrometheusText.name(label), MetricLabels(dimensions))
        return shelf.withLock { shelf in
            if let known = shelf.families[name]?[labels], let kept = unwrap(known) { return kept }
            let made = make()
            let kind = wrap(made).kind
            let isOtherKind = shelf.families[name]?.values.first.map { $0.kind != kind } ?? false
            guard shelf.count < limit, !isOtherKind else {
                shelf.refused += 1
                return made
            }
            shelf.families[name, default: [:]][labels] = wrap(made)
            shelf.count += 1
            return made
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
        cell(label, dimensions, GaugeCell.init, Cell.gauge) { if case .gauge(let cell) = $0 { cell } else { nil } }
    }

    private func distribution(_ label: String, _ dimensions: [(String, String)]) -> DistributionCell {
        cell(label, dimensions, DistributionCell.init, Cell.distribution) {
            if case .distribution(let cell) = $0 { cell } else { nil }
        }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, dimensions, CounterCell.init, Cell.counter) {
            if case .counter(let cell) = $0 { cell } else { nil }
        }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { distribution(label, dimensions) } else { gauge(label, dimensions) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        distribution(label, dimensions)
    }

    // A series stays for as long as the process lives: a counter that began anew would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
