import Delivery
package import Metrics
import Record
import Telemetry
import TramlineModel

/// What a runner counts and measures.
package struct RunnerMetrics: Sendable {
    private let factory: any MetricsFactory
    private let reclaimed: Counter
    private let gateWait: Metrics.Timer

    /// - Parameter factory: Where it goes: the process's own, or a test's.
    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        reclaimed = Counter(label: MetricName.jobsReclaimed, factory: factory)
        gateWait = Metrics.Timer(label: MetricName.gateWait, factory: factory)
    }

    /// Notes that jobs were claimed.
    func claimed(_ claims: [JobClaim]) {
        for claim in claims { counter(MetricName.jobsClaimed, of: claim.job).increment() }
    }

    /// Notes what a run left its job as, and how long it took; `nil` where it lost its claim.
    func ended(_ claim: JobClaim, as settlement: JobSettlement?, after duration: Duration) {
        let outcome = settlement?.state.rawValue ?? "claim_lost"
        counter(MetricName.jobsEnded, of: claim.job, ("outcome", outcome)).increment()
        Metrics.Timer(label: MetricName.jobDuration, dimensions: labels(of: claim.job), factory: factory)
            .record(duration: duration)
    }

    /// Notes that a heartbeat gave back what dead workers held.
    func reaped(_ workers: [Heartbeat.DeadWorker]) {
        reclaimed.increment(by: workers.reduce(0) { $0 + $1.jobs.count })
    }

    /// Notes how long a request waited for its turn.
    func waitedAtGate(_ duration: Duration) { gateWait.record(duration: duration) }

    private func labels(of job: Job) -> [(String, String)] { [("kind", job.kind.rawValue)] }

    private func counter(_ name: String, of job: Job, _ more: (String, String)...) -> Counter {
        Counter(label: name, dimensions: labels(of: job) + more, factory: factory)
    }
}
