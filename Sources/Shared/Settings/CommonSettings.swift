package import Foundation
package import Logging
package import Secrets
package import Telemetry
package import TramlineModel

/// Tramline's own app at Atlassian: `JIRA_CLIENT_ID` and `JIRA_CLIENT_SECRET`.
package struct OAuthClient: Sendable {
    package let id: String
    package let secret: Secret<String>
}

/// What both executables read from the environment.
package struct CommonSettings: Sendable {
    /// Where PostgreSQL is: `DATABASE_URL`, `postgres://user:password@host:port/db` with libpq's parameters.
    package let databaseURL: Secret<String>
    /// Where Redis is: `REDIS_URL`, `redis://` or `rediss://`, with user, password and database number.
    package let redisURL: Secret<String>
    /// Seals stored secrets: `TRAMLINE_SECRET_KEY`, 32 bytes in base64.
    package let secretKey: SecretKey
    /// For links and OAuth's redirects, without a closing slash: `TRAMLINE_PUBLIC_URL`, default
    /// `http://localhost:8000`.
    package let publicURL: URL
    /// Whether http and private addresses of Jira are allowed: `TRAMLINE_ALLOW_INSECURE_JIRA`, default false.
    package let allowInsecureJira: Bool

    /// From the start of one spaced request at a site to the start of the next: `JIRA_SPACING_SECONDS`, 0...60 s,
    /// default 1.5 s.
    package let jiraSpacing: Duration
    /// How long one request to Jira may take: `JIRA_REQUEST_TIMEOUT_SECONDS`, 1...600 s, default 30 s.
    package let jiraRequestTimeout: Duration
    /// How often a job is run when transient faults end it: `JOB_MAX_ATTEMPTS`, 1...100, default 5.
    package let jobMaxAttempts: Int
    /// The wait between those runs: `JOB_BACKOFF_BASE_SECONDS`, default 2 s, and `JOB_BACKOFF_MAX_SECONDS`, default 300 s.
    package let backoff: Backoff
    /// When the claims and gates of a worker without a heartbeat end: `JOB_LEASE_SECONDS`, 1...600 s, default 6 s.
    package let jobLease: Duration
    /// A tracked project's default period: `SYNC_INTERVAL_SECONDS`, 1 s...7 d, default 15 min.
    package let syncInterval: Duration
    /// How long after an uncertain create its absence proves nothing: `JIRA_SETTLE_SECONDS`, 0...86,400 s, default 300 s.
    package let settle: Duration
    /// How long after a repeated create its twin is looked for: `JIRA_AUDIT_SECONDS`, 0...86,400 s, default 600 s.
    package let twinAudit: Duration

    /// `nil` where neither variable is set: OAuth is off.
    package let oauth: OAuthClient?
    /// `ATLASSIAN_AUTH_URL`, default `https://auth.atlassian.com`.
    package let atlassianAuthURL: URL
    /// `ATLASSIAN_API_URL`, default `https://api.atlassian.com`.
    package let atlassianAPIURL: URL
    /// `SLACK_SIGNING_SECRET`; `nil` when not set.
    package let slackSigningSecret: Secret<String>?
    /// `SLACK_BOT_TOKEN`; `nil` when not set.
    package let slackBotToken: Secret<String>?
    /// `SLACK_API_URL`, default `https://slack.com/api`.
    package let slackAPIURL: URL

    /// `LOG_LEVEL`, default info.
    package let logLevel: Logger.Level
    /// `LOG_FORMAT`, default text.
    package let logFormat: LogFormat

    init?(_ reader: inout SettingsReader) {
        let record = RecordSettings(&reader)
        let redisURL = reader.required(Variables.redisURL)
        let secretKey = reader.required(Variables.secretKey)
        publicURL = Self.readPublicURL(&reader)
        allowInsecureJira = reader.value(Variables.allowInsecureJira, default: false)

        jiraSpacing = reader.value(Variables.jiraSpacing, default: .milliseconds(1500))
        jiraRequestTimeout = reader.value(Variables.jiraRequestTimeout, default: .seconds(30))
        backoff = Self.readBackoff(&reader)
        jobLease = reader.value(Variables.jobLease, default: .seconds(6))
        syncInterval = reader.value(Variables.syncInterval, default: .seconds(900))
        settle = reader.value(Variables.settle, default: .seconds(300))
        twinAudit = reader.value(Variables.twinAudit, default: .seconds(600))

        oauth = Self.readOAuth(&reader)
        atlassianAuthURL = Self.readAuthURL(&reader)
        atlassianAPIURL = reader.value(Variables.atlassianAPIURL, default: URL(string: "https://api.atlassian.com")!)
        slackSigningSecret = reader.optional(Variables.slackSigningSecret)
        slackBotToken = reader.optional(Variables.slackBotToken)
        slackAPIURL = reader.value(Variables.slackAPIURL, default: URL(string: "https://slack.com/api")!)

        guard let record, let redisURL, let secretKey else { return nil }
        databaseURL = record.databaseURL
        self.redisURL = redisURL
        self.secretKey = secretKey
        jobMaxAttempts = record.jobMaxAttempts
        logLevel = record.logLevel
        logFormat = record.logFormat
    }

    private static func readBackoff(_ reader: inout SettingsReader) -> Backoff {
        let standard = Backoff()
        let base = reader.value(Variables.backoffBase, default: standard.base)
        let maximum = reader.value(Variables.backoffMax, default: max(standard.maximum, base))
        guard base <= maximum else {
            reader.refuse(Variables.backoffMax, "must not be less than JOB_BACKOFF_BASE_SECONDS")
            return standard
        }
        return Backoff(base: base, maximum: maximum)
    }

    static func readPublicURL(_ reader: inout SettingsReader) -> URL {
        reader.value(Variables.publicURL, default: URL(string: "http://localhost:8000")!)
    }

    static func readAuthURL(_ reader: inout SettingsReader) -> URL {
        reader.value(Variables.atlassianAuthURL, default: URL(string: "https://auth.atlassian.com")!)
    }

    static func readOAuth(_ reader: inout SettingsReader) -> OAuthClient? {
        let id = reader.optional(Variables.jiraClientID)
        let secret = reader.optional(Variables.jiraClientSecret)
        switch (id, secret) {
        case (let id?, let secret?): return OAuthClient(id: id, secret: secret)
        case (nil, nil): return nil
        case (_?, nil):
            reader.refuse(Variables.jiraClientSecret, "must be set where JIRA_CLIENT_ID is")
            return nil
        case (nil, _?):
            reader.refuse(Variables.jiraClientID, "must be set where JIRA_CLIENT_SECRET is")
            return nil
        }
    }
}
