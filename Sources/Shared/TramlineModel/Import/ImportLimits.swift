/// What an import may hold at most. Characters are counted as Jira's servers count them, in units of UTF-16.
package enum ImportLimits {
    /// The whole body, attachments in base64 included.
    package static let bodyBytes = 16 * 1024 * 1024
    /// Lists and objects in one another: the body takes four, the rest is for values of `fields`.
    package static let jsonDepth = 100
    /// How many faults an answer lists; the rest is counted.
    package static let listedFaults = 100

    package static let tickets = 1000
    package static let refCharacters = 64
    package static let siteCharacters = 100
    /// Names of sessions, issue types, priorities, sprints and people, and keys of projects.
    package static let nameCharacters = 255
    /// Jira's limit for a summary: a longer one is refused here rather than in the middle of an export.
    package static let titleCharacters = 255
    package static let descriptionBytes = 1024 * 1024
    package static let labels = 100
    package static let labelCharacters = 255
    package static let dependencies = 200
    package static let fields = 200
    /// No number that Jira keeps is longer; PostgreSQL could not store `1e999999` as it is.
    package static let numberCharacters = 64
    package static let attachments = 20
    package static let filenameCharacters = 255
    package static let attachmentBytes = 10 * 1024 * 1024
    /// A file that is sent by itself, beside the import.
    package static let uploadBytes = 100 * 1024 * 1024
}
