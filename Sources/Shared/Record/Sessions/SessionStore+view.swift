package import Foundation
import Postgres
package import TramlineModel

/// A session's export as it stood at one moment: all parts are of the same moment.
package struct ExportView: Sendable {
    package let session: SessionRow
    /// The newest job that exports the session; `nil` before the first.
    package let job: Job?
    package let counts: ExportCounts

    /// Whether the export ends after its current step because a person wants it.
    package var isCancelling: Bool { session.status == .exporting && job?.cancelRequested == true }

    /// The ticket, by its place in the order of creation, at which a failed export stands.
    package var failedAtTicketOrder: Int { session.failedAtTicketOrder ?? counts.resumingTicketOrder }

    /// The task of an export that has begun.
    ///
    /// - Throws: ``RecordError`` where it is missing.
    package func task() throws(RecordError) -> JobID {
        guard let job else {
            throw RecordError(.unreadable, "Session \(session.id) has been exported, but its task is missing.")
        }
        return job.id
    }

    /// When an export that has completed did so.
    ///
    /// - Throws: ``RecordError`` where it has not.
    package func completedAt() throws(RecordError) -> Date {
        guard let time = session.completedAt else {
            throw RecordError(.unreadable, "Session \(session.id) has not been completed.")
        }
        return time
    }
}

extension SessionStore {
    /// Looks at a session's export.
    ///
    /// One transaction that sees one moment: the counts and ``SessionRow/progressSequence`` belong together.
    ///
    /// - Parameter team: Whose session it must be; `nil` when the caller has seen to that.
    /// - Returns: `nil` when there is no such session.
    package func view(of id: SessionID, team: TeamID?) async throws -> ExportView? {
        try await pool.withTransaction(isolation: .repeatableRead, isReadOnly: true) { connection in
            guard let session = try await load(id, on: connection), team == nil || session.team == team else {
                return nil
            }
            return ExportView(
                session: session,
                job: try await JobStore(pool: pool).newestExport(of: id, on: connection),
                counts: try await counts(of: id, on: connection)
            )
        }
    }
}

/// A ticket that is in Jira, without its content.
package struct ExportedTicket: Sendable {
    package let id: TicketID
    package let title: String
    package let issue: ExportedIssue
}

extension ExportStore {
    /// A session's tickets that are in Jira, in the order of creation.
    package func exported(of session: SessionID) async throws -> [ExportedTicket] {
        try await pool.query(
            """
            SELECT id, title, jira_ticket_id, jira_ticket_key, jira_ticket_url
            FROM tickets WHERE session_id = \(session) AND jira_export_status = 'exported' ORDER BY export_order
            """
        ).map { row in
            ExportedTicket(
                id: try row.get("id"),
                title: try row.get("title"),
                issue: ExportedIssue(
                    id: try row.get("jira_ticket_id"),
                    key: try row.get("jira_ticket_key"),
                    url: try row.get("jira_ticket_url")
                )
            )
        }
    }
}
