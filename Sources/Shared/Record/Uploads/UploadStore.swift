package import Postgres
package import TramlineModel

/// A file on its way in.
package struct Upload: Sendable {
    /// What the attachment will be called once it is whole.
    package let id: AttachmentID
    package let session: SessionID
    package let team: TeamID
    package let ticket: TicketID
    package let ref: String
    package let filename: String
    package let contentType: String
}

/// The `uploads` and `upload_chunks` tables: files that come piece by piece.
///
/// No transaction spans two calls, so that a slow sender holds none open. Whoever has begun an upload completes or discards it;
/// what a dead process leaves behind is removed by ``removeAbandoned()``.
package struct UploadStore: Sendable {
    /// The largest piece.
    package static let pieceBytes = AttachmentChunk.size
    /// How long an upload may be silent. Far longer than a sender can be whose connection is still open.
    package static let patience = Duration.seconds(600)

    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Begins to receive a file for a ticket.
    ///
    /// - Parameters:
    ///   - filename: as ``AttachmentRules`` allow it.
    ///   - contentType: the same.
    /// - Throws: ``UploadRefusal``.
    package func begin(
        session: SessionID,
        team: TeamID,
        ref: String,
        filename: String,
        contentType: String
    ) async throws -> Upload {
        try await pool.withTransaction { connection in
            guard let row = try await SessionStore(pool: pool).find(session, team: team, on: connection) else {
                throw UploadRefusal.noSuchSession(session)
            }
            let ticket = try await Self.ticket(ref, of: row, for: filename, on: connection)
            let upload = Upload(
                id: AttachmentID(),
                session: session,
                team: team,
                ticket: ticket,
                ref: ref,
                filename: filename,
                contentType: contentType
            )
            try await connection.execute(
                """
                INSERT INTO uploads (id, session_id, ticket_id, filename, content_type)
                VALUES (\(upload.id), \(session), \(ticket), \(filename), \(contentType))
                """
            )
            return upload
        }
    }

    /// The ticket that may be given a file of this name now.
    static func ticket(
        _ ref: String,
        of session: SessionRow,
        for filename: String,
        on connection: PostgresConnection
    ) async throws -> TicketID {
        let rows = try await connection.query(
            """
            SELECT id, jira_ticket_key,
                   (SELECT count(*) FROM attachments WHERE ticket_id = tickets.id AND filename <> \(filename)) AS others
            FROM tickets WHERE session_id = \(session.id) AND ref = \(ref)
            """
        )
        guard let row = rows.first else { throw UploadRefusal.noSuchTicket(ref: ref) }
        switch session.status {
        case .exporting: throw UploadRefusal.exportRunning
        case .completed: throw UploadRefusal.sessionCompleted
        case .ready, .exportFailed, .cancelled: break
        }
        if let key = try row.get("jira_ticket_key", as: String?.self) {
            throw UploadRefusal.ticketExported(ref: ref, key: key)
        }
        guard try row.get("others", as: Int.self) < ImportLimits.attachments else {
            throw UploadRefusal.tooManyFiles(ref: ref, limit: ImportLimits.attachments)
        }
        return try row.get("id")
    }

    /// Stores the next piece.
    ///
    /// - Parameters:
    ///   - piece: 1...``pieceBytes`` bytes.
    ///   - index: from 0, without a gap.
    /// - Throws: ``UploadRefusal/lost``.
    package func store(_ piece: [UInt8], at index: Int, of upload: Upload) async throws {
        let stored = try await pool.execute(
            """
            WITH active_upload AS (
                UPDATE uploads SET active_at = now() WHERE id = \(upload.id) RETURNING id
            )
            INSERT INTO upload_chunks (upload_id, chunk, bytes) SELECT id, \(index), \(piece) FROM active_upload
            """
        )
        guard stored == 1 else { throw UploadRefusal.lost }
    }

    /// Forgets a file that will not be completed. Safe to repeat.
    package func discard(_ upload: Upload) async throws {
        try await pool.execute("DELETE FROM uploads WHERE id = \(upload.id)")
    }

    /// Forgets files whose senders have been silent for longer than ``patience``: the process that received them is gone.
    /// - Returns: How many there were.
    @discardableResult
    package func removeAbandoned() async throws -> Int {
        try await pool.execute(
            "DELETE FROM uploads WHERE active_at < now() - make_interval(secs => \(Self.patience.inSeconds))"
        )
    }
}
