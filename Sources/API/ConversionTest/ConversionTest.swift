import ADF
import Record
import TramlineModel

/// What would become of a ticket if it were exported now: its description, and its files. Pure.
struct ConversionTest {
    /// What is known of the files that Jira takes.
    enum Allowance: Sendable {
        /// Files are not to be tested.
        case unasked
        /// No worker could tell in time.
        case unknown
        case known(AttachmentAllowance)
    }

    /// A ticket's result, as clients see it.
    struct Result: Encodable, Sendable {
        enum Status: String, Encodable, Sendable { case passed, failed }
        enum UploadStatus: String, Encodable, Sendable { case passed, failed, skipped }

        let ticketId: TicketID
        let ticketTitle: String
        let status: Status
        let adfSizeBytes: Nullable<Int>
        let characterReduction: Nullable<Double>
        let errorMessage: Nullable<String>
        let suggestedFix: Nullable<String>
        let attachmentUploadTested: Bool
        let attachmentUploadStatus: Nullable<UploadStatus>
    }

    /// Something that keeps a ticket from passing.
    private struct Problem {
        let message: String
        let fix: String?
    }

    let allowance: Allowance

    /// Converts a ticket's description and looks at its files. Takes up to some tens of milliseconds.
    func run(_ ticket: TestedTicket) -> Result {
        let report = ADFConverter().convert(ticket.descriptionHTML ?? "").report
        var problems: [Problem] = []
        if report.status == .failed {
            problems.append(
                Problem(message: report.errorMessage ?? "The description cannot be converted", fix: report.suggestedFix)
            )
        }
        let upload = test(ticket.files, &problems)
        return Result(
            ticketId: ticket.id,
            ticketTitle: ticket.title,
            status: problems.isEmpty ? .passed : .failed,
            adfSizeBytes: Nullable(report.adfSizeBytes),
            characterReduction: Nullable(report.characterReduction),
            errorMessage: Nullable(Self.joined(problems.map(\.message))),
            suggestedFix: Nullable(Self.joined(problems.compactMap(\.fix))),
            attachmentUploadTested: upload == .passed || upload == .failed,
            attachmentUploadStatus: Nullable(upload)
        )
    }

    private static func joined(_ sentences: [String]) -> String? {
        guard !sentences.isEmpty else { return nil }
        return sentences.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }.joined(separator: ". ")
    }

    /// - Returns: `nil` where there is nothing to test.
    private func test(_ files: [TestedTicket.File], _ problems: inout [Problem]) -> Result.UploadStatus? {
        if case .unasked = allowance { return nil }
        guard !files.isEmpty else { return nil }
        let found = files.compactMap(problem(of:)) + siteProblem
        problems += found
        if !found.isEmpty { return .failed }
        if case .unknown = allowance { return .skipped }
        return .passed
    }

    /// What is wrong with all files alike.
    private var siteProblem: [Problem] {
        guard case .known(let allowance) = allowance else { return [] }
        if !allowance.isEnabled {
            return [
                Problem(
                    message: "This Jira site takes no attachments",
                    fix: "Ask a Jira administrator to switch attachments on, or link to where the files are kept"
                )
            ]
        }
        if !allowance.isPermitted {
            return [
                Problem(
                    message: "The Jira account may not attach files in this project",
                    fix: "Give the account the project permission Create Attachments"
                )
            ]
        }
        return []
    }

    private func problem(of file: TestedTicket.File) -> Problem? {
        if !file.isComplete {
            return Problem(
                message: "The file \(file.filename) is not stored completely",
                fix: "Send the file \(file.filename) again"
            )
        }
        if file.size == 0 {
            return Problem(
                message: "The file \(file.filename) is empty, and Jira takes no empty files",
                fix: "Replace the file \(file.filename)"
            )
        }
        guard case .known(let allowance) = allowance, let limit = allowance.uploadLimit, file.size > limit else {
            return nil
        }
        return Problem(
            message: "The file \(file.filename) has \(file.size) bytes; this Jira site takes \(limit)",
            fix: "Make the file \(file.filename) smaller, or link to where it is kept"
        )
    }
}
