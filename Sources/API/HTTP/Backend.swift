import Delivery
import Postgres
import Record
import Redis

/// What the API's handlers work with.
struct Backend: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let delivery: Delivery
    let keys: KeyRing
    /// `nil` where no app at Atlassian is set.
    var consents: ConsentDesk?
    /// The automatic attempts of the jobs that are enqueued here.
    let jobMaxAttempts: Int
    /// How long an answer may be held up by the limit on asking for the status.
    var limiterPatience = Duration.milliseconds(250)
    /// How long a request may wait for a worker that validates a project, or connects a site.
    var validationPatience = Duration.seconds(25)
    /// Whether progress is heard of; `nil` where nobody listens.
    var hearing: HearingKeeper?
    /// How long the test of conversions waits to hear what files Jira takes.
    var allowancePatience = Duration.seconds(5)

    init(pool: PostgresPool, redis: RedisClient, delivery: Delivery, jobMaxAttempts: Int) {
        self.pool = pool
        self.redis = redis
        self.delivery = delivery
        self.keys = KeyRing(store: KeyStore(pool: pool))
        self.jobMaxAttempts = jobMaxAttempts
    }

    var sessions: SessionStore { SessionStore(pool: pool) }
    var exports: ExportStore { ExportStore(pool: pool) }
    var audit: AuditStore { AuditStore(pool: pool) }
    var jobs: JobStore { JobStore(pool: pool) }
    var integrations: IntegrationStore { IntegrationStore(pool: pool) }

    /// From the start of one spaced request at a site to the start of the next: foretells an export's end.
    var spacing: Duration { delivery.spacing }
}
