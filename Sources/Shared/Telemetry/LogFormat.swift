/// How log lines look: `LOG_FORMAT`.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One line for people: time, level, message, then the facts as `key=value`.
    case text
    /// One JSON object a line, for machines.
    case json
}
