import Postgres
package import TramlineModel

/// How far a session's messages go.
package struct RelayMark: Sendable, Hashable {
    package let session: SessionID
    package let status: SessionRow.Status
    /// The newest message's number; 0 before the first.
    package let sequence: Int64
    /// Whether the newest message is one that ends an export.
    package let endsWithEnd: Bool

    package init(session: SessionID, status: SessionRow.Status, sequence: Int64, endsWithEnd: Bool) {
        self.session = session
        self.status = status
        self.sequence = sequence
        self.endsWithEnd = endsWithEnd
    }
}

/// What a relay reads of a session: all of one moment where it has the view, else the mark may be a little older than the
/// messages.
package struct ProgressPage: Sendable {
    package let mark: RelayMark
    /// Oldest first; as many as were asked for at most.
    package let messages: [StoredMessage]
    /// What a snapshot is made of, where one was asked for.
    package let view: ExportView?
    /// With the view: the newest message, if it ends an export.
    package let end: StoredMessage?
}

extension SessionStore {
    private static let markColumns = PostgresQuery(
        unescaped: """
            id, status, progress_sequence,
            COALESCE((SELECT type <> 'export_progress' FROM progress_messages
                      WHERE session_id = sessions.id AND sequence = progress_sequence), false) AS ends_with_end
            """
    )

    private static func mark(from row: PostgresRow) throws(PostgresError) -> RelayMark {
        RelayMark(
            session: try row.get("id"),
            status: try row.get("status"),
            sequence: try row.get("progress_sequence"),
            endsWithEnd: try row.get("ends_with_end")
        )
    }

    private static func messagesQuery(_ session: SessionID, after sequence: Int64, limit: Int) -> PostgresQuery {
        """
        SELECT sequence, type <> 'export_progress' AS is_end, message FROM progress_messages
        WHERE session_id = \(session) AND sequence > \(sequence)
        ORDER BY sequence LIMIT \(limit)
        """
    }

    private static func message(from row: PostgresRow) throws(PostgresError) -> StoredMessage {
        StoredMessage(sequence: try row.get("sequence"), isEnd: try row.get("is_end"), json: try row.get("message"))
    }

    /// How far the messages of many sessions go, in one query. Sessions that there are not are left out.
    package func progressMarks(of sessions: [SessionID]) async throws -> [RelayMark] {
        try await pool.query("SELECT \(Self.markColumns) FROM sessions WHERE id = ANY (\(sessions))")
            .map(Self.mark(from:))
    }

    /// Reads a session's messages above a number, in one round trip.
    ///
    /// - Parameter limit: 1...10,000.
    /// - Returns: `nil` when there is no such session.
    package func progressPage(of session: SessionID, after sequence: Int64, limit: Int) async throws -> ProgressPage? {
        // The mark first: messages that are committed in between are read, and the mark is a little old.
        let results = try await pool.pipeline([
            "SELECT \(Self.markColumns) FROM sessions WHERE id = \(session)",
            Self.messagesQuery(session, after: sequence, limit: limit),
        ])
        guard let mark = try results[0].first.map(Self.mark(from:)) else { return nil }
        return ProgressPage(mark: mark, messages: try results[1].map(Self.message(from:)), view: nil, end: nil)
    }

    /// Reads what a snapshot is made of, and messages above a number where somebody wants them, as of one moment.
    ///
    /// - Parameter limit: 1...10,000.
    /// - Returns: `nil` when there is no such session.
    package func progressSnapshot(
        of session: SessionID,
        after sequence: Int64?,
        limit: Int
    ) async throws -> ProgressPage? {
        try await pool.withTransaction(isolation: .repeatableRead, isReadOnly: true) { connection in
            guard let row = try await load(session, on: connection) else { return nil }
            let newest = try await connection.query(
                """
                SELECT sequence, type <> 'export_progress' AS is_end, message FROM progress_messages
                WHERE session_id = \(session) AND sequence = \(row.progressSequence)
                """
            ).first.map(Self.message(from:))
            let messages =
                if let sequence {
                    try await connection.query(Self.messagesQuery(session, after: sequence, limit: limit))
                        .map(Self.message(from:))
                } else { [StoredMessage]() }
            return ProgressPage(
                mark: RelayMark(
                    session: session,
                    status: row.status,
                    sequence: row.progressSequence,
                    endsWithEnd: newest?.isEnd ?? false
                ),
                messages: messages,
                view: ExportView(
                    session: row,
                    job: try await JobStore(pool: pool).newestExport(of: session, on: connection),
                    counts: try await counts(of: session, on: connection)
                ),
                end: newest.flatMap { $0.isEnd ? $0 : nil }
            )
        }
    }
}
