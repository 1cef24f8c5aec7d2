/// What an API key allows.
package enum KeyScope: String, Sendable, CaseIterable, Codable {
    /// To see sessions: their state, their progress, their results.
    case read
    /// To change something: to import, to export, to retry, to cancel.
    case write
}
