package import TramlineModel

/// Why a file is not taken. Nothing of it is kept, and a former file of its name stays as it was.
package enum UploadRefusal: Error, Sendable, Equatable {
    /// There is none, or it is another team's: nobody can tell the two apart.
    case noSuchSession(SessionID)
    case noSuchTicket(ref: String)
    /// The export may be sending the ticket's files at this moment.
    case exportRunning
    /// All of the session is in Jira.
    case sessionCompleted
    /// The ticket is in Jira: the export adds no more files to it.
    case ticketExported(ref: String, key: String)
    case tooManyFiles(ref: String, limit: Int)
    /// What had come of the file is no longer there: it was silent for too long, or the database lost it in a crash.
    case lost
}
