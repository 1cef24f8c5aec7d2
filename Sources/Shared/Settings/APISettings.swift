/// What `tramline-api serve` reads from the environment.
package struct APISettings: Sendable {
    package let common: CommonSettings
    /// Where the API listens: `TRAMLINE_HOST`, default 127.0.0.1.
    package let host: String
    /// `TRAMLINE_PORT`, default 8000; 0 lets the system choose a free port.
    package let port: Int

    /// - Parameter environment: the variables; `nil` for the process's own.
    /// - Throws: every fault at once.
    package init(environment: [String: String]? = nil) throws(SettingsError) {
        var reader = SettingsReader(environment: environment)
        let settings = APISettings(&reader)
        self = try reader.finish(settings)
    }

    private init?(_ reader: inout SettingsReader) {
        let common = CommonSettings(&reader)
        host = reader.value(Variables.host, default: "127.0.0.1")
        port = reader.value(Variables.port, default: 8000)
        guard let common else { return nil }
        self.common = common
    }
}
