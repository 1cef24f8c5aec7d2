package import Postgres
package import TramlineModel

/// A ticket with what a test of its conversion looks at.
package struct TestedTicket: Sendable {
    /// A file as it is stored.
    package struct File: Sendable {
        package let filename: String
        /// As was said when it came.
        package let size: Int
        /// Whether all its pieces are there.
        package let isComplete: Bool
    }

    package let id: TicketID
    package let exportOrder: Int
    package let title: String
    package let descriptionHTML: String?
    package let files: [File]
}

/// What a test of conversions reads: as it is now, since people edit.
package struct ConversionTestStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Which of some tickets a session does not have.
    package func unknown(_ ids: [TicketID], in session: SessionID) async throws -> Set<TicketID> {
        let known = try await pool.query(
            "SELECT id FROM tickets WHERE session_id = \(session) AND id = ANY (\(ids))"
        ).map { try $0.get("id", as: TicketID.self) }
        return Set(ids).subtracting(known)
    }

    /// Whether any of some tickets has a file.
    /// - Parameter ids: empty means all of the session.
    package func hasFiles(_ ids: [TicketID], in session: SessionID) async throws -> Bool {
        try await pool.query(
            """
            SELECT EXISTS (
                SELECT FROM attachments
                WHERE session_id = \(session) AND (cardinality(\(ids)::uuid[]) = 0 OR ticket_id = ANY (\(ids)))
            )
            """
        ).scalar()
    }

    /// Some tickets of a session, in the order of creation.
    /// - Parameters:
    ///   - ids: empty means all.
    ///   - order: the last ``TestedTicket/exportOrder`` of the page before; 0 for the first page.
    ///   - limit: a description has up to 1 MiB.
    package func tickets(
        _ ids: [TicketID],
        of session: SessionID,
        after order: Int,
        limit: Int
    ) async throws -> [TestedTicket] {
        let rows = try await pool.query(
            """
            SELECT id, export_order, title, description_html FROM tickets
            WHERE session_id = \(session) AND export_order > \(order)
              AND (cardinality(\(ids)::uuid[]) = 0 OR id = ANY (\(ids)))
            ORDER BY export_order LIMIT \(limit)
            """
        )
        let files = try await files(of: rows.map { try $0.get("id", as: TicketID.self) })
        return try rows.map { row in
            let id = try row.get("id", as: TicketID.self)
            return TestedTicket(
                id: id,
                exportOrder: try row.get("export_order"),
                title: try row.get("title"),
                descriptionHTML: try row.get("description_html"),
                files: files[id] ?? []
            )
        }
    }

    private func files(of tickets: [TicketID]) async throws -> [TicketID: [TestedTicket.File]] {
        let rows = try await pool.query(
            """
            SELECT ticket_id, filename, size_bytes,
                   -- Lengths are read without the bytes.
                   COALESCE(sum(length(bytes)), 0) = size_bytes AND count(bytes) = COALESCE(max(chunk) + 1, 0)
                       AS is_complete
            FROM attachments LEFT JOIN attachment_chunks ON attachment_id = attachments.id
            WHERE ticket_id = ANY (\(tickets))
            GROUP BY attachments.id ORDER BY ticket_id, position
            """
        )
        var files: [TicketID: [TestedTicket.File]] = [:]
        for row in rows {
            files[try row.get("ticket_id"), default: []].append(
                TestedTicket.File(
                    filename: try row.get("filename"),
                    size: try row.get("size_bytes"),
                    isComplete: try row.get("is_complete")
                )
            )
        }
        return files
    }
}
