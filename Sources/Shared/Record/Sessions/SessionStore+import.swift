import Postgres
package import TramlineModel

/// A client's promise that two requests with the same key are the same request.
package struct IdempotencyKey: Sendable, Hashable {
    /// 1...255 characters.
    package let key: String
    /// A digest of the body.
    package let fingerprint: [UInt8]

    package init(key: String, fingerprint: [UInt8]) {
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// A session that an import made, or had made before.
package struct ImportedSession: Sendable {
    package let id: SessionID
    package let totalTickets: Int
    package let isNew: Bool
}

extension SessionStore {
    /// Stores a session with all its tickets, or nothing.
    ///
    /// - Parameters:
    ///   - hash: gives an attachment's SHA-256, 32 bytes.
    ///   - idempotency: where it was used before with the same body, that session comes back.
    /// - Throws: ``RecordError`` with `.notFound` when the team has no integration for the site (the message says how to
    ///   add one), `.fingerprintMismatch` when the key was used with another body.
    package func importSession(
        _ draft: SessionDraft,
        team: TeamID,
        actor: AuditActor,
        idempotency: IdempotencyKey?,
        hash: @Sendable ([UInt8]) -> [UInt8]
    ) async throws -> ImportedSession {
        try await pool.withTransaction(by: actor) { connection in
            guard
                let integration = try await IntegrationStore(pool: pool)
                    .find(team: team, site: draft.site, on: connection)
            else {
                throw RecordError(
                    .notFound,
                    "Your team has no integration for the site \"\(draft.site)\". "
                        + "An administrator adds one with: tramline-api integrations add"
                )
            }
            let id = SessionID()
            let inserted = try await connection.execute(
                """
                INSERT INTO sessions (id, team_id, integration_id, name, site, jira_project_key, total_tickets,
                                      idempotency_key, idempotency_fingerprint)
                VALUES (\(id), \(team), \(integration.id), \(draft.name), \(draft.site), \(draft.projectKey),
                        \(draft.tickets.count), \(idempotency?.key), \(idempotency?.fingerprint))
                ON CONFLICT (team_id, idempotency_key) DO NOTHING
                """
            )
            guard inserted == 1 else {
                return try await Self.repeated(idempotency, team: team, on: connection)
            }
            try await Self.insertTickets(of: draft, session: id, hash: hash, on: connection)
            return ImportedSession(id: id, totalTickets: draft.tickets.count, isNew: true)
        }
    }

    private static func repeated(
        _ idempotency: IdempotencyKey?,
        team: TeamID,
        on connection: PostgresConnection
    ) async throws -> ImportedSession {
        let row = try await connection.query(
            """
            SELECT id, total_tickets, idempotency_fingerprint FROM sessions
            WHERE team_id = \(team) AND idempotency_key = \(idempotency?.key)
            """
        ).only()
        guard try row.get("idempotency_fingerprint", as: [UInt8].self) == idempotency?.fingerprint else {
            throw RecordError(
                .fingerprintMismatch,
                "This Idempotency-Key was used before with another body. Use a new key for a new session."
            )
        }
        return ImportedSession(id: try row.get("id"), totalTickets: try row.get("total_tickets"), isNew: false)
    }

    /// Writes all tickets, links and files; several statements share a round trip.
    private static func insertTickets(
        of draft: SessionDraft,
        session: SessionID,
        hash: ([UInt8]) -> [UInt8],
        on connection: PostgresConnection
    ) async throws {
        let ids = Dictionary(uniqueKeysWithValues: draft.tickets.map { ($0.ref, TicketID()) })
        var statements: [PostgresQuery] = []
        // A parent must be there before its children: the order of creation has that property.
        let positions = draft.tickets.indices.sorted {
            draft.tickets[$0].exportOrder < draft.tickets[$1].exportOrder
        }
        for index in positions {
            statements.append(
                try ticketRow(draft.tickets[index], position: index + 1, session: session, ids: ids)
            )
        }
        for ticket in draft.tickets {
            let id = try known(ticket.ref, in: ids)
            for ref in ticket.dependsOn {
                statements.append(
                    """
                    INSERT INTO ticket_dependencies (session_id, ticket_id, depends_on_ticket_id)
                    VALUES (\(session), \(id), \(try known(ref, in: ids)))
                    """
                )
            }
            for (index, file) in ticket.attachments.enumerated() {
                let attachment = AttachmentID()
                statements.append(
                    """
                    INSERT INTO attachments (id, session_id, ticket_id, position, filename, content_type, size_bytes,
                                             sha256)
                    VALUES (\(attachment), \(session), \(id), \(index + 1), \(file.filename), \(file.contentType),
                            \(file.bytes.count), \(hash(file.bytes)))
                    """
                )
                statements += AttachmentChunk.statements(storing: file.bytes, of: attachment)
            }
        }
        // Batches bound what libpq holds in memory at once.
        for start in stride(from: 0, to: statements.count, by: 100) {
            _ = try await connection.pipeline(Array(statements[start..<min(start + 100, statements.count)]))
        }
    }

    private static func known(_ ref: String, in ids: [String: TicketID]) throws -> TicketID {
        guard let id = ids[ref] else { preconditionFailure("a checked draft names only its own refs, not \(ref)") }
        return id
    }

    private static func ticketRow(
        _ ticket: SessionDraft.Ticket,
        position: Int,
        session: SessionID,
        ids: [String: TicketID]
    ) throws -> PostgresQuery {
        var parentTicket: TicketID?
        var parentKey: String?
        switch ticket.parent {
        case .ref(let ref): parentTicket = try known(ref, in: ids)
        case .key(let key): parentKey = key
        case nil: break
        }
        let content = ticket.content
        return """
            INSERT INTO tickets (id, session_id, ref, position, export_order, title, description_html, issue_type,
                                 priority, assignee, sprint, story_points, labels, parent_ticket_id, parent_key, fields,
                                 marker)
            VALUES (\(try known(ticket.ref, in: ids)), \(session), \(ticket.ref), \(position), \(ticket.exportOrder),
                    \(content.title), \(content.descriptionHTML), \(content.issueType), \(content.priority),
                    \(try content.assignee.map(TicketJSON.encode)), \(try content.sprint.map(TicketJSON.encode)),
                    \(content.storyPoints), \(content.labels), \(parentTicket), \(parentKey),
                    \(PostgresJSON(content.fields)), \(Marker()))
            """
    }
}
