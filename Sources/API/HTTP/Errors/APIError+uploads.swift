import HTTPTypes
import Record
import TramlineModel

extension APIError {
    /// Why a file was not taken.
    init(_ refusal: UploadRefusal) {
        switch refusal {
        case .noSuchSession(let id):
            self = .sessionNotFound(id)
        case .noSuchTicket(let ref):
            self.init(status: .notFound, code: .ticketNotFound, message: "The session has no ticket \"\(ref)\".")
        case .exportRunning:
            self.init(
                status: .conflict,
                code: .exportRunning,
                message: "The session is being exported: its files cannot change now.",
                recoveryActions: ["Wait for the end of the export"]
            )
        case .sessionCompleted:
            self.init(
                status: .unprocessableContent,
                code: .sessionExported,
                message: "All of the session is in Jira; no file is added any more.",
                recoveryActions: ["Attach the file to the issue in Jira"]
            )
        case .ticketExported(let ref, let key):
            self.init(
                status: .unprocessableContent,
                code: .ticketExported,
                message: "The ticket \"\(ref)\" is in Jira as \(key); no file is added to it any more.",
                recoveryActions: ["Attach the file to \(key) in Jira"]
            )
        case .tooManyFiles(let ref, let limit):
            self.init(
                status: .unprocessableContent,
                code: .tooManyAttachments,
                message: "The ticket \"\(ref)\" has \(limit) files, and that is the most.",
                recoveryActions: ["Replace a file by sending another under its name"]
            )
        case .lost:
            self = .unavailable("What had come of the file was lost.", retryAfter: 1, cause: refusal)
        }
    }
}
