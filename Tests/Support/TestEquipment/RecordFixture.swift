package import Postgres
package import Record
package import TramlineModel

/// A record with its tables, a team, and that team's integration for the site "acme".
package struct RecordFixture: Sendable {
    package let pool: PostgresPool
    package let integration: Integration

    package var team: TeamID { integration.team }
    package var jobs: JobStore { JobStore(pool: pool) }
    package var sessions: SessionStore { SessionStore(pool: pool) }
    package var exports: ExportStore { ExportStore(pool: pool) }

    /// Stores a session of so many plain tickets, `T1`, `T2` and so on.
    @discardableResult
    package func importSession(
        tickets count: Int = 1,
        idempotency: IdempotencyKey? = nil
    ) async throws -> ImportedSession {
        try await importSession(Self.draft(tickets: count), idempotency: idempotency)
    }

    /// Stores a session.
    @discardableResult
    package func importSession(
        _ draft: SessionDraft,
        idempotency: IdempotencyKey? = nil
    ) async throws -> ImportedSession {
        try await sessions.importSession(draft, team: team, actor: .test, idempotency: idempotency) { bytes in
            // Tells contents apart as far as a test needs it; the record asks for 32 bytes.
            Array((bytes + [UInt8](repeating: 0, count: 32)).prefix(32))
        }
    }

    /// A session of so many plain tickets.
    package static func draft(tickets count: Int) -> SessionDraft {
        SessionDraft(
            site: "acme",
            projectKey: "PROJ",
            tickets: (0..<count).map { index in
                SessionDraft.Ticket(
                    ref: "T\(index + 1)",
                    content: TicketContent(title: "Ticket \(index + 1)"),
                    exportOrder: index + 1
                )
            }
        )
    }

    /// Records a job in a transaction of its own.
    package func insert(_ new: NewJob) async throws -> (job: Job, isNew: Bool) {
        try await pool.withTransaction(by: .test) { connection in try await jobs.insert(new, on: connection) }
    }

    /// How many connections wait for a lock that another one has: tells that a race is on.
    package func waitersForLocks() async throws -> Int {
        try await pool.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        ).scalar()
    }

    /// Records a job that belongs to no session.
    package func insertJob(
        priority: JobPriority = .person,
        maximumAttempts: Int = 5
    ) async throws -> Job {
        try await insert(
            NewJob(kind: .notify, team: team, priority: priority, maximumAttempts: maximumAttempts)
        ).job
    }
}

/// Gives a record on a fresh database, which is dropped afterwards whatever happens.
package func withRecord<R: Sendable>(
    _ body: (RecordFixture) async throws -> R
) async throws -> R {
    try await withPostgres(migrations: RecordMigrations.all) { pool in
        let (integration, _) = try await IntegrationStore(pool: pool).put(team: "acme", site: "acme") { id, team in
            Integration(
                id: id,
                team: team,
                site: "acme",
                baseURL: "https://acme.atlassian.net",
                browseURL: "https://acme.atlassian.net",
                gate: SiteID(rawValue: "acme.atlassian.net"),
                authKind: .apiToken,
                accountEmail: "bot@acme.example",
                sealedSecret: [1, 2, 3]
            )
        }
        return try await body(RecordFixture(pool: pool, integration: integration))
    }
}
