/// What searches see: every issue as it was a while ago.
struct SearchIndex: Sendable {
    private struct Version {
        let visibleAt: Int
        /// Nil once deleted.
        let issue: SimulatedIssue?
    }

    /// The lag of a change, in milliseconds, drawn from this.
    var lag: ClosedRange<Int> = 0...0
    /// The draws, repeatable.
    private var random = SplitMix(seed: 1)
    /// Oldest first; those that a later visible one has replaced are dropped when seen.
    private var versions: [Int: [Version]] = [:]

    /// Enters a change made at `now`, visible after `lag`, else after a drawn lag.
    mutating func changed(_ id: Int, to issue: SimulatedIssue?, at now: Int, lag: Int? = nil) {
        let drawn = lag ?? Int.random(in: self.lag, using: &random)
        // A version never overtakes the one before it.
        let visibleAt = max(now + drawn, versions[id]?.last?.visibleAt ?? .min)
        if drawn == 0, visibleAt == now {
            versions[id] = issue == nil ? nil : [Version(visibleAt: now, issue: issue)]
        } else {
            versions[id, default: []].append(Version(visibleAt: visibleAt, issue: issue))
        }
    }

    /// The issues as searches see them at `now`, as far as they pass a test.
    ///
    /// - Parameter reconciled: Ids that are to be seen as they really are, with their present state: nil when there is none.
    mutating func issues(
        at now: Int,
        reconciled: [Int: SimulatedIssue?],
        where test: (SimulatedIssue) -> Bool
    ) -> [SimulatedIssue] {
        var found: [SimulatedIssue] = []
        var outdated: [(id: Int, latest: Int)] = []
        for (id, all) in versions {
            let seen: SimulatedIssue?
            if !reconciled.isEmpty, let present = reconciled[id] {
                seen = present
            } else if all.count == 1 {
                seen = all[0].visibleAt <= now ? all[0].issue : nil
            } else if let latest = all.lastIndex(where: { $0.visibleAt <= now }) {
                seen = all[latest].issue
                if latest > 0 { outdated.append((id, latest)) }
            } else {
                seen = nil
            }
            if let seen, test(seen) { found.append(seen) }
        }
        for (id, latest) in outdated { versions[id]?.removeFirst(latest) }
        return found
    }
}
