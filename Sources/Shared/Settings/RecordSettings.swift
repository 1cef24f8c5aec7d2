package import Foundation
package import Logging
package import Secrets
package import Telemetry

/// What a command needs that works on the record alone.
package struct RecordSettings: Sendable {
    /// Where PostgreSQL is: `DATABASE_URL`.
    package let databaseURL: Secret<String>
    /// How often a job that is recorded is run when transient faults end it: `JOB_MAX_ATTEMPTS`, 1...100, default 5.
    package let jobMaxAttempts: Int
    /// `LOG_LEVEL`, default info.
    package let logLevel: Logger.Level
    /// `LOG_FORMAT`, default text.
    package let logFormat: LogFormat

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let settings = RecordSettings(&reader)
        self = try reader.finish(settings)
    }

    init?(_ reader: inout SettingsReader) {
        let databaseURL = reader.required(Variables.databaseURL)
        jobMaxAttempts = reader.value(Variables.jobMaxAttempts, default: 5)
        logLevel = reader.value(Variables.logLevel, default: .info)
        logFormat = reader.value(Variables.logFormat, default: .text)
        guard let databaseURL else { return nil }
        self.databaseURL = databaseURL
    }
}

/// What a command needs that seals or opens the record's secrets.
package struct SealingSettings: Sendable {
    package let record: RecordSettings
    /// `TRAMLINE_SECRET_KEY`.
    package let secretKey: SecretKey
    /// Whether http and private addresses of Jira are allowed: `TRAMLINE_ALLOW_INSECURE_JIRA`, default false.
    package let allowInsecureJira: Bool

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let settings = SealingSettings(&reader)
        self = try reader.finish(settings)
    }

    init?(_ reader: inout SettingsReader) {
        let record = RecordSettings(&reader)
        let secretKey = reader.required(Variables.secretKey)
        allowInsecureJira = reader.value(Variables.allowInsecureJira, default: false)
        guard let record, let secretKey else { return nil }
        self.record = record
        self.secretKey = secretKey
    }
}

/// What a command needs that sends a person to Atlassian.
package struct ConsentSettings: Sendable {
    package let sealing: SealingSettings
    /// `JIRA_CLIENT_ID`, with `JIRA_CLIENT_SECRET`.
    package let oauth: OAuthClient
    /// `TRAMLINE_PUBLIC_URL`, as ``CommonSettings/publicURL``: the API must answer there.
    package let publicURL: URL
    /// `ATLASSIAN_AUTH_URL`, as ``CommonSettings/atlassianAuthURL``.
    package let atlassianAuthURL: URL

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let sealing = SealingSettings(&reader)
        let oauth = CommonSettings.readOAuth(&reader)
        publicURL = CommonSettings.readPublicURL(&reader)
        atlassianAuthURL = CommonSettings.readAuthURL(&reader)
        // Where neither is set, nothing was wrong with either so far.
        if oauth == nil, !reader.isSet(Variables.jiraClientID), !reader.isSet(Variables.jiraClientSecret) {
            reader.refuse(Variables.jiraClientID, "is not set")
            reader.refuse(Variables.jiraClientSecret, "is not set")
        }
        let read = sealing.flatMap { sealing in oauth.map { (sealing, $0) } }
        (self.sealing, self.oauth) = try reader.finish(read)
    }
}

/// What a command needs that opens the record's secrets and, where it is told of one, asks a worker through the queue.
package struct CheckSettings: Sendable {
    package let sealing: SealingSettings
    /// `nil` where `REDIS_URL` is not set: then no worker can be asked.
    package let queue: QueueSettings?

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let sealing = SealingSettings(&reader)
        let queue = reader.isSet(Variables.redisURL) ? QueueSettings(&reader) : nil
        self = try reader.finish(sealing.map { CheckSettings(sealing: $0, queue: queue) })
    }

    private init(sealing: SealingSettings, queue: QueueSettings?) {
        self.sealing = sealing
        self.queue = queue
    }
}
