internal import Foundation
internal import Logging
internal import Secrets
internal import Telemetry

/// Every environment variable that Tramline knows, once.
enum Variables {
    static let databaseURL = Setting<Secret<String>>.serverAddress(
        "DATABASE_URL",
        schemes: ["postgres", "postgresql"],
        hostMayBeMissing: true,
        example: "postgres://tramline:password@localhost:5432/tramline"
    )
    static let redisURL = Setting<Secret<String>>.serverAddress(
        "REDIS_URL",
        schemes: ["redis", "rediss"],
        hostMayBeMissing: false,
        example: "redis://localhost:6379"
    )
    static let secretKey = Setting<SecretKey>(
        "TRAMLINE_SECRET_KEY",
        isSecret: true,
        example: "$(head -c 32 /dev/urandom | base64)"
    ) { text throws(SettingProblem) in
        guard let key = SecretKey(base64: text) else {
            throw SettingProblem(must: "be \(SecretKey.byteCount) bytes in base64")
        }
        return key
    }

    static let host = Setting<String>("TRAMLINE_HOST", example: "0.0.0.0") { text throws(SettingProblem) in
        guard text.utf8.count <= 255, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F }) else {
            throw SettingProblem(must: "be an IP address or a host name")
        }
        return text
    }
    /// 0 lets the system choose a free port.
    static let port = Setting<Int>.integer("TRAMLINE_PORT", 0...65535, example: "8000")
    static let adminPort = Setting<Int>.integer("TRAMLINE_ADMIN_PORT", 0...65535, example: "9000")
    static let publicURL = Setting<URL>.webAddress("TRAMLINE_PUBLIC_URL", example: "https://tramline.example.com")
    static let allowInsecureJira = Setting<Bool>.flag("TRAMLINE_ALLOW_INSECURE_JIRA")

    static let concurrency = Setting<Int>.integer("WORKER_CONCURRENCY", 1...10_000, example: "100")
    static let jiraSpacing = Setting<Duration>.seconds("JIRA_SPACING_SECONDS", 0...60, example: "1.5")
    static let jiraRequestTimeout = Setting<Duration>.seconds("JIRA_REQUEST_TIMEOUT_SECONDS", 1...600, example: "30")
    static let jobMaxAttempts = Setting<Int>.integer("JOB_MAX_ATTEMPTS", 1...100, example: "5")
    static let backoffBase = Setting<Duration>.seconds("JOB_BACKOFF_BASE_SECONDS", 0.001...3600, example: "2")
    static let backoffMax = Setting<Duration>.seconds("JOB_BACKOFF_MAX_SECONDS", 0.001...86_400, example: "300")
    static let jobLease = Setting<Duration>.seconds("JOB_LEASE_SECONDS", 1...600, example: "6")
    static let syncInterval = Setting<Duration>.seconds("SYNC_INTERVAL_SECONDS", 1...604_800, example: "900")
    static let twinAudit = Setting<Duration>.seconds("JIRA_AUDIT_SECONDS", 0...86_400, example: "600")
    static let retention = Setting<Int>.integer("TRAMLINE_RETENTION_DAYS", 0...36_500, example: "90")
    static let auditRetention = Setting<Int>.integer("TRAMLINE_AUDIT_RETENTION_DAYS", 0...36_500, example: "365")
    static let settle = Setting<Duration>.seconds("JIRA_SETTLE_SECONDS", 0...86_400, example: "300")

    static let jiraClientID = Setting<String>(
        "JIRA_CLIENT_ID",
        example: "the-client-id-of-your-atlassian-app"
    ) { text throws(SettingProblem) in
        guard text.utf8.count <= 255, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SettingProblem(must: "be printable ASCII without spaces")
        }
        return text
    }
    static let jiraClientSecret = Setting<Secret<String>>.secret("JIRA_CLIENT_SECRET", example: "the-app's-secret")
    static let atlassianAuthURL = Setting<URL>.webAddress("ATLASSIAN_AUTH_URL", example: "https://auth.atlassian.com")
    static let atlassianAPIURL = Setting<URL>.webAddress("ATLASSIAN_API_URL", example: "https://api.atlassian.com")

    static let slackSigningSecret = Setting<Secret<String>>.secret(
        "SLACK_SIGNING_SECRET",
        example: "the-signing-secret-of-your-slack-app"
    )
    static let slackBotToken = Setting<Secret<String>>.secret("SLACK_BOT_TOKEN", example: "xoxb-your-bot-token")
    static let slackAPIURL = Setting<URL>.webAddress("SLACK_API_URL", example: "https://slack.com/api")

    static let logLevel = Setting<Logger.Level>.word("LOG_LEVEL", of: Logger.Level.self, example: "info")
    static let logFormat = Setting<LogFormat>.word("LOG_FORMAT", of: LogFormat.self, example: "json")
}
