package import Postgres
package import TramlineModel

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

    /// Notes that a ticket is not in Jira, as far as anybody can tell, and why.
    package func markFailed(_ ticket: TicketID, because message: String, on connection: PostgresConnection) async throws
    {
        try await connection.execute(
            """
            UPDATE tickets SET jira_export_status = 'failed', error_message = \(message)
            WHERE id = \(ticket) AND jira_export_status <> 'exported'
            """
        )
    }

    /// Takes back the file that an earlier create request of a ticket would have had go along with a description that did not
    /// say everything: the next one may say more, or less.
    package func removeCompanion(of ticket: TicketID, on connection: PostgresConnection) async throws {
        try await connection.execute("DELETE FROM attachments WHERE ticket_id = \(ticket) AND is_companion")
    }

    /// Adds the file that goes along with a description that does not say everything.
    /// - Parameter filename: none of the ticket's own files has it.
    package func addCompanion(
        to ticket: TicketID,
        session: SessionID,
        filename: String,
        contentType: String,
        bytes: [UInt8],
        hash: [UInt8],
        on connection: PostgresConnection
    ) async throws {
        let id = AttachmentID()
        try await connection.execute(
            """
            INSERT INTO attachments (id, session_id, ticket_id, position, filename, content_type, size_bytes, sha256,
                                     is_companion)
            SELECT \(id), \(session), \(ticket), COALESCE(max(position), 0) + 1, \(filename), \(contentType),
                   \(bytes.count), \(hash), true
            FROM attachments WHERE ticket_id = \(ticket)
            """
        )
        for statement in AttachmentChunk.statements(storing: bytes, of: id) { try await connection.execute(statement) }
    }

    /// Commits the intention to send a file, before it is sent.
    /// - Parameter length: how long the request may take effect from now.
    package func intendUpload(
        _ attachment: AttachmentID,
        openFor length: Duration,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE attachments SET upload_open_until = clock_timestamp() + make_interval(secs => \(length.inSeconds))
            WHERE id = \(attachment)
            """
        )
    }

    /// Notes that a file's request has made nothing for sure.
    package func closeUpload(_ attachment: AttachmentID, on connection: PostgresConnection) async throws {
        try await connection.execute("UPDATE attachments SET upload_open_until = NULL WHERE id = \(attachment)")
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
}
