package import Postgres
package import TramlineModel

/// A job to be recorded.
package struct NewJob: Sendable {
    package var id: JobID
    package var kind: JobKind
    package var team: TeamID
    package var session: SessionID?
    package var site: SiteID?
    package var priority: JobPriority
    /// At most one live job holds it.
    package var idempotencyKey: String?
    package var maximumAttempts: Int
    /// A JSON object's text.
    package var payload: String
    /// Not to be run before so long from now, by the database's clock.
    package var delay: Duration

    package init(
        id: JobID = JobID(),
        kind: JobKind,
        team: TeamID,
        session: SessionID? = nil,
        site: SiteID? = nil,
        priority: JobPriority = .person,
        idempotencyKey: String? = nil,
        maximumAttempts: Int = 5,
        payload: String = "{}",
        delay: Duration = .zero
    ) {
        self.id = id
        self.kind = kind
        self.team = team
        self.session = session
        self.site = site
        self.priority = priority
        self.idempotencyKey = idempotencyKey
        self.maximumAttempts = maximumAttempts
        self.payload = payload
        self.delay = delay
    }
}

extension JobStore {
    /// Records a job, or finds the live one that holds its idempotency key.
    ///
    /// Part of the caller's transaction: the job exists exactly when the domain change does.
    ///
    /// - Returns: The job and whether it is new.
    /// - Throws: ``RecordError`` with `.conflict` when the key's holder ended at the same moment: repeat the transaction.
    package func insert(_ new: NewJob, on connection: PostgresConnection) async throws -> (job: Job, isNew: Bool) {
        let inserted = try await connection.query(
            """
            INSERT INTO jobs (id, kind, team_id, session_id, site, priority, idempotency_key, max_attempts, payload,
                              created_at, run_at)
            VALUES (\(new.id), \(new.kind), \(new.team), \(new.session), \(new.site), \(new.priority),
                    \(new.idempotencyKey), \(new.maximumAttempts), \(PostgresJSON(new.payload)),
                    -- Not the transaction's beginning, which may lie before a wait: the newest job is the latest one.
                    clock_timestamp(), now() + make_interval(secs => \(new.delay.inSeconds)))
            ON CONFLICT (idempotency_key)
                WHERE idempotency_key IS NOT NULL AND state IN ('queued', 'running', 'retrying')
                DO NOTHING
            RETURNING \(Self.columns)
            """
        )
        if let row = inserted.first { return (try Self.job(from: row), true) }
        let existing = try await connection.query(
            """
            SELECT \(Self.columns) FROM jobs
            WHERE idempotency_key = \(new.idempotencyKey) AND state IN ('queued', 'running', 'retrying')
            """
        )
        guard let row = existing.first else {
            throw RecordError(.conflict, "Another request changed the same job; please repeat the request.")
        }
        return (try Self.job(from: row), false)
    }

    /// A page of the live jobs in the order of their ids, for the sweep.
    /// - Parameters:
    ///   - cursor: the last id of the page before; `nil` for the first page.
    ///   - limit: 1...10,000.
    package func live(after cursor: JobID?, limit: Int) async throws -> [LiveJob] {
        let rows = try await pool.query(
            """
            SELECT \(Self.liveColumns) FROM jobs
            WHERE state IN ('queued', 'running', 'retrying')
              AND (\(cursor)::uuid IS NULL OR id > \(cursor))
            ORDER BY id LIMIT \(limit)
            """
        )
        return try rows.map(Self.liveJob(from:))
    }

    /// Seconds by the database's clock: the reader's own does not matter.
    static let liveColumns = PostgresQuery(
        unescaped: """
            id, state, priority, kind, team_id, epoch, worker_id, let_go_at IS NOT NULL AS is_let_go,
            GREATEST(0, EXTRACT(EPOCH FROM run_at - now()))::float8 AS due_in
            """
    )

    static func liveJob(from row: PostgresRow) throws(PostgresError) -> LiveJob {
        LiveJob(
            id: try row.get("id"),
            state: try row.get("state"),
            priority: try row.get("priority"),
            kind: try row.get("kind"),
            team: try row.get("team_id"),
            epoch: try row.get("epoch"),
            worker: try row.get("worker_id"),
            isLetGo: try row.get("is_let_go"),
            dueIn: .seconds(try row.get("due_in", as: Double.self))
        )
    }

    /// Whether any job is running, as far as the record knows: then a request to Jira may be in flight.
    package func isAnyRunning() async throws -> Bool {
        try await pool.query("SELECT EXISTS (SELECT FROM jobs WHERE state = 'running')").scalar()
    }
}

/// What the sweep and the checks need to know of a live job.
package struct LiveJob: Sendable {
    package let id: JobID
    package let state: JobState
    package let priority: JobPriority
    package let kind: JobKind
    package let team: TeamID
    package let epoch: Epoch
    /// Who runs it; `nil` unless somebody does.
    package let worker: WorkerID?
    /// Whether that worker has said that it runs it no more.
    package let isLetGo: Bool
    /// Until it is due; zero for one that is.
    package let dueIn: Duration
}
