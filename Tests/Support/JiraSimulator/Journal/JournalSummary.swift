/// What a journal says of one site, against the rules that its client must keep.
package struct SiteSummary: Sendable, Codable, Hashable {
    /// Requests that arrived.
    package internal(set) var requests = 0
    /// Requests that write.
    package internal(set) var writes = 0
    /// The most requests in flight at once.
    package internal(set) var maxInFlight = 0
    /// The shortest time between the heads of two writes that follow each other, in microseconds; nil with fewer than two.
    package internal(set) var minWriteGap: Int?
    /// The same among writes and pages of a search, which are what a gate spaces; in microseconds.
    package internal(set) var minSpacedGap: Int?
    /// From the first head to the last end, in microseconds.
    package internal(set) var elapsed = 0
    /// Answers by status code.
    package internal(set) var statuses: [String: Int] = [:]
    /// Requests by how they ended.
    package internal(set) var outcomes: [String: Int] = [:]
    /// Requests by the scripted fault they met.
    package internal(set) var faults: [String: Int] = [:]
    /// Issues made.
    package internal(set) var created = 0

    enum CodingKeys: String, CodingKey {
        case requests, writes, statuses, outcomes, faults, created
        case maxInFlight = "max_in_flight"
        case minWriteGap = "min_write_gap_us"
        case minSpacedGap = "min_spaced_gap_us"
        case elapsed = "elapsed_us"
    }
}

/// What a journal says, site by site.
package struct JournalSummary: Sendable, Codable, Hashable {
    /// Each site's figures, by its name. A site without a request is absent.
    package internal(set) var sites: [String: SiteSummary] = [:]

    /// Adds up a journal. Pure: the same entries give the same figures.
    ///
    /// - Parameter entries: In the order of arrival.
    package init(_ entries: [JournalEntry]) {
        var firstHead: [String: Int] = [:]
        var lastWrite: [String: Int] = [:]
        var lastSpaced: [String: Int] = [:]
        for entry in entries {
            let site = entry.site
            let arrived = entry.arrived.monotonic
            var summary = sites[site] ?? SiteSummary()
            summary.requests += 1
            summary.maxInFlight = max(summary.maxInFlight, entry.inFlight)
            if entry.kind == .write {
                summary.writes += 1
                summary.minWriteGap = Self.shorter(summary.minWriteGap, from: lastWrite[site], to: arrived)
                lastWrite[site] = arrived
            }
            if entry.kind != .read {
                summary.minSpacedGap = Self.shorter(summary.minSpacedGap, from: lastSpaced[site], to: arrived)
                lastSpaced[site] = arrived
            }
            let first = firstHead[site] ?? arrived
            firstHead[site] = first
            summary.elapsed = max(summary.elapsed, (entry.ended ?? entry.arrived).monotonic - first)
            if let status = entry.status { summary.statuses[String(status), default: 0] += 1 }
            summary.outcomes[entry.outcome.rawValue, default: 0] += 1
            if let fault = entry.fault { summary.faults[fault, default: 0] += 1 }
            if entry.issueKey != nil { summary.created += 1 }
            sites[site] = summary
        }
    }

    private static func shorter(_ gap: Int?, from earlier: Int?, to later: Int) -> Int? {
        guard let earlier else { return gap }
        return min(gap ?? .max, later - earlier)
    }
}
