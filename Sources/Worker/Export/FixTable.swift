import Jira
import Record
import TramlineModel

/// Every manual fix that an export can leave behind, as a person reads it: what is amiss, and what to do about it.
///
/// The kinds are the seed's names where it has them.
enum FixTable {
    // MARK: Fields

    static func field(_ field: OptionalField, _ id: String, of ticket: TicketID, reason: String) -> ManualFix {
        ManualFix(
            ticket: ticket,
            issueType: field.issueType,
            subject: id,
            reason: reason,
            recommendedAction: field.action
        )
    }

    static func descriptionCut(of ticket: TicketID, file: String) -> ManualFix {
        ManualFix(
            ticket: ticket,
            issueType: "description_cut",
            subject: "description",
            reason: "The description is longer than Jira allows.",
            recommendedAction: "Read the whole text in the attachment \(file) and shorten the description"
        )
    }

    static func descriptionSimplified(of ticket: TicketID, file: String) -> ManualFix {
        ManualFix(
            ticket: ticket,
            issueType: "description_simplified",
            subject: "description",
            reason: "Jira refused the formatting of the description.",
            recommendedAction: "Compare the description with the original in the attachment \(file) "
                + "and restore formatting where it matters"
        )
    }

    // MARK: Twins and orphans

    /// - Parameters:
    ///   - key: of the ticket's own issue.
    ///   - other: the one too many.
    static func duplicate(of ticket: TicketID, key: String, other: IssueReference) -> ManualFix {
        ManualFix(
            ticket: ticket,
            issueType: "duplicate_issue",
            subject: other.key,
            reason:
                "Jira has made \(other.key) for the same ticket as \(key): it acted upon a request whose answer was "
                + "lost.",
            recommendedAction: "Move what people have added to \(other.key) to \(key), then delete \(other.key)",
            otherIssue: other
        )
    }

    static func possibleOrphan(of ticket: Ticket, key: String?, other: IssueReference) -> ManualFix {
        let instead = key.map { "If it is, delete it: the ticket is \($0)" }
        return ManualFix(
            ticket: ticket.id,
            issueType: "possible_orphan",
            subject: other.key,
            reason:
                "\(other.key) has this ticket's title, was made by Tramline's account at the time of a request whose "
                + "answer was lost, and carries no marker.",
            recommendedAction: "Look whether \(other.key) is this ticket. "
                + (instead ?? "If it is, delete it or give it the label \(ticket.marker.label), then retry the export"),
            otherIssue: other
        )
    }

    /// The look for a twin could not be done.
    static func unaudited(_ ticket: TicketID, issue: ExportedIssue, reason: String) -> ManualFix {
        ManualFix(
            ticket: ticket,
            issueType: "possible_orphan",
            subject: "audit",
            reason: "The create request of \(issue.key) was repeated, and whether it has a twin could not be checked: "
                + reason,
            recommendedAction: "Look in the project for a second issue with the same title; delete it if there is one"
        )
    }

    // MARK: Files

    static func attachmentTooLarge(_ file: AttachmentRow, limit: Int) -> ManualFix {
        attachment(
            file,
            type: "attachment_too_large",
            reason: "The file has \(file.size) bytes; Jira takes \(limit) at most.",
            action: "Keep \(file.filename) elsewhere and link to it, or ask a Jira administrator for a higher limit"
        )
    }

    static func attachmentsDisabled(_ file: AttachmentRow) -> ManualFix {
        attachment(
            file,
            type: "attachment_refused",
            reason: "Attachments are switched off at this Jira site.",
            action: "Keep \(file.filename) elsewhere and link to it, or ask a Jira administrator to switch them on"
        )
    }

    static func attachmentRefused(_ file: AttachmentRow, reason: String) -> ManualFix {
        attachment(
            file,
            type: "attachment_refused",
            reason: reason,
            action: "Attach \(file.filename) by hand, or link to where it is kept"
        )
    }

    private static func attachment(
        _ file: AttachmentRow,
        type: String,
        reason: String,
        action: String
    ) -> ManualFix {
        ManualFix(
            ticket: file.ticket,
            issueType: type,
            subject: file.filename,
            reason: reason,
            recommendedAction: action
        )
    }

    // MARK: Links

    static func notLinked(_ link: DependencyRow, blocker: String, blocked: String, reason: String) -> ManualFix {
        ManualFix(
            ticket: link.blocked,
            issueType: "dependency_not_linked",
            subject: blocker,
            reason: reason,
            recommendedAction: "Link \(blocked) by hand: it is blocked by \(blocker)"
        )
    }
}
