internal import Configuration
internal import Foundation

/// Reads settings one by one and keeps what is wrong, so that all of it can be said at the end.
struct SettingsReader {
    private let config: ConfigReader
    private var faults: [SettingsFault] = []

    /// - Parameter environment: the variables; `nil` for the process's own.
    init(environment: [String: String]?) {
        let provider =
            if let environment {
                EnvironmentVariablesProvider(environmentVariables: environment, secretsSpecifier: .all)
            } else {
                EnvironmentVariablesProvider(secretsSpecifier: .all)
            }
        config = ConfigReader(provider: provider)
    }

    /// Reads a variable that must be set.
    /// - Returns: `nil` when it is missing or wrong, which is then among the faults.
    mutating func required<Value>(_ setting: Setting<Value>) -> Value? {
        guard let text = text(of: setting) else {
            faults.append(
                SettingsFault(
                    variable: setting.variable,
                    problem: "is not set",
                    example: setting.example,
                    isMissing: true
                )
            )
            return nil
        }
        return parse(text, as: setting)
    }

    /// Reads a variable that may be absent.
    mutating func optional<Value>(_ setting: Setting<Value>) -> Value? {
        text(of: setting).flatMap { parse($0, as: setting) }
    }

    /// Reads a variable that has a default. The default stands in for a wrong value too, so that reading goes on.
    mutating func value<Value>(_ setting: Setting<Value>, default standard: Value) -> Value {
        optional(setting) ?? standard
    }

    /// Whether a variable is set at all, rightly or wrongly.
    func isSet<Value>(_ setting: Setting<Value>) -> Bool { text(of: setting) != nil }

    /// Adds a fault that shows only when several variables are looked at together.
    mutating func refuse<Value>(_ setting: Setting<Value>, _ problem: String) {
        faults.append(
            SettingsFault(variable: setting.variable, problem: problem, example: setting.example, isMissing: false)
        )
    }

    /// Ends the reading.
    /// - Parameter settings: what was made of the values; `nil` when a required one is missing.
    /// - Throws: every fault that was met.
    func finish<Settings>(_ settings: Settings?) throws(SettingsError) -> Settings {
        guard faults.isEmpty else { throw SettingsError(faults: faults) }
        guard let settings else { preconditionFailure("settings are missing only where a fault was recorded") }
        return settings
    }

    /// A variable that is set to nothing counts as not set: compose files and unit files write `NAME=` for that.
    private func text<Value>(of setting: Setting<Value>) -> String? {
        let key = ConfigKey(setting.variable.lowercased().split(separator: "_").map(String.init))
        let text = config.string(forKey: key, isSecret: setting.isSecret)?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return text?.isEmpty == true ? nil : text
    }

    private mutating func parse<Value>(_ text: String, as setting: Setting<Value>) -> Value? {
        do {
            return try setting.parse(text)
        } catch {
            let shown = setting.isSecret ? "is set, but must" : "is “\(text.prefix(60))”, but must"
            refuse(setting, "\(shown) \(error.must)")
            return nil
        }
    }
}
