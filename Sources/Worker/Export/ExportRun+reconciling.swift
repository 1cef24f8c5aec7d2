import Foundation
import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// What a look for a lost issue has shown.
enum Reconciliation {
    case found(ExportedIssue)
    /// It is not there, and by now it can no longer come.
    case absent
    /// It is not there, but it may still come; look again after so long.
    case undecided(lookAgain: Duration)
}

extension ExportRun {
    /// How many keys one read asks for, and how many in a row must be absent to end the walk.
    private static let keysPerLook = 100
    /// The walk gives up after so many reads: the search must find what lies beyond.
    private static let longestWalk = 20

    /// Looks for the issue of a create request whose answer was lost, and adopts it.
    ///
    /// First by the project's keys, which need no index, from the highest that was known before the request; then by a search
    /// for what the account has created since. The marker in the issue's property is the proof, never a title.
    func reconcile(_ operation: CreateOperation, of ticket: Ticket) async throws -> Reconciliation {
        do {
            var found = try await walk(from: operation.lowKeyNumber, for: operation.marker)
            if found.isEmpty { found = try await search(for: operation) }
            if let issue = found.min(by: { (Int64($0.id) ?? .max) < (Int64($1.id) ?? .max) }), let key = issue.key {
                let exported = ExportedIssue(id: issue.id, key: key, url: caller.client.site.browseURL(of: key))
                try await commit(exported, of: ticket, by: operation, adopted: true, nil)
                return .found(exported)
            }
        } catch let error as JiraError {
            throw interruption(error, doing: "looking for \(name(ticket)), whose answer was lost")
        }
        return try await judgeAbsence(of: operation)
    }

    /// Reads the issues above a key number until enough keys in a row are absent.
    private func walk(from low: Int64?, for marker: Marker) async throws -> [JiraIssue] {
        var found: [JiraIssue] = []
        var next = (low ?? 0) + 1
        for _ in 0..<Self.longestWalk {
            let keys = (next..<next + Int64(Self.keysPerLook)).map { "\(project)-\($0)" }
            let batch = try await caller.send(spaced: false) { client throws(JiraError) in
                try await client.bulkFetch(keys, fields: ["created"], properties: [TicketMapping.markerProperty])
            }
            found += batch.issues.filter { Self.carries(marker, $0) }
            // Moved issues answer to their old keys: only the numbers of this project move the walk on.
            if batch.issues.isEmpty || !found.isEmpty { break }
            next += Int64(Self.keysPerLook)
        }
        return found
    }

    private func search(for operation: CreateOperation) async throws -> [JiraIssue] {
        // Two minutes for clocks that differ; whole minutes, since JQL knows nothing finer.
        let since = Int64((operation.intendedAt.timeIntervalSince1970 - 120) / 60) * 60_000
        let search = JiraSearch(
            jql: "project = \"\(project)\" AND creator = currentUser() AND created >= \(since) ORDER BY created ASC",
            fields: ["created"],
            properties: [TicketMapping.markerProperty]
        )
        var found: [JiraIssue] = []
        var cursor = caller.client.search(search).makeAsyncIterator()
        var hasMore = true
        while hasMore, found.isEmpty {
            hasMore = try await runPage(&cursor) { found += $0.filter { Self.carries(operation.marker, $0) } }
        }
        return found
    }

    /// Reads one page in its turn.
    /// - Returns: Whether there was one.
    private func runPage(
        _ cursor: inout JiraSearchCursor,
        _ look: ([JiraIssue]) -> Void
    ) async throws -> Bool {
        var position = cursor
        let page = try await caller.page { client throws(JiraError) in try await position.next(with: client) }
        cursor = position
        guard let page else { return false }
        look(page.value.issues)
        return true
    }

    static func carries(_ marker: Marker, _ issue: JiraIssue) -> Bool {
        issue.properties[TicketMapping.markerProperty]?["marker"]?.string == marker.description
    }

    /// Not found: whether that proves anything yet.
    private func judgeAbsence(of operation: CreateOperation) async throws -> Reconciliation {
        let age = try await OperationStore.age(of: operation, on: exports.pool)
        let settled = settings.requestTimeout + settings.settle
        guard age >= settled else {
            // Looked for often at first, then ever less; never later than the moment at which its absence counts.
            return .undecided(lookAgain: min(settled - age, max(.seconds(2), age / 2)))
        }
        try await run.commit { connection in
            try await OperationStore.settleRefused(
                operation,
                httpStatus: nil,
                detail: "Not found after the settle time: no issue was made.",
                on: connection
            )
            return ((), nil)
        }
        logger.notice("A lost create has made nothing", metadata: ["operation.id": "\(operation.id)"])
        return .absent
    }
}
