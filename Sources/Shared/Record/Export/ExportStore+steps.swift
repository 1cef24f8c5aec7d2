package import Postgres
package import TramlineModel

/// Something that a person should put right in Jira after an export.
package struct ManualFix: Sendable, Hashable {
    package var ticket: TicketID
    /// The kind of fix, as `assignee_invalid`.
    package var issueType: String
    /// What exactly: a field's id, a file's name, another ticket's ref.
    package var subject: String
    package var reason: String
    package var recommendedAction: String

    package init(ticket: TicketID, issueType: String, subject: String, reason: String, recommendedAction: String) {
        self.ticket = ticket
        self.issueType = issueType
        self.subject = subject
        self.reason = reason
        self.recommendedAction = recommendedAction
    }
}

/// A manual fix with the issue that it is about.
package struct ManualFixRow: Sendable {
    package let fix: ManualFix
    package let title: String
    /// `nil` while the ticket is not in Jira.
    package let issue: ExportedIssue?
}

extension ExportStore {
    /// Notes the issue that a ticket became.
    package func markExported(
        _ ticket: TicketID,
        as issue: ExportedIssue,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE tickets SET jira_export_status = 'exported', jira_ticket_id = \(issue.id),
                jira_ticket_key = \(issue.key), jira_ticket_url = \(issue.url), exported_at = now(),
                error_message = NULL
            WHERE id = \(ticket)
            """
        )
    }

    /// Adds a file to a ticket, unless it has one of that name.
    package func addAttachment(
        to ticket: TicketID,
        session: SessionID,
        filename: String,
        contentType: String,
        bytes: [UInt8],
        hash: [UInt8],
        on connection: PostgresConnection
    ) async throws {
        let id = AttachmentID()
        let added = try await connection.execute(
            """
            INSERT INTO attachments (id, session_id, ticket_id, position, filename, content_type, size_bytes, sha256)
            SELECT \(id), \(session), \(ticket), COALESCE(max(position), 0) + 1, \(filename), \(contentType),
                   \(bytes.count), \(hash)
            FROM attachments WHERE ticket_id = \(ticket)
            ON CONFLICT (ticket_id, filename) DO NOTHING
            """
        )
        guard added == 1 else { return }
        for statement in AttachmentChunk.statements(storing: bytes, of: id) { try await connection.execute(statement) }
    }

    /// Notes that Jira has a file.
    package func markUploaded(
        _ attachment: AttachmentID,
        as jiraID: String,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE attachments SET status = 'uploaded', jira_attachment_id = \(jiraID), uploaded_at = now()
            WHERE id = \(attachment)
            """
        )
    }

    /// Notes that Jira refused a file; the caller records the manual fix.
    package func markRefused(_ attachment: AttachmentID, on connection: PostgresConnection) async throws {
        try await connection.execute("UPDATE attachments SET status = 'refused' WHERE id = \(attachment)")
    }

    /// Notes that Jira has a link, or has refused it (then the caller records the manual fix).
    package func markLink(
        _ link: DependencyRow,
        refused: Bool,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE ticket_dependencies SET
                linked_at = CASE WHEN NOT \(refused) THEN now() END,
                refused_at = CASE WHEN \(refused) THEN now() END
            WHERE ticket_id = \(link.blocked) AND depends_on_ticket_id = \(link.blocker)
            """
        )
    }

    /// Records a manual fix; once, however often the step is run.
    package func recordFix(
        _ fix: ManualFix,
        session: SessionID,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            INSERT INTO manual_fixes (id, session_id, ticket_id, issue_type, subject, reason, recommended_action)
            VALUES (gen_random_uuid(), \(session), \(fix.ticket), \(fix.issueType), \(fix.subject), \(fix.reason),
                    \(fix.recommendedAction))
            ON CONFLICT (ticket_id, issue_type, subject) DO NOTHING
            """
        )
    }

    /// A session's manual fixes in the order of the tickets.
    package func fixes(of session: SessionID) async throws -> [ManualFixRow] {
        try await pool.query(
            """
            SELECT ticket_id, manual_fixes.issue_type, subject, reason, recommended_action, title, jira_ticket_id,
                   jira_ticket_key, jira_ticket_url
            FROM manual_fixes JOIN tickets ON tickets.id = ticket_id
            WHERE manual_fixes.session_id = \(session)
            ORDER BY export_order, manual_fixes.created_at, subject
            """
        ).map { row in
            var issue: ExportedIssue?
            if let key = try row.get("jira_ticket_key", as: String?.self) {
                issue = ExportedIssue(
                    id: try row.get("jira_ticket_id"),
                    key: key,
                    url: try row.get("jira_ticket_url")
                )
            }
            return ManualFixRow(
                fix: ManualFix(
                    ticket: try row.get("ticket_id"),
                    issueType: try row.get("issue_type"),
                    subject: try row.get("subject"),
                    reason: try row.get("reason"),
                    recommendedAction: try row.get("recommended_action")
                ),
                title: try row.get("title"),
                issue: issue
            )
        }
    }
}
