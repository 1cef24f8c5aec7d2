package import Foundation

/// Why what was asked of a session's export is not done: the record has changed nothing.
///
/// The API and the commands say it in the same words.
package struct ExportRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// There is none, or it is another team's: nobody can tell the two apart.
        case noSuchSession
        /// It has no tickets.
        case empty
        /// It was never exported.
        case notStarted
        /// An export is under way.
        case running
        /// All of it is in Jira.
        case completed
        /// Its export failed, and can be retried.
        case failed
        /// Its export was cancelled, and can be retried.
        case cancelled
        /// A person has asked for as many retries as a session has.
        case retriesUsedUp(used: Int, firstErrorAt: Date)
        /// The credential for its site is not in use any more.
        case integrationParked(site: String, reason: String)
    }

    package let session: SessionID
    package let reason: Reason

    package init(_ session: SessionID, _ reason: Reason) {
        self.session = session
        self.reason = reason
    }

    package var description: String { message }

    /// What is the matter, for people.
    package var message: String {
        switch reason {
        case .noSuchSession: "There is no session \(session)."
        case .empty: "Session \(session) has no tickets; there is nothing to export."
        case .notStarted: "Session \(session) was never exported."
        case .running: "The export of session \(session) is under way."
        case .completed: "Session \(session) has been exported; all its tickets are in Jira."
        case .failed: "The export of session \(session) has failed."
        case .cancelled: "The export of session \(session) was cancelled."
        case .retriesUsedUp(let used, _): "Maximum retry attempts (\(used)) exceeded. Please contact administrator."
        case .integrationParked(let site, let reason):
            "The integration for the site \"\(site)\" is not in use: \(reason)"
        }
    }

    /// What to do, most useful first.
    package var recoveryActions: [String] {
        switch reason {
        case .noSuchSession: []
        case .empty: ["Import a session with at least one ticket"]
        case .notStarted: ["Start its export: POST /api/jira/export-session/\(session)"]
        case .running:
            [
                "Wait for its end: GET /api/jira/export-status/\(session)",
                "Or stop it after the current ticket: POST /api/jira/cancel-export/\(session)",
            ]
        case .completed: ["See the result: GET /api/jira/export-results/\(session)"]
        case .failed:
            [
                "See what failed: GET /api/jira/export-status/\(session)",
                "Mend the cause, then retry it: POST /api/jira/retry-failed/\(session)",
            ]
        case .cancelled: ["Go on where it stopped: POST /api/jira/retry-failed/\(session)"]
        case .retriesUsedUp: ["Contact system administrator", "Session may need manual cleanup"]
        case .integrationParked:
            ["Ask an administrator to renew it: tramline-api integrations add", "Then send the request again"]
        }
    }
}
