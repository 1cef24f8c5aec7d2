package import Postgres
package import TramlineModel

/// An issue that a person is sent to.
package struct IssueReference: Sendable, Hashable {
    package let key: String
    /// The address for browsers.
    package let url: String

    package init(key: String, url: String) {
        self.key = key
        self.url = url
    }
}

/// Something that a person should put right in Jira after an export.
package struct ManualFix: Sendable, Hashable {
    package var ticket: TicketID
    /// The kind of fix, as `assignee_invalid`.
    package var issueType: String
    /// What exactly: a field's id, a file's name, another ticket's ref or issue's key.
    package var subject: String
    package var reason: String
    package var recommendedAction: String
    /// The issue to put right, where it is not the ticket's own.
    package var otherIssue: IssueReference?

    package init(
        ticket: TicketID,
        issueType: String,
        subject: String,
        reason: String,
        recommendedAction: String,
        otherIssue: IssueReference? = nil
    ) {
        self.ticket = ticket
        self.issueType = issueType
        self.subject = subject
        self.reason = reason
        self.recommendedAction = recommendedAction
        self.otherIssue = otherIssue
    }
}

/// A manual fix with the issue that it is about.
package struct ManualFixRow: Sendable {
    package let fix: ManualFix
    package let title: String
    /// The other issue, where the fix names one, else the ticket's own.
    package let issue: IssueReference
}

extension ManualFix {
    /// Whether a fix, beside its ticket, is about an issue that is there. What an issue will lack is recorded before it is
    /// made; until then there is nothing to mend, and if the create fails, the next one may lack something else.
    static let isTold = PostgresQuery(
        unescaped: "COALESCE(manual_fixes.jira_key, tickets.jira_ticket_key) IS NOT NULL"
    )
}

extension ExportStore {
    /// Records a manual fix; once, however often the step is run.
    package func recordFix(
        _ fix: ManualFix,
        session: SessionID,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            INSERT INTO manual_fixes (id, session_id, ticket_id, issue_type, subject, reason, recommended_action,
                                      jira_key, jira_url)
            VALUES (gen_random_uuid(), \(session), \(fix.ticket), \(fix.issueType), \(fix.subject), \(fix.reason),
                    \(fix.recommendedAction), \(fix.otherIssue?.key), \(fix.otherIssue?.url))
            ON CONFLICT (ticket_id, issue_type, subject) DO NOTHING
            """
        )
    }

    /// Replaces what a ticket's issue will lack, before the request that makes it: what an earlier request lacked does
    /// not matter any more. Fixes about other issues stay.
    package func replaceFixes(
        of ticket: TicketID,
        with fixes: [ManualFix],
        session: SessionID,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute("DELETE FROM manual_fixes WHERE ticket_id = \(ticket) AND jira_key IS NULL")
        for fix in fixes { try await recordFix(fix, session: session, on: connection) }
    }

    /// Forgets that an issue was taken for something else than the ticket's own, which it is.
    package func dropFixes(of ticket: TicketID, about key: String, on connection: PostgresConnection) async throws {
        try await connection.execute("DELETE FROM manual_fixes WHERE ticket_id = \(ticket) AND jira_key = \(key)")
    }

    /// A session's manual fixes in the order of the tickets: those about issues that are there.
    package func fixes(of session: SessionID) async throws -> [ManualFixRow] {
        try await pool.query(
            """
            SELECT ticket_id, manual_fixes.issue_type, subject, reason, recommended_action, title, jira_key, jira_url,
                   COALESCE(jira_key, jira_ticket_key) AS issue_key, COALESCE(jira_url, jira_ticket_url) AS issue_url
            FROM manual_fixes JOIN tickets ON tickets.id = ticket_id
            WHERE manual_fixes.session_id = \(session) AND \(ManualFix.isTold)
            ORDER BY export_order, manual_fixes.created_at, subject
            """
        ).map { row in
            let issue = IssueReference(key: try row.get("issue_key"), url: try row.get("issue_url"))
            return ManualFixRow(
                fix: ManualFix(
                    ticket: try row.get("ticket_id"),
                    issueType: try row.get("issue_type"),
                    subject: try row.get("subject"),
                    reason: try row.get("reason"),
                    recommendedAction: try row.get("recommended_action"),
                    otherIssue: try row.get("jira_key", as: String?.self) == nil ? nil : issue
                ),
                title: try row.get("title"),
                issue: issue
            )
        }
    }
}
