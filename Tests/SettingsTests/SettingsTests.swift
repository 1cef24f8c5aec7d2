import Foundation
import Logging
import Secrets
import Settings
import Telemetry
import Testing
import TramlineModel

/// What must be set, and nothing else.
let least = [
    "DATABASE_URL": "postgres://tramline:s3cret@db:5432/tramline?sslmode=require",
    "REDIS_URL": "rediss://:pa55@redis:6379/2",
    "TRAMLINE_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
]

@Suite struct SettingsTests {
    @Test("Three variables are enough; the others have their defaults")
    func defaults() throws {
        let api = try APISettings(environment: least)
        #expect(api.host == "127.0.0.1")
        #expect(api.port == 8000)
        let worker = try WorkerSettings(environment: least)
        #expect(worker.concurrency == 100)
        #expect(worker.adminPort == nil)
        #expect(worker.retention == .seconds(90 * 86_400) && worker.auditRetention == .seconds(365 * 86_400))
        let common = api.common
        #expect(common.databaseURL.reveal() == least["DATABASE_URL"])
        #expect(common.redisURL.reveal() == least["REDIS_URL"])
        #expect(common.publicURL.absoluteString == "http://localhost:8000")
        #expect(!common.allowInsecureJira)
        #expect(common.jiraSpacing == .milliseconds(1500))
        #expect(common.jiraRequestTimeout == .seconds(30))
        #expect(common.jobMaxAttempts == 5)
        #expect(common.backoff.base == .seconds(2))
        #expect(common.backoff.maximum == .seconds(300))
        #expect(common.jobLease == .seconds(6))
        #expect(common.syncInterval == .seconds(900))
        #expect(common.settle == .seconds(300))
        #expect(common.twinAudit == .seconds(600))
        #expect(common.oauth == nil)
        #expect(common.atlassianAuthURL.absoluteString == "https://auth.atlassian.com")
        #expect(common.atlassianAPIURL.absoluteString == "https://api.atlassian.com")
        #expect(common.slackSigningSecret == nil && common.slackBotToken == nil)
        #expect(common.logLevel == .info && common.logFormat == .text)
    }

    @Test("Every variable can be set")
    func allSet() throws {
        let all = least.merging([
            "TRAMLINE_HOST": "::", "TRAMLINE_PORT": "0", "TRAMLINE_ADMIN_PORT": "9000",
            "TRAMLINE_PUBLIC_URL": "https://t.example.com/tramline/", "TRAMLINE_ALLOW_INSECURE_JIRA": "Yes",
            "WORKER_CONCURRENCY": "7", "JIRA_SPACING_SECONDS": "0.05", "JIRA_REQUEST_TIMEOUT_SECONDS": "2.5",
            "JOB_MAX_ATTEMPTS": "1", "JOB_BACKOFF_BASE_SECONDS": "400", "JOB_LEASE_SECONDS": "1",
            "SYNC_INTERVAL_SECONDS": "60", "JIRA_SETTLE_SECONDS": "0", "JIRA_AUDIT_SECONDS": "30",
            "JIRA_CLIENT_ID": "id",
            "JIRA_CLIENT_SECRET": "shh", "ATLASSIAN_AUTH_URL": "http://localhost:1",
            "ATLASSIAN_API_URL": "http://localhost:2", "SLACK_SIGNING_SECRET": "sign", "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_API_URL": "http://localhost:3", "LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json",
            "TRAMLINE_RETENTION_DAYS": "7", "TRAMLINE_AUDIT_RETENTION_DAYS": "0",
        ]) { $1 }
        let worker = try WorkerSettings(environment: all)
        let api = try APISettings(environment: all)
        let common = worker.common
        #expect(api.host == "::" && api.port == 0)
        // 0 keeps for ever.
        #expect(worker.retention == .seconds(7 * 86_400) && worker.auditRetention == nil)
        #expect(worker.adminPort == 9000 && worker.concurrency == 7)
        #expect(common.publicURL.absoluteString == "https://t.example.com/tramline")
        #expect(common.allowInsecureJira)
        #expect(common.jiraSpacing == .milliseconds(50))
        #expect(common.jiraRequestTimeout == .milliseconds(2500))
        #expect(common.jobMaxAttempts == 1)
        // The greater base lifts the default of the maximum with it.
        #expect(common.backoff.base == .seconds(400) && common.backoff.maximum == .seconds(400))
        #expect(common.jobLease == .seconds(1) && common.settle == .zero)
        #expect(common.twinAudit == .seconds(30))
        #expect(common.oauth?.id == "id" && common.oauth?.secret.reveal() == "shh")
        #expect(common.slackBotToken?.reveal() == "xoxb-1")
        #expect(common.logLevel == .debug && common.logFormat == .json)
    }

    @Test("A variable that is set to nothing counts as not set")
    func empty() throws {
        let api = try APISettings(environment: least.merging(["TRAMLINE_PORT": "", "LOG_LEVEL": "  "]) { $1 })
        #expect(api.port == 8000 && api.common.logLevel == .info)
        let error = #expect(throws: SettingsError.self) { try RecordSettings(environment: ["DATABASE_URL": ""]) }
        #expect(error?.faults.map(\.variable) == ["DATABASE_URL"])
    }

    @Test("Commands ask for no more than they need")
    func commands() throws {
        _ = try RecordSettings(environment: ["DATABASE_URL": "postgresql:///tramline?host=/run/postgresql"])
        let error = #expect(throws: SettingsError.self) { try SealingSettings(environment: [:]) }
        #expect(error?.faults.map(\.variable) == ["DATABASE_URL", "TRAMLINE_SECRET_KEY"])
    }

    @Test("No secret is printed with the settings")
    func printing() throws {
        let worker = try WorkerSettings(environment: least)
        var dumped = ""
        dump(worker, to: &dumped)
        for text in ["\(worker)", String(reflecting: worker), dumped] {
            #expect(!text.contains("s3cret") && !text.contains("pa55") && !text.contains("AAEC"))
            #expect(text.contains("•••"))
        }
    }

    @Test("An operator's command asks for the queue only where it needs it, and reports all faults at once")
    func operating() throws {
        let both = ["DATABASE_URL": least["DATABASE_URL"]!, "REDIS_URL": least["REDIS_URL"]!]
        #expect(try OperatorSettings(queueIsRequired: true, environment: both).queue != nil)
        var record = both
        record["REDIS_URL"] = nil
        #expect(try OperatorSettings(queueIsRequired: false, environment: record).queue == nil)
        let missing = #expect(throws: SettingsError.self) {
            try OperatorSettings(queueIsRequired: true, environment: [:])
        }
        #expect(missing?.faults.map(\.variable) == ["DATABASE_URL", "REDIS_URL"])
        #expect(missing?.faults.allSatisfy { $0.isMissing } == true)
        // One that is set, and wrong, is told also where it is not needed.
        record["REDIS_URL"] = "http://redis"
        let wrong = #expect(throws: SettingsError.self) {
            try OperatorSettings(queueIsRequired: false, environment: record)
        }
        #expect(wrong?.faults.map(\.isMissing) == [false])
    }
}
