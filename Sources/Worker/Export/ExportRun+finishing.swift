import Jira
import Jobs
import Postgres
import Record
import TramlineModel

extension ExportRun {
    /// Uploads a file to its ticket's issue, once: what is there already by name and size is taken for it.
    func upload(_ attachment: AttachmentRow, _ ledger: ExportLedger) async throws {
        guard let issue = ledger.issues[attachment.ticket] else { return }
        let doing = "attaching \(attachment.filename) to \(issue.key)"
        do {
            // Uploading is not idempotent. A first run that sent nothing yet need not look.
            if claim.epoch.rawValue > 1, let there = try await find(attachment, on: issue) {
                return try await commitUpload(attachment, as: there.id)
            }
            let upload = JiraUpload(
                filename: attachment.filename,
                contentType: attachment.contentType,
                byteCount: attachment.size,
                chunks: AttachmentChunks(attachment: attachment.id, exports: exports)
            )
            let made = try await caller.send(spaced: true) { client throws(JiraError) in
                try await client.attach(upload, toIssue: issue.key)
            }
            try await commitUpload(attachment, as: made.first?.id ?? "")
        } catch let error as JiraError {
            switch error.code {
            case .tooLarge, .rejected, .notFound, .forbidden:
                try await commitRefusal(of: attachment, reason: error.message)
            default:
                throw interruption(error, doing: doing)
            }
        }
    }

    private func find(_ attachment: AttachmentRow, on issue: ExportedIssue) async throws -> JiraAttachment? {
        let there = try await caller.send(spaced: false) { client throws(JiraError) in
            try await client.attachments(ofIssue: issue.key)
        }
        return there.first { $0.filename == attachment.filename && $0.size == attachment.size }
    }

    private func commitUpload(_ attachment: AttachmentRow, as id: String) async throws {
        try await run.commit { connection in
            try await exports.markUploaded(attachment.id, as: id, on: connection)
            try await run.jobs.recordStep(
                "attachment",
                of: claim,
                subject: attachment.id,
                outcome: "uploaded",
                on: connection
            )
            return ((), try await storeProgress(on: connection))
        }
    }

    private func commitRefusal(of attachment: AttachmentRow, reason: String) async throws {
        try await run.commit { connection in
            try await exports.markRefused(attachment.id, on: connection)
            let fix = ManualFix(
                ticket: attachment.ticket,
                issueType: "attachment_refused",
                subject: attachment.filename,
                reason: reason,
                recommendedAction: "Attach \(attachment.filename) by hand, or link to where it is kept"
            )
            try await exports.recordFix(fix, session: session, on: connection)
            return ((), try await storeProgress(on: connection))
        }
    }

    /// Makes one ticket block another in Jira. Repeating is harmless: Jira keeps one link.
    func makeLink(_ link: DependencyRow, _ ledger: ExportLedger) async throws {
        guard let blocker = ledger.issues[link.blocker], let blocked = ledger.issues[link.blocked] else { return }
        do {
            try await caller.send(spaced: true) { client throws(JiraError) in
                try await client.createLink(blocker: blocker.key, blocked: blocked.key)
            }
            try await commitLink(link, fix: nil)
        } catch let error as JiraError {
            switch error.code {
            case .rejected, .notFound, .forbidden, .tooLarge:
                let fix = ManualFix(
                    ticket: link.blocked,
                    issueType: "dependency_not_linked",
                    subject: blocker.key,
                    reason: error.message,
                    recommendedAction: "Link \(blocked.key) by hand: it is blocked by \(blocker.key)"
                )
                try await commitLink(link, fix: fix)
            default:
                throw interruption(error, doing: "linking \(blocker.key) to \(blocked.key)")
            }
        }
    }

    private func commitLink(_ link: DependencyRow, fix: ManualFix?) async throws {
        try await run.commit { connection in
            try await exports.markLink(link, refused: fix != nil, on: connection)
            if let fix { try await exports.recordFix(fix, session: session, on: connection) }
            return ((), try await storeProgress(on: connection))
        }
    }
}

/// A stored file, piece by piece, as it is sent.
struct AttachmentChunks: AsyncSequence, Sendable {
    let attachment: AttachmentID
    let exports: ExportStore

    struct AsyncIterator: AsyncIteratorProtocol {
        let chunks: AttachmentChunks
        var next = 0

        mutating func next() async throws -> [UInt8]? {
            defer { next += 1 }
            return try await chunks.exports.chunk(next, of: chunks.attachment)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: self) }
}
