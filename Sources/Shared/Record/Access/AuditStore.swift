package import Postgres
package import TramlineModel

/// One line of the audit log: what happened, to what, by whom.
package struct AuditEntry: Sendable {
    package var event: String
    package var actor: String
    package var team: TeamID?
    package var session: SessionID?
    package var ticket: TicketID?
    package var job: JobID?
    /// A JSON object's text: no secret, no content of tickets.
    package var detail: String

    package init(
        event: String,
        actor: String,
        team: TeamID? = nil,
        session: SessionID? = nil,
        ticket: TicketID? = nil,
        job: JobID? = nil,
        detail: String = "{}"
    ) {
        self.event = event
        self.actor = actor
        self.team = team
        self.session = session
        self.ticket = ticket
        self.job = job
        self.detail = detail
    }
}

/// The `audit_log` table.
package enum AuditStore {
    /// Appends an entry in the transaction of what it tells of.
    package static func append(_ entry: AuditEntry, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            INSERT INTO audit_log (team_id, session_id, ticket_id, job_id, actor, event, detail)
            VALUES (\(entry.team), \(entry.session), \(entry.ticket), \(entry.job), \(entry.actor), \(entry.event),
                    \(PostgresJSON(entry.detail)))
            """
        )
    }
}
