import Postgres

extension UploadStore {
    /// Makes a file that is whole an attachment of its ticket, in place of a former one of the same name.
    ///
    /// One transaction, which locks the session's row: an export that starts meanwhile sees the former file or the new one, and
    /// waits a moment for that. What could be refused at the beginning is looked at once more.
    ///
    /// - Parameters:
    ///   - size: of all pieces, in bytes.
    ///   - hash: SHA-256 of the whole, 32 bytes.
    /// - Returns: Whether there was no file of the name before.
    /// - Throws: ``UploadRefusal``; the upload is still there then.
    package func complete(_ upload: Upload, size: Int, hash: [UInt8]) async throws -> Bool {
        try await pool.withTransaction { connection in
            let store = SessionStore(pool: pool)
            guard let session = try await store.lock(upload.session, team: upload.team, on: connection) else {
                throw UploadRefusal.noSuchSession(upload.session)
            }
            let ticket = try await Self.ticket(upload.ref, of: session, for: upload.filename, on: connection)
            let former = try await connection.query(
                """
                DELETE FROM attachments WHERE ticket_id = \(ticket) AND filename = \(upload.filename)
                RETURNING position
                """
            ).first
            // The new file takes the former one's place among the ticket's files.
            let place = try former?.get("position", as: Int.self)
            try await connection.execute(
                """
                INSERT INTO attachments (id, session_id, ticket_id, position, filename, content_type, size_bytes, sha256)
                SELECT \(upload.id), \(upload.session), \(ticket), COALESCE(\(place), max(position) + 1, 1),
                       \(upload.filename), \(upload.contentType), \(size), \(hash)
                FROM attachments WHERE ticket_id = \(ticket)
                """
            )
            try await Self.moveChunks(of: upload, size: size, on: connection)
            return former == nil
        }
    }

    private static func moveChunks(of upload: Upload, size: Int, on connection: PostgresConnection) async throws {
        let moved = try await connection.query(
            """
            WITH moved_chunk AS (
                INSERT INTO attachment_chunks (attachment_id, chunk, bytes)
                SELECT upload_id, chunk, bytes FROM upload_chunks WHERE upload_id = \(upload.id)
                RETURNING chunk, length(bytes) AS size
            )
            SELECT COALESCE(sum(size), 0)::bigint AS size, COALESCE(max(chunk) + 1, 0) - count(*) AS gaps
            FROM moved_chunk
            """
        ).only()
        guard try moved.get("size", as: Int.self) == size, try moved.get("gaps", as: Int.self) == 0 else {
            throw UploadRefusal.lost
        }
        let removed = try await connection.execute("DELETE FROM uploads WHERE id = \(upload.id)")
        guard removed == 1 else { throw UploadRefusal.lost }
    }
}
