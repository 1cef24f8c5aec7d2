import Foundation
import Jira

/// How far a 429 reaches, and for how long. Pure.
///
/// | `RateLimit-Reason` | who waits | how long |
/// |---|---|---|
/// | burst, any other, none | everybody at the site | `Retry-After`, else 10 s |
/// | per issue | whoever writes to that issue | `Retry-After`, else 30 s: the longer of Jira's two windows |
/// | quota of the app or of the tenant | everybody at the site | until the reset, never less than `Retry-After`; else 10 min |
enum RateLimitReach: Equatable {
    case site(Duration)
    case issue(Duration)

    /// The longest that a site's word shuts its gate: a quota's window is an hour.
    static let longest = Duration.seconds(7200)

    /// - Parameter limit: what the answer said; `nil` when it said nothing.
    /// - Parameter serverTime: Jira's clock, which the reset is told by.
    init(_ limit: JiraRateLimit?, serverTime: Date?) {
        let asked = limit?.retryAfter
        switch limit?.reason {
        case .perIssueOnWrite:
            self = .issue(min(asked ?? .seconds(30), Self.longest))
        case .quotaGlobal, .quotaTenant:
            let untilReset = limit?.reset.map { Duration.seconds($0.timeIntervalSince(serverTime ?? Date())) }
            let wait = [asked, untilReset].compactMap(\.self).max() ?? .seconds(600)
            self = .site(min(max(wait, .seconds(1)), Self.longest))
        case .burst, .other, nil:
            self = .site(min(asked ?? .seconds(10), Self.longest))
        }
    }

    init(_ error: JiraError) {
        self.init(error.rateLimit, serverTime: error.serverTime)
    }

    var wait: Duration {
        switch self {
        case .site(let wait), .issue(let wait): wait
        }
    }
}
