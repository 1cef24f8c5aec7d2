import Postgres
package import TramlineModel

/// A session as a list shows it: its row, and how far its tickets are.
package struct SessionSummary: Sendable {
    package let session: SessionRow
    package let exportedTickets: Int
    package let failedTickets: Int
    package let manualFixes: Int
}

/// A ticket that is not in Jira, and why.
package struct FailedTicket: Sendable {
    package let ref: String
    package let exportOrder: Int
    package let title: String
    package let message: String
}

extension SessionStore {
    /// A team's sessions, newest first, with what a list says of each.
    ///
    /// The counts are a moment younger than the rows.
    ///
    /// - Parameter limit: 1...1,000.
    package func summaries(team: TeamID, limit: Int) async throws -> [SessionSummary] {
        let sessions = try await list(team: team, limit: limit)
        let rows = try await pool.query(
            """
            SELECT sessions.id, ticket_count.exported, ticket_count.failed,
                   (SELECT count(*) FROM manual_fixes JOIN tickets ON tickets.id = ticket_id
                    WHERE manual_fixes.session_id = sessions.id AND \(ManualFix.isTold)) AS fixes
            FROM sessions CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE jira_export_status = 'exported') AS exported,
                       count(*) FILTER (WHERE jira_export_status = 'failed') AS failed
                FROM tickets WHERE session_id = sessions.id
            ) AS ticket_count
            WHERE sessions.id = ANY (\(sessions.map(\.id)))
            """
        )
        var counts: [SessionID: (exported: Int, failed: Int, fixes: Int)] = [:]
        for row in rows {
            counts[try row.get("id")] = (try row.get("exported"), try row.get("failed"), try row.get("fixes"))
        }
        return sessions.map { session in
            let count = counts[session.id]
            return SessionSummary(
                session: session,
                exportedTickets: count?.exported ?? 0,
                failedTickets: count?.failed ?? 0,
                manualFixes: count?.fixes ?? 0
            )
        }
    }
}

extension ExportStore {
    /// A session's tickets that failed, in the order of creation.
    package func failures(of session: SessionID) async throws -> [FailedTicket] {
        try await pool.query(
            """
            SELECT ref, export_order, title, COALESCE(error_message, '') AS message
            FROM tickets WHERE session_id = \(session) AND jira_export_status = 'failed' ORDER BY export_order
            """
        ).map { row in
            FailedTicket(
                ref: try row.get("ref"),
                exportOrder: try row.get("export_order"),
                title: try row.get("title"),
                message: try row.get("message")
            )
        }
    }
}
