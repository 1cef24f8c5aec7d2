/// What `tramline-worker run` reads from the environment.
package struct WorkerSettings: Sendable {
    package let common: CommonSettings
    /// Jobs at once in this process: `WORKER_CONCURRENCY`, 1...10,000, default 100.
    package let concurrency: Int
    /// Where `/health`, `/ready` and `/metrics` are served: `TRAMLINE_HOST`, default 127.0.0.1.
    package let host: String
    /// How long the details of finished work are kept: `TRAMLINE_RETENTION_DAYS`, default 90; `nil`, for 0, keeps for ever.
    package let retention: Duration?
    /// The same for the audit trail: `TRAMLINE_AUDIT_RETENTION_DAYS`, default 365.
    package let auditRetention: Duration?
    /// `TRAMLINE_ADMIN_PORT`; `nil`, the default, serves nothing; 0 lets the system choose a free port.
    package let adminPort: Int?

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let settings = WorkerSettings(&reader)
        self = try reader.finish(settings)
    }

    private init?(_ reader: inout SettingsReader) {
        let common = CommonSettings(&reader)
        concurrency = reader.value(Variables.concurrency, default: 100)
        host = reader.value(Variables.host, default: "127.0.0.1")
        retention = Self.days(reader.value(Variables.retention, default: 90))
        auditRetention = Self.days(reader.value(Variables.auditRetention, default: 365))
        adminPort = reader.optional(Variables.adminPort)
        guard let common else { return nil }
        self.common = common
    }

    private static func days(_ number: Int) -> Duration? { number == 0 ? nil : .seconds(86_400 * number) }
}
