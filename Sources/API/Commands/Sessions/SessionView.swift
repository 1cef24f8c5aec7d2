import Console
import Record
import TramlineModel

/// A session as the commands show it.
struct SessionView: Sendable {
    let export: ExportView
    let tickets: [Ticket]
    let failures: [FailedTicket]
    let fixes: [ManualFixRow]

    private var session: SessionRow { export.session }
    private var nextStep: String {
        NextStep.words(for: session, task: export.job?.id, manualFixes: export.counts.manualFixes)
    }

    /// The session's own members, without its tickets.
    static func json(_ session: SessionRow, exported: Int, failed: Int, fixes: Int) -> JSONValue {
        .members([
            "session_id": .text(session.id), "name": session.name.map(JSONValue.string),
            "status": .string(session.status.rawValue), "site": .string(session.site),
            "project_key": .string(session.projectKey), "total_tickets": .integer(session.totalTickets),
            "tickets_completed": .integer(exported), "tickets_failed": .integer(failed),
            "manual_fixes_needed": .integer(fixes),
            "created_at": .time(session.createdAt), "task_id": session.exportTask.map(JSONValue.text),
            "started_at": session.exportStartedAt.map(JSONValue.time),
            "completed_at": session.completedAt.map(JSONValue.time),
            "failed_at_ticket_order": session.failedAtTicketOrder.map(JSONValue.integer),
            "error_category": session.fault.map { .string($0.category.rawValue) },
            "user_message": session.fault.map { .string($0.userMessage) },
            "retry_attempts_used": .integer(session.retryCount),
        ])
    }

    var json: JSONValue {
        let counts = export.counts
        let own = Self.json(
            session,
            exported: counts.exportedTickets,
            failed: counts.failedTickets,
            fixes: counts.manualFixes
        )
        guard case .object(let members) = own else { preconditionFailure("a session is an object") }
        let messages = Dictionary(failures.map { ($0.ref, $0.message) }, uniquingKeysWith: { first, _ in first })
        let tickets = tickets.map { ticket in
            JSONValue.members([
                "ticket_id": .text(ticket.id), "ref": .string(ticket.ref), "order": .integer(ticket.exportOrder),
                "title": .string(ticket.content.title), "status": .string(ticket.status.rawValue),
                "jira_key": ticket.issue.map { .string($0.key) }, "jira_url": ticket.issue.map { .string($0.url) },
                "error_message": messages[ticket.ref].map(JSONValue.string),
            ])
        }
        let fixes = fixes.map { row in
            JSONValue.members([
                "jira_key": .string(row.issue.key), "title": .string(row.title),
                "issue_type": .string(row.fix.issueType),
                "recommended_action": .string(row.fix.guidance),
                "jira_url": .string(row.issue.url),
            ])
        }
        return .object(
            members + [
                JSONMember("next_step", .string(nextStep)), JSONMember("tickets", .array(tickets)),
                JSONMember("manual_fixes", .array(fixes)),
            ]
        )
    }

    /// One line a ticket, in the order of creation.
    var ticketTable: String {
        let rows = tickets.map { ticket in
            [
                String(ticket.exportOrder), ticket.ref, ticket.status.rawValue, ticket.issue?.key ?? "–",
                Self.short(ticket.content.title), ticket.issue?.url ?? "",
            ]
        }
        return TextTable(["#", "REF", "STATUS", "KEY", "TITLE", "LINK"], rows).text
    }

    var text: String {
        var lines = ["Session \(session.id)\(session.name.map { " – \(TextTable.printable($0))" } ?? "")"]
        lines.append(
            "\(session.status.rawValue), \(session.totalTickets) tickets for \(session.projectKey) at \(session.site), "
                + "imported \(session.createdAt.forTable)"
        )
        lines.append(progress)
        if let fault = session.fault {
            lines.append(
                "Failed at ticket \(export.failedAtTicketOrder): \(TextTable.printable(fault.userMessage)) (\(fault.category.rawValue))"
            )
            lines += fault.recoveryActions.map { "  • \(TextTable.printable($0))" }
        }
        lines.append("Next: \(nextStep)")
        if !tickets.isEmpty { lines += ["", ticketTable] }
        // One failure is told above, as that of the session.
        if failures.count > 1 {
            lines += ["", "Not in Jira:"]
            lines += failures.map { failure in
                let what = "\(failure.exportOrder) \(failure.ref) (\(Self.short(failure.title)))"
                return "  \(TextTable.printable("\(what): \(failure.message)"))"
            }
        }
        if !fixes.isEmpty {
            lines += ["", "To mend by hand:"]
            lines += fixes.map { row in
                "  \(TextTable.printable("\(row.issue.key): \(row.fix.guidance)"))"
            }
        }
        return lines.joined(separator: "\n")
    }

    /// How far it is, in one line.
    private var progress: String {
        let counts = export.counts
        var parts = ["\(counts.exportedTickets) of \(counts.totalTickets) tickets in Jira"]
        if counts.failedTickets > 0 { parts.append("\(counts.failedTickets) failed") }
        if counts.totalLinks > 0 { parts.append("\(counts.linkedLinks) of \(counts.totalLinks) links") }
        if counts.totalAttachments > 0 {
            parts.append("\(counts.settledAttachments) of \(counts.totalAttachments) files done")
        }
        if counts.manualFixes > 0 { parts.append("\(counts.manualFixes) to mend by hand") }
        if session.retryCount > 0 { parts.append("\(session.retryCount) of \(SessionRow.maximumRetries) retries used") }
        return parts.joined(separator: ", ")
    }

    private static func short(_ title: String) -> String {
        title.count > 60 ? title.prefix(59) + "…" : title
    }
}
