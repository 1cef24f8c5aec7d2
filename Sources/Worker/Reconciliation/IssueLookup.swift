import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// Looks for the issues of lost creates: over the project's keys, which need no index, then by search.
///
/// One look serves any number of lost creates of a project. It reads and never writes.
struct IssueLookup: Sendable {
    /// How thoroughly to look.
    enum Depth: Sendable, Hashable {
        /// The first hundred keys: a cheap probe.
        case glance
        /// All keys up to the bound.
        case walk
        /// The keys, the search, and whether this account sees enough for absence to mean anything.
        case full
    }

    /// What a look has shown.
    struct Sight: Sendable {
        var evidence: Evidence
        let windows: [Marker: JiraWindow]
        /// Why it may have missed something; `nil` for a full look that saw all there is to see.
        var blindness: String?
    }

    private static let keysPerRead = 100
    /// Further than this nobody walks: 10,000 keys.
    private static let longestWalk = 100
    /// Pages of a search: 5,000 issues of our own within minutes.
    private static let longestSearch = 50
    private static let labelsPerSearch = 40
    private static let fields = ["created", "creator", "summary", "labels"]

    let caller: SiteCaller
    let facts: SiteFacts
    let project: String
    let integration: IntegrationID
    let pool: PostgresPool
    let logger: Logger

    /// Looks once.
    ///
    /// - Parameters:
    ///   - lost: of different tickets of one project; at least one.
    ///   - now: the database's clock when the look begins: what it proves, it proves for this moment.
    ///   - patience: how long after its deadline a request may still take effect; `nil` looks for as long as there are keys.
    /// - Throws: `JiraError` when trying again may help: nothing is known then. A refusal is no error but blindness.
    ///   `JobInterrupted` between two requests.
    func look(
        for lost: [LostCreate],
        depth: Depth,
        now: Date,
        patience: Duration?
    ) async throws -> Sight {
        var account: String?
        var blindness: String?
        do {
            // Also the way to learn Jira's clock before anything is judged by it.
            account = try await facts.ownAccountID()
        } catch let error as JiraError where !FaultTable.isTransient(error) {
            blindness = error.message
        }
        let siteTime = caller.siteTime
        let windows = Dictionary(
            lost.map { ($0.marker, JiraWindow($0.operation, databaseNow: now, jiraNow: siteTime)) }
        ) { first, _ in first }
        var sight = Sight(
            evidence: Evidence(lost, windows: windows, account: account),
            windows: windows,
            blindness: blindness
        )
        let horizon = patience.flatMap { patience in
            windows.values.map { $0.deadline.addingTimeInterval(patience.inSeconds) }.max()
        }
        do {
            try await walk(lost, depth: depth, until: horizon, &sight)
            if depth == .full, !sight.evidence.isConclusive {
                try await search(lost, until: horizon, &sight)
                try await checkSight(&sight)
            }
        } catch let error as JiraError where !FaultTable.isTransient(error) {
            sight.blindness = error.message
        }
        let candidates = sight.evidence.candidateIDs
        if !candidates.isEmpty {
            sight.evidence.dismiss(try await OperationStore.known(among: candidates, of: integration, on: pool))
        }
        return sight
    }

    // MARK: Keys

    /// Reads the issues above the lowest key that was known before the requests.
    ///
    /// It ends after a hundred absent keys (gaps are normal: deleted, hidden or never made), but not below the highest key
    /// that we know of, or at an issue that is newer than anything that can be meant.
    private func walk(
        _ lost: [LostCreate],
        depth: Depth,
        until horizon: Date?,
        _ sight: inout Sight
    ) async throws {
        let highest = try await OperationStore.highestKeyNumber(inProject: project, of: integration, on: pool) ?? 0
        var next = (lost.map { $0.operation.lowKeyNumber ?? 0 }.min() ?? 0) + 1
        for _ in 0..<(depth == .glance ? 1 : Self.longestWalk) {
            try caller.run.checkpoint()
            let keys = (next..<next + Int64(Self.keysPerRead)).map { "\(project)-\($0)" }
            let batch = try await caller.send(spaced: false) { client throws(JiraError) in
                try await client.bulkFetch(keys, fields: Self.fields, properties: [TicketMapping.markerProperty])
            }
            for issue in batch.issues { sight.evidence.pass(issue) }
            if !batch.retriableIDs.isEmpty { sight.blindness = "Jira did not give all issues that were asked for." }
            if sight.evidence.isConclusive { return }
            // Moved issues answer to their old keys, so an answer without any issue means absent keys only.
            if batch.issues.isEmpty, next + Int64(Self.keysPerRead) > highest { return }
            if let horizon, batch.issues.contains(where: { $0.created.map { $0 > horizon } ?? false }) { return }
            next += Int64(Self.keysPerRead)
        }
        sight.blindness = "The project has more new issues than could be looked at."
    }

    // MARK: Search

    /// Searches for the markers' labels, and for what our account has made since. Neither names the project: an issue may have
    /// been moved by now.
    private func search(_ lost: [LostCreate], until horizon: Date?, _ sight: inout Sight) async throws {
        let labels = lost.map { "\"\($0.marker.label)\"" }
        for start in stride(from: 0, to: labels.count, by: Self.labelsPerSearch) {
            let some = labels[start..<min(start + Self.labelsPerSearch, labels.count)].joined(separator: ", ")
            try await search("labels in (\(some)) ORDER BY created ASC", &sight)
        }
        guard let since = sight.windows.values.map(\.earliest).min() else { return }
        var jql = "creator = currentUser() AND created >= \(Self.minute(since))"
        // Instants are epoch milliseconds, which no profile's time zone touches; whole minutes, since JQL knows nothing finer.
        if let horizon { jql += " AND created <= \(Self.minute(horizon.addingTimeInterval(120)))" }
        try await search(jql + " ORDER BY created ASC", &sight)
    }

    private static func minute(_ date: Date) -> Int64 {
        Int64((date.timeIntervalSince1970 / 60).rounded(.down)) * 60_000
    }

    private func search(_ jql: String, _ sight: inout Sight) async throws {
        let search = JiraSearch(jql: jql, fields: Self.fields, properties: [TicketMapping.markerProperty])
        var token: JiraPageToken?
        var seen: Set<JiraPageToken> = []
        for _ in 0..<Self.longestSearch {
            try caller.run.checkpoint()
            let after = token
            let page = try await caller.send(spaced: true) { client throws(JiraError) in
                try await client.searchPage(search, after: after)
            }
            for issue in page.issues { sight.evidence.see(issue) }
            guard let next = page.next, !sight.evidence.isConclusive else { return }
            guard seen.insert(next).inserted else {
                throw JiraError(.repeatedPage, .refused, message: "Jira's search repeats a page it has given before.")
            }
            token = next
        }
        sight.blindness = "The search found more issues than could be looked at."
    }

    // MARK: Sight

    /// Whether this account sees what it has made: Jira shows an account without permission an empty project and says
    /// nothing of it.
    private func checkSight(_ sight: inout Sight) async throws {
        guard sight.blindness == nil else { return }
        let own = try await OperationStore.newestIssues(inProject: project, of: integration, limit: 20, on: pool)
        if own.isEmpty {
            let project = project
            _ = try await caller.send(spaced: false) { client throws(JiraError) in try await client.project(project) }
        } else {
            let visible = try await caller.send(spaced: false) { client throws(JiraError) in
                try await client.bulkFetch(own)
            }
            if visible.issues.isEmpty {
                sight.blindness = "The Jira account does not see the issues that it has created in \(project)."
            }
        }
    }
}
