import Foundation
import Jira
import TramlineModel

/// What the issues that were seen say about lost creates. Pure.
///
/// Proof is the marker: in the issue property, or as a label of an issue by our own account that has no other marker (people
/// clone issues, and labels go along). An issue by our account with the ticket's title and without any marker is a
/// *candidate*: it may be the lost one with its marker taken off, and it may be somebody's honest work; only a person can
/// tell.
struct Evidence: Sendable {
    private let byMarker: [String: Marker]
    private let byLabel: [String: Marker]
    private let byTitle: [String: [Marker]]
    private let windows: [Marker: JiraWindow]
    /// Those of which only one issue can exist.
    private let onlyOnes: Set<Marker>
    private let account: String?

    private var provenByID: [Marker: [String: JiraIssue]] = [:]
    private var candidatesByID: [Marker: [String: JiraIssue]] = [:]
    /// When the newest issue that a walk has seen came into being, by Jira's clock: how far the project's counter is.
    private(set) var newest: Date?

    /// - Parameters:
    ///   - lost: of different tickets.
    ///   - account: our account's id; without it, neither labels nor titles say anything.
    init(_ lost: [LostCreate], windows: [Marker: JiraWindow], account: String?) {
        byMarker = Dictionary(lost.map { ($0.marker.description, $0.marker) }) { first, _ in first }
        byLabel = Dictionary(lost.map { ($0.marker.label, $0.marker) }) { first, _ in first }
        byTitle = Dictionary(grouping: lost) { Self.comparable($0.ticket.content.title) }.mapValues { $0.map(\.marker) }
        onlyOnes = Set(lost.filter(\.isOnlyRequest).map(\.marker))
        self.windows = windows
        self.account = account
    }

    /// Takes an issue of a walk over the project's keys into account.
    mutating func pass(_ issue: JiraIssue) {
        if let created = issue.created { newest = max(newest ?? created, created) }
        see(issue)
    }

    /// Takes an issue into account. Seeing one twice makes no difference.
    mutating func see(_ issue: JiraIssue) {
        guard issue.key != nil else { return }
        if let marker = issue.properties[TicketMapping.markerProperty]?["marker"]?.string {
            if let marker = byMarker[marker] { provenByID[marker, default: [:]][issue.id] = issue }
            return
        }
        guard let account, issue.creator?.accountID == account else { return }
        let labels = issue.labels.filter { $0.hasPrefix(Marker.labelPrefix) }
        guard labels.isEmpty else {
            for label in labels {
                if let marker = byLabel[label] { provenByID[marker, default: [:]][issue.id] = issue }
            }
            return
        }
        guard let summary = issue.summary, let created = issue.created else { return }
        for marker in byTitle[Self.comparable(summary)] ?? []
        where windows[marker].map({ $0.earliest <= created }) ?? false {
            candidatesByID[marker, default: [:]][issue.id] = issue
        }
    }

    /// The issues that carry a marker, the oldest first.
    func proven(_ marker: Marker) -> [JiraIssue] { Self.sorted(provenByID[marker]) }

    /// The issues that may be the lost one and carry no marker, the oldest first.
    func candidates(_ marker: Marker) -> [JiraIssue] { Self.sorted(candidatesByID[marker]) }

    /// The ids of all candidates.
    var candidateIDs: [String] { candidatesByID.values.flatMap(\.keys) }

    /// Drops candidates that are known to be something else.
    mutating func dismiss(_ ids: Set<String>) {
        for marker in Array(candidatesByID.keys) {
            candidatesByID[marker] = candidatesByID[marker]?.filter { !ids.contains($0.key) }
        }
    }

    /// Whether all have been found and none can be there twice: then nothing is left to be seen.
    var isConclusive: Bool { byMarker.values.allSatisfy { onlyOnes.contains($0) && provenByID[$0] != nil } }

    /// Ids grow with time; keys do not after a move.
    private static func sorted(_ issues: [String: JiraIssue]?) -> [JiraIssue] {
        (issues ?? [:]).values.sorted { left, right in
            (Int64(left.id) ?? .max, left.id) < (Int64(right.id) ?? .max, right.id)
        }
    }

    /// Jira trims titles.
    private static func comparable(_ title: String) -> String { title.trimmingCharacters(in: .whitespacesAndNewlines) }
}
