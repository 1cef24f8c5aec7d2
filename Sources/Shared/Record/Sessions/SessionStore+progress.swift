package import Postgres
package import TramlineModel

/// A stored progress message.
package struct StoredMessage: Sendable, Hashable {
    package let sequence: Int64
    package let isEnd: Bool
    /// JSON, as it is sent.
    package let json: String
}

extension SessionStore {
    /// How many messages of a session are kept; who asks for older ones gets the snapshot.
    package static let keptMessages: Int64 = 1000

    /// Counts how far a session's export is.
    package func counts(of session: SessionID, on client: some PostgresClient) async throws -> ExportCounts {
        let row = try await client.query(
            """
            WITH ticket_count AS (
                SELECT count(*) AS total,
                       count(*) FILTER (WHERE jira_export_status = 'exported') AS exported,
                       count(*) FILTER (WHERE jira_export_status = 'failed') AS failed,
                       min(export_order) FILTER (WHERE jira_export_status NOT IN ('exported', 'skipped')) AS next_order
                FROM tickets WHERE session_id = \(session)
            ), file_count AS (
                SELECT count(*) AS total, count(*) FILTER (WHERE status <> 'pending') AS settled,
                       min(export_order) FILTER (WHERE status = 'pending') AS next_order
                FROM attachments JOIN tickets ON tickets.id = ticket_id
                WHERE attachments.session_id = \(session)
            ), link_count AS (
                SELECT count(*) AS total, count(linked_at) AS linked,
                       count(*) FILTER (WHERE linked_at IS NOT NULL OR refused_at IS NOT NULL) AS settled,
                       min(export_order) FILTER (WHERE linked_at IS NULL AND refused_at IS NULL) AS next_order
                FROM ticket_dependencies JOIN tickets ON tickets.id = ticket_id
                WHERE ticket_dependencies.session_id = \(session)
            )
            SELECT ticket_count.total, exported, failed, ticket_count.next_order,
                   COALESCE(file_count.next_order, link_count.next_order) AS unfinished_order,
                   file_count.total AS files, file_count.settled AS settled_files,
                   link_count.total AS links, linked, link_count.settled AS settled_links,
                   (SELECT count(*) FROM manual_fixes JOIN tickets ON tickets.id = ticket_id
                    WHERE manual_fixes.session_id = \(session) AND \(ManualFix.isTold)) AS fixes,
                   (SELECT title FROM tickets
                    WHERE session_id = \(session) AND export_order = ticket_count.next_order) AS next_title
            FROM ticket_count, file_count, link_count
            """
        ).only()
        return ExportCounts(
            totalTickets: try row.get("total"),
            exportedTickets: try row.get("exported"),
            failedTickets: try row.get("failed"),
            totalAttachments: try row.get("files"),
            settledAttachments: try row.get("settled_files"),
            totalLinks: try row.get("links"),
            linkedLinks: try row.get("linked"),
            settledLinks: try row.get("settled_links"),
            manualFixes: try row.get("fixes"),
            nextTicketOrder: try row.get("next_order"),
            nextTicketTitle: try row.get("next_title"),
            unfinishedTicketOrder: try row.get("unfinished_order")
        )
    }

    /// Stores the session's next progress message, in the transaction of the step that it tells of.
    ///
    /// The session's row is locked by it, so sequence numbers become visible in their order.
    ///
    /// - Parameter make: Makes the message with its number.
    /// - Returns: The number; publish it after the commit.
    package func appendMessage(
        to session: SessionID,
        job: JobID,
        on connection: PostgresConnection,
        make: (Int64) throws -> ProgressMessage
    ) async throws -> Int64 {
        let sequence = try await connection.query(
            """
            UPDATE sessions SET progress_sequence = progress_sequence + 1 WHERE id = \(session)
            RETURNING progress_sequence
            """
        ).scalar(as: Int64.self)
        let message = try make(sequence)
        try await connection.execute(
            """
            INSERT INTO progress_messages (session_id, sequence, job_id, type, message)
            VALUES (\(session), \(sequence), \(job), \(message.type), \(try message.json()))
            """
        )
        // Every hundredth message is enough to keep the table small.
        if sequence % 100 == 0 {
            try await connection.execute(
                """
                DELETE FROM progress_messages
                WHERE session_id = \(session) AND sequence <= \(sequence - Self.keptMessages)
                """
            )
        }
        return sequence
    }

    /// The messages of a session above a number, oldest first.
    /// - Parameter limit: 1...1,000.
    package func messages(of session: SessionID, after sequence: Int64, limit: Int) async throws -> [StoredMessage] {
        try await pool.query(
            """
            SELECT sequence, type <> 'export_progress' AS is_end, message FROM progress_messages
            WHERE session_id = \(session) AND sequence > \(sequence)
            ORDER BY sequence LIMIT \(limit)
            """
        ).map { row in
            StoredMessage(
                sequence: try row.get("sequence"),
                isEnd: try row.get("is_end"),
                json: try row.get("message")
            )
        }
    }
}
