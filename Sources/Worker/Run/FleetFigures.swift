import Delivery
import Telemetry
import TramlineModel

/// The queue and the gates of the whole fleet, as `/metrics` tells them: every worker says the same, so whoever adds up
/// workers takes the greatest, not the sum. Pure.
struct FleetFigures: Sendable {
    let stats: DeliveryStats
    /// What a gate keeps between two writes.
    let spacing: Duration

    func write(to text: inout PrometheusText) {
        begin(MetricName.queueJobs, &text)
        for (place, count) in [
            ("aside", stats.aside), ("delayed", stats.delayed), ("held", stats.held), ("ready", stats.ready),
        ] { text.sample(MetricLabels([("place", place)]), Double(count)) }
        begin(MetricName.workers, &text)
        text.sample(Double(stats.workers.count { $0.leaseLeft > .zero }))
        begin(MetricName.sitesRunnable, &text)
        text.sample(Double(stats.runnableSites))
        begin(MetricName.paused, &text)
        for scope in stats.paused.inOrder { text.sample(MetricLabels([("scope", "\(scope)")]), 1) }
        writeGates(to: &text)
    }

    private func writeGates(to text: inout PrometheusText) {
        let gates = stats.gates.sorted { $0.site.rawValue < $1.site.rawValue }
        begin(MetricName.gateWaiting, &text)
        for gate in gates {
            text.sample(labels(of: gate, ("sends", "writes")), Double(gate.spacedWaiting))
            text.sample(labels(of: gate, ("sends", "reads")), Double(gate.unspacedWaiting))
        }
        begin(MetricName.gateForetold, &text)
        for gate in gates { text.sample(labels(of: gate), foretold(gate).inSeconds) }
        begin(MetricName.gateClosed, &text)
        for gate in gates { text.sample(labels(of: gate), gate.closedFor.inSeconds) }
    }

    /// When the last one that waits with a write will have its turn, if nobody else comes and the gate is not paused.
    private func foretold(_ gate: DeliveryStats.Gate) -> Duration {
        guard gate.spacedWaiting > 0 else { return .zero }
        return max(gate.nextIn, gate.closedFor) + spacing * (gate.spacedWaiting - 1 + (gate.isHeld ? 1 : 0))
    }

    private func labels(of gate: DeliveryStats.Gate, _ more: (String, String)...) -> MetricLabels {
        MetricLabels([("site", gate.site.rawValue)] + more)
    }

    private func begin(_ name: String, _ text: inout PrometheusText) { text.begin(known: name, .gauge) }
}
