/// One faulty environment variable.
package struct SettingsFault: Sendable, Equatable, CustomStringConvertible {
    /// The variable's name.
    package let variable: String
    /// What is wrong, as the end of a sentence that begins with the name. Shows no secret's value.
    package let problem: String
    /// A value that would do.
    package let example: String

    /// Whether the variable is not set, rather than set to something wrong.
    package let isMissing: Bool

    package var description: String { "\(variable) \(problem) (example: \(variable)=\(example))" }
}

/// All that is wrong with the environment, at once: whoever sets up a process should not have to start it five times to
/// hear of five mistakes.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// At least one, in the order in which the variables are documented.
    package let faults: [SettingsFault]

    /// One line for one fault; a head line and a line for each where there are more.
    package var description: String {
        if faults.count == 1 { return faults[0].description }
        return (["\(faults.count) environment variables are missing or wrong:"] + faults.map { "  \($0)" })
            .joined(separator: "\n")
    }
}
