package import Foundation

/// What an answer says about limits. Most answers say nothing.
package struct JiraRateLimit: Sendable, Equatable {
    /// Which of Jira's limits was met.
    package enum Reason: Sendable, Hashable {
        /// The points an app has for an hour, all its tenants together: wait until ``JiraRateLimit/reset``.
        case quotaGlobal
        /// The points an app has for an hour with this tenant.
        case quotaTenant
        /// Too many requests of one kind within seconds.
        case burst
        /// Too many writes to one issue.
        case perIssueOnWrite
        /// A word that was not known when this was written.
        case other(String)

        init(_ word: String) {
            self =
                switch word.lowercased() {
                case "jira-quota-global-based": .quotaGlobal
                case "jira-quota-tenant-based": .quotaTenant
                case "jira-burst-based": .burst
                case "jira-per-issue-on-write": .perIssueOnWrite
                default: .other(JiraError.shortened(word, to: 64))
                }
        }
    }

    /// `Retry-After`: at most a week; a date is taken relative to the answer's own `Date`.
    package var retryAfter: Duration?
    package var reason: Reason?
    package var limit: Int?
    package var remaining: Int?
    /// When the window starts anew, by Jira's clock.
    package var reset: Date?
    /// Less than a fifth of the limit is left.
    package var isNearLimit = false

    package init(retryAfter: Duration? = nil, reason: Reason? = nil) {
        self.retryAfter = retryAfter
        self.reason = reason
    }

    /// Reads the headers.
    /// - Parameters:
    ///   - now: our clock, for a `Retry-After` date in an answer without `Date`.
    ///   - header: the first value of a header, its name in any case.
    /// - Returns: `nil` when there is not one header about limits.
    init?(now: Date, header: (String) -> String?) {
        self.init()
        limit = header("X-RateLimit-Limit").flatMap { Int($0) }
        remaining = header("X-RateLimit-Remaining").flatMap { Int($0) }
        reset = header("X-RateLimit-Reset").flatMap(JiraTime.date(fromISO:))
        isNearLimit = header("X-RateLimit-NearLimit")?.lowercased() == "true"
        reason = (header("RateLimit-Reason") ?? header("X-RateLimit-Reason")).map(Reason.init)
        retryAfter = header("Retry-After").flatMap {
            Self.duration(retryAfter: $0, now: header("Date").flatMap(JiraTime.date(fromHTTP:)) ?? now)
        }
        if self == JiraRateLimit() { return nil }
    }

    private static func duration(retryAfter text: String, now: Date) -> Duration? {
        let week = 7.0 * 86_400
        let seconds: Double
        if let number = Double(text), number.isFinite {
            seconds = number
        } else if let date = JiraTime.date(fromHTTP: text) {
            seconds = date.timeIntervalSince(now)
        } else {
            return nil
        }
        return .milliseconds(Int64((min(max(seconds, 0), week) * 1000).rounded(.up)))
    }
}
