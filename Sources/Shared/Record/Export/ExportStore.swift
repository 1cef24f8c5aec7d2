package import Foundation
package import Postgres
package import TramlineModel

/// A file of a ticket, without its bytes.
package struct AttachmentRow: Sendable {
    package enum Status: String, Sendable, CaseIterable, PostgresEncodable, PostgresDecodable {
        case pending, uploaded, refused
    }

    package let id: AttachmentID
    package let ticket: TicketID
    package let filename: String
    package let contentType: String
    package let size: Int
    package let status: Status
    /// Until when a request for it that may have been sent may still take effect, by the database's clock; `nil` when
    /// there was none, or Jira refused it.
    package let uploadOpenUntil: Date?
    /// Whether the export has added it, because the description does not say everything.
    package let isCompanion: Bool
}

/// A "Blocks" link between two tickets of a session.
package struct DependencyRow: Sendable {
    package let blocked: TicketID
    package let blocker: TicketID
    /// Linked in Jira, or refused and recorded as a manual fix.
    package let isSettled: Bool

    /// Names the link among the steps of a job: made of both its ends, since it has no id of its own.
    package var stepSubject: UUID { Self.stepSubject(blocked: blocked, blocker: blocker) }

    static func stepSubject(blocked: TicketID, blocker: TicketID) -> UUID {
        withUnsafeBytes(of: (blocked.rawValue.uuid, blocker.rawValue.uuid)) { bytes in
            let half = bytes.count / 2
            return UUID(uuid: uuid((0..<half).map { bytes[$0] ^ bytes[half + $0] }))
        }
    }
}

/// Sixteen bytes as a UUID holds them.
private func uuid(_ bytes: [UInt8]) -> uuid_t {
    bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) }
}

/// All that an export works on, as the record has it now.
package struct ExportMaterial: Sendable {
    package let session: SessionRow
    package let integration: Integration
    /// In the order of creation.
    package let tickets: [Ticket]
    package let attachments: [AttachmentRow]
    package let dependencies: [DependencyRow]
}

/// What an export reads and writes: tickets, files, links, create requests, manual fixes.
///
/// All writes are parts of a fenced transaction (``JobStore/withFence(_:_:)``).
package struct ExportStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Loads a session's tickets, files and links.
    /// - Returns: `nil` when there is no such session.
    package func load(_ id: SessionID) async throws -> ExportMaterial? {
        try await pool.withConnection { connection in
            guard let session = try await SessionStore(pool: pool).load(id, on: connection),
                let integration = try await IntegrationStore(pool: pool).load(session.integration, on: connection)
            else { return nil }
            return ExportMaterial(
                session: session,
                integration: integration,
                tickets: try await tickets(of: id, on: connection),
                attachments: try await attachments(of: id, on: connection),
                dependencies: try await dependencies(of: id, on: connection)
            )
        }
    }

    /// A session's tickets in the order of creation.
    package func tickets(of session: SessionID, on client: some PostgresClient) async throws -> [Ticket] {
        try await client.query(
            """
            SELECT id, ref, export_order, title, description_html, issue_type, priority, assignee, sprint,
                   story_points, labels, parent_ticket_id, parent_key, fields, marker, jira_export_status,
                   jira_ticket_id, jira_ticket_key, jira_ticket_url
            FROM tickets WHERE session_id = \(session) ORDER BY export_order
            """
        ).map(Self.ticket(from:))
    }

    private static func ticket(from row: PostgresRow) throws -> Ticket {
        let content = TicketContent(
            title: try row.get("title"),
            descriptionHTML: try row.get("description_html"),
            issueType: try row.get("issue_type"),
            priority: try row.get("priority"),
            assignee: try row.get("assignee", as: PostgresJSON?.self).map(TicketJSON.assignee),
            sprint: try row.get("sprint", as: PostgresJSON?.self).map(TicketJSON.sprint),
            storyPoints: try row.get("story_points"),
            labels: try row.get("labels"),
            fields: try row.get("fields", as: PostgresJSON.self).text
        )
        let parentTicket = try row.get("parent_ticket_id", as: TicketID?.self).map(Ticket.Parent.ticket)
        let parentKey = try row.get("parent_key", as: String?.self).map(Ticket.Parent.key)
        var issue: ExportedIssue?
        if let key = try row.get("jira_ticket_key", as: String?.self) {
            issue = ExportedIssue(id: try row.get("jira_ticket_id"), key: key, url: try row.get("jira_ticket_url"))
        }
        return Ticket(
            id: try row.get("id"),
            ref: try row.get("ref"),
            exportOrder: try row.get("export_order"),
            content: content,
            parent: parentTicket ?? parentKey,
            marker: try row.get("marker"),
            status: try row.get("jira_export_status"),
            issue: issue
        )
    }

    private func attachments(
        of session: SessionID,
        on client: some PostgresClient
    ) async throws -> [AttachmentRow] {
        try await client.query(
            """
            SELECT attachments.id, ticket_id, filename, content_type, size_bytes, attachments.status,
                   upload_open_until, is_companion
            FROM attachments JOIN tickets ON tickets.id = ticket_id
            WHERE attachments.session_id = \(session) ORDER BY export_order, attachments.position
            """
        ).map { row in
            AttachmentRow(
                id: try row.get("id"),
                ticket: try row.get("ticket_id"),
                filename: try row.get("filename"),
                contentType: try row.get("content_type"),
                size: try row.get("size_bytes"),
                status: try row.get("status"),
                uploadOpenUntil: try row.get("upload_open_until"),
                isCompanion: try row.get("is_companion")
            )
        }
    }

    private func dependencies(
        of session: SessionID,
        on client: some PostgresClient
    ) async throws -> [DependencyRow] {
        try await client.query(
            """
            SELECT ticket_id, depends_on_ticket_id, linked_at IS NOT NULL OR refused_at IS NOT NULL AS is_settled
            FROM ticket_dependencies
            JOIN tickets AS blocked ON blocked.id = ticket_id
            JOIN tickets AS blocker ON blocker.id = depends_on_ticket_id
            WHERE ticket_dependencies.session_id = \(session)
            ORDER BY blocked.export_order, blocker.export_order
            """
        ).map { row in
            DependencyRow(
                blocked: try row.get("ticket_id"),
                blocker: try row.get("depends_on_ticket_id"),
                isSettled: try row.get("is_settled")
            )
        }
    }

    /// One piece of a file, from 0.
    /// - Returns: `nil` past the end.
    package func chunk(_ index: Int, of attachment: AttachmentID) async throws -> [UInt8]? {
        try await pool.query(
            "SELECT bytes FROM attachment_chunks WHERE attachment_id = \(attachment) AND chunk = \(index)"
        ).first?.get("bytes")
    }
}
