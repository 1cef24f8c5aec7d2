package import Logging
package import Secrets
package import Telemetry

/// What a command needs that looks at the queue.
package struct QueueSettings: Sendable {
    /// Where Redis is: `REDIS_URL`.
    package let redisURL: Secret<String>
    /// `JOB_LEASE_SECONDS`, default 6 s: as in the fleet.
    package let jobLease: Duration
    /// `JIRA_SPACING_SECONDS`, default 1.5 s: as in the fleet.
    package let jiraSpacing: Duration
    /// `LOG_LEVEL`, default info.
    package let logLevel: Logger.Level
    /// `LOG_FORMAT`, default text.
    package let logFormat: LogFormat

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let settings = QueueSettings(&reader)
        self = try reader.finish(settings)
    }

    init?(_ reader: inout SettingsReader) {
        let redisURL = reader.required(Variables.redisURL)
        jobLease = reader.value(Variables.jobLease, default: .seconds(6))
        jiraSpacing = reader.value(Variables.jiraSpacing, default: .milliseconds(1500))
        logLevel = reader.value(Variables.logLevel, default: .info)
        logFormat = reader.value(Variables.logFormat, default: .text)
        guard let redisURL else { return nil }
        self.redisURL = redisURL
    }
}

/// What an operator's command needs that works on the record and, where it is told of one, on the queue.
package struct OperatorSettings: Sendable {
    package let record: RecordSettings
    /// `nil` where `REDIS_URL` is not set and need not be.
    package let queue: QueueSettings?

    /// - Parameters:
    ///   - queueIsRequired: whether a missing `REDIS_URL` is a fault.
    ///   - environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(queueIsRequired: Bool, environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let record = RecordSettings(&reader)
        let hasQueue = queueIsRequired || reader.isSet(Variables.redisURL)
        let queue = hasQueue ? QueueSettings(&reader) : nil
        self = try reader.finish(record.map { OperatorSettings(record: $0, queue: queue) })
    }

    private init(record: RecordSettings, queue: QueueSettings?) {
        self.record = record
        self.queue = queue
    }
}
