import Jira
import Metrics
import Telemetry

/// What a worker counts and measures of its requests to Jira.
struct SiteMetrics: Sendable {
    private let duration = Metrics.Timer(label: MetricName.jiraDuration)

    /// Notes a request that was tried.
    ///
    /// - Parameter failure: `nil` for one that Jira answered as hoped.
    func tried(_ failure: JiraError.Code?, took: Duration) {
        Counter(label: MetricName.jiraRequests, dimensions: [("result", failure?.rawValue ?? "ok")]).increment()
        duration.record(duration: took)
    }
}
