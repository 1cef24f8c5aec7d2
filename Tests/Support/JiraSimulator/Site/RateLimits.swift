/// The limits of a site; the defaults are the published ones.
package struct RateLimits: Sendable, Hashable {
    /// Why a request was refused, as `RateLimit-Reason` says it.
    package enum Reason: String, Sendable, CaseIterable {
        case burst = "jira-burst-based"
        case issue = "jira-per-issue-on-write"
        case quotaGlobal = "jira-quota-global-based"
        case quotaTenant = "jira-quota-tenant-based"
    }

    /// Requests a second for each endpoint, by verb; as many may come at once.
    package var readsPerSecond = 100
    /// The same for PUT and DELETE.
    package var changesPerSecond = 50
    /// The same for reading one issue, and for counting.
    package var issueReadsPerSecond = 150
    /// Writes to one issue in 2 s.
    package var issueWritesShort = 20
    /// Writes to one issue in 30 s.
    package var issueWritesLong = 100
    /// Points an hour for bearers; nil for no quota.
    package var pointsPerHour: Int?

    package init() {}
}

/// Requests so far, against the limits. Times are the site's, in milliseconds.
struct RateLimiter: Sendable {
    /// What the limits say to one request.
    struct Verdict: Sendable {
        /// The most that is allowed.
        var limit: Int
        /// How much is left.
        var remaining: Int
        /// Set when the request is refused.
        var refusal: (reason: RateLimits.Reason, retryAfter: Int)?
    }

    private struct Bucket {
        var tokens: Double
        var at: Int
    }

    private let limits: RateLimits?
    private var buckets: [String: Bucket] = [:]
    private var issueWrites: [Int: [Int]] = [:]
    private var hour = 0
    private var points = 0

    init(limits: RateLimits?) {
        self.limits = limits
    }

    /// Judges a request, and counts it when it is allowed.
    ///
    /// - Parameters:
    ///   - endpoint: Verb and route.
    ///   - issue: The issue it writes to, if any.
    ///   - usesPoints: Whether the caller is under the hourly quota.
    mutating func judge(endpoint: String, verb: String, issue: Int?, usesPoints: Bool, at now: Int) -> Verdict? {
        guard let limits else { return nil }
        let rate =
            endpoint.hasSuffix("GET issue") || endpoint.hasSuffix("approximate-count")
            ? limits.issueReadsPerSecond
            : verb == "PUT" || verb == "DELETE" ? limits.changesPerSecond : limits.readsPerSecond
        var bucket = buckets[endpoint] ?? Bucket(tokens: Double(rate), at: now)
        bucket.tokens = min(Double(rate), bucket.tokens + Double(max(0, now - bucket.at)) / 1000 * Double(rate))
        bucket.at = now
        defer { buckets[endpoint] = bucket }
        if let quota = limits.pointsPerHour, usesPoints {
            if now / 3_600_000 != hour { (hour, points) = (now / 3_600_000, 0) }
            guard points < quota else {
                let left = 3600 - now / 1000 % 3600
                return Verdict(limit: quota, remaining: 0, refusal: (.quotaTenant, left))
            }
        }
        guard bucket.tokens >= 1 else { return Verdict(limit: rate, remaining: 0, refusal: (.burst, 1)) }
        if let issue {
            let recent = issueWrites[issue, default: []].filter { now - $0 < 30_000 }
            issueWrites[issue] = recent
            if recent.count >= limits.issueWritesLong {
                return Verdict(limit: limits.issueWritesLong, remaining: 0, refusal: (.issue, 30))
            }
            if recent.count(where: { now - $0 < 2000 }) >= limits.issueWritesShort {
                return Verdict(limit: limits.issueWritesShort, remaining: 0, refusal: (.issue, 2))
            }
            issueWrites[issue, default: []].append(now)
        }
        bucket.tokens -= 1
        return Verdict(limit: rate, remaining: Int(bucket.tokens), refusal: nil)
    }

    /// Counts what an answer cost: one point, and one for each object read.
    mutating func spend(objects: Int, at now: Int) {
        guard limits?.pointsPerHour != nil else { return }
        if now / 3_600_000 != hour { (hour, points) = (now / 3_600_000, 0) }
        points += 1 + objects
    }
}
