/// One environment variable: its name, how its text becomes a value, and what an example looks like.
struct Setting<Value: Sendable>: Sendable {
    let variable: String
    /// Where set, the text is never shown.
    let isSecret: Bool
    let example: String
    let parse: @Sendable (String) throws(SettingProblem) -> Value

    init(
        _ variable: String,
        isSecret: Bool = false,
        example: String,
        parse: @escaping @Sendable (String) throws(SettingProblem) -> Value
    ) {
        self.variable = variable
        self.isSecret = isSecret
        self.example = example
        self.parse = parse
    }
}

/// What is wrong with a variable's text: what it must be.
struct SettingProblem: Error {
    /// The end of "X is …, but must …": `be 0...60 seconds`.
    let must: String
}
