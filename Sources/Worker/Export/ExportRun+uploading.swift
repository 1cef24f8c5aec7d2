import Foundation
import Jira
import Jobs
import Postgres
import Record
import TramlineModel

extension ExportRun {
    /// Uploads a file to its ticket's issue, once.
    ///
    /// Uploading is not idempotent: the same file twice is two attachments. So the intention is committed before the request,
    /// and where an earlier request may have been sent, the issue's files are looked at before anything is sent again; while
    /// that request may still take effect, nothing is sent at all.
    ///
    /// - Returns: How long the file must wait, if it must.
    func upload(_ file: AttachmentRow, to issue: ExportedIssue) async throws -> DelayedStep? {
        let doing = "attaching \(file.filename) to \(issue.key)"
        do {
            if let fix = try await objection(to: file) {
                try await commitRefusal(of: file, fix)
                return nil
            }
            if let openUntil = file.uploadOpenUntil {
                if let there = try await find(file, on: issue) {
                    try await commitUpload(file, as: there.id)
                    return nil
                }
                let wait = openUntil.timeIntervalSince(try await OperationStore.now(on: exports.pool))
                if wait > 0 { return DelayedStep(wait: .seconds(wait), fault: FaultTable.uploadUnanswered(doing)) }
            }
            return try await send(file, to: issue, doing: doing)
        } catch let error as JiraError {
            throw interruption(error, doing: doing, nil)
        }
    }

    /// What speaks against a file before anything is sent.
    private func objection(to file: AttachmentRow) async throws -> ManualFix? {
        let settings: JiraAttachmentSettings
        do {
            settings = try await facts.uploadSettings()
        } catch let error as JiraError where !FaultTable.isTransient(error) {
            // Jira does not tell; it will refuse what it does not take.
            return nil
        }
        if !settings.isEnabled { return FixTable.attachmentsDisabled(file) }
        if let limit = settings.uploadLimit, file.size > limit {
            return FixTable.attachmentTooLarge(file, limit: limit)
        }
        return nil
    }

    private func find(_ file: AttachmentRow, on issue: ExportedIssue) async throws -> JiraAttachment? {
        let there: [JiraAttachment]
        do {
            there = try await caller.send(spaced: false) { client throws(JiraError) in
                try await client.attachments(ofIssue: issue.key)
            }
        } catch let error as JiraError where error.code == .notFound {
            // The issue is gone; sending to it will say so.
            return nil
        }
        let name = Self.comparable(file.filename)
        return there.first { Self.comparable($0.filename) == name && $0.size == file.size }
    }

    /// A name as it may come back: quotes go encoded (WHATWG HTML, "multipart/form-data encoding algorithm"), and whether they
    /// are decoded is Jira's affair; so is in which of Unicode's forms it keeps letters with accents.
    private static func comparable(_ filename: String) -> String {
        filename.replacing("%22", with: "\"").precomposedStringWithCanonicalMapping
    }

    private func send(_ file: AttachmentRow, to issue: ExportedIssue, doing: String) async throws -> DelayedStep? {
        let upload = JiraUpload(
            filename: file.filename,
            contentType: file.contentType,
            byteCount: file.size,
            chunks: AttachmentChunks(attachment: file.id, exports: exports)
        )
        let openFor = JiraClient.uploadTimeout(of: file.size, requestTimeout: settings.requestTimeout) + settings.settle
        do {
            let made = try await caller.sendOnce(
                spaced: true,
                preparing: { try await commitIntention(file, openFor: openFor) },
                { client throws(JiraError) in try await client.attach(upload, toIssue: issue.key) }
            )
            try await commitUpload(file, as: made.first?.id ?? "")
            return nil
        } catch let error as JiraError {
            guard error.outcome == .refused else { return try await settleLoss(file, of: issue, error, openFor, doing) }
            try await commitEnd(of: file)
            switch error.code {
            case .unauthenticated where try await caller.renewCredential(after: error):
                return try await send(file, to: issue, doing: doing)
            case .tooLarge, .rejected, .notFound, .forbidden, .unauthenticated:
                try await commitRefusal(of: file, FixTable.attachmentRefused(file, reason: error.message))
                return nil
            case .rateLimited:
                guard case .issue(let wait) = RateLimitReach(error) else { throw error }
                return DelayedStep(wait: wait, fault: FaultTable.fault(of: error, doing: doing))
            default:
                throw error
            }
        }
    }

    /// The answer was lost: looks whether the file is there.
    private func settleLoss(
        _ file: AttachmentRow,
        of issue: ExportedIssue,
        _ error: JiraError,
        _ openFor: Duration,
        _ doing: String
    ) async throws -> DelayedStep? {
        if let there = try await find(file, on: issue) {
            try await commitUpload(file, as: there.id)
            return nil
        }
        // Also where there was an answer: a 5xx is often that of a proxy, behind which Jira may still be at it.
        return DelayedStep(
            wait: max(openFor, error.retryAfter ?? .zero),
            fault: FaultTable.fault(of: error, doing: doing)
        )
    }

    // MARK: What is committed

    private func commitIntention(_ file: AttachmentRow, openFor: Duration) async throws {
        try await run.commit { connection in
            try await exports.intendUpload(file.id, openFor: openFor, on: connection)
            return ((), nil)
        }
    }

    private func commitEnd(of file: AttachmentRow) async throws {
        try await run.commit { connection in
            try await exports.closeUpload(file.id, on: connection)
            return ((), nil)
        }
    }

    private func commitUpload(_ file: AttachmentRow, as id: String) async throws {
        try await run.commit { connection in
            try await exports.markUploaded(file.id, as: id, on: connection)
            try await run.jobs.recordStep(
                "attachment",
                of: claim,
                subject: file.id,
                outcome: "uploaded",
                on: connection
            )
            return ((), try await storeProgress(on: connection))
        }
    }

    private func commitRefusal(of file: AttachmentRow, _ fix: ManualFix) async throws {
        try await run.commit { connection in
            try await exports.markRefused(file.id, on: connection)
            try await exports.recordFix(fix, session: session, on: connection)
            try await run.jobs.recordStep("attachment", of: claim, subject: file.id, outcome: "refused", on: connection)
            return ((), try await storeProgress(on: connection))
        }
    }
}

/// A stored file, piece by piece, as it is sent: what is in memory is one piece.
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
