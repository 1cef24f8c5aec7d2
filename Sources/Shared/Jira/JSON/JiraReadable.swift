/// What can be read from a part of Jira's answers: for tests of others, and for what they keep of an answer.
package protocol JiraReadable: Sendable {
    /// Reads the value. Members that are not known are ignored, now and in time to come.
    /// - Returns: `nil` when something is missing that every such value has.
    init?(_ json: JiraJSON)
}
