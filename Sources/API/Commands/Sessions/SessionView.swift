import Console
import Record
import TramlineModel

/// A session as the commands show it.
struct SessionView: Sendable {
    let session: SessionRow
    let tickets: [Ticket]
    let fixes: [ManualFixRow]

    /// The session's own line of JSON, without its tickets.
    static func json(_ session: SessionRow) -> JSONValue {
        .members([
            "session_id": .text(session.id), "name": session.name.map(JSONValue.string),
            "status": .string(session.status.rawValue), "site": .string(session.site),
            "project_key": .string(session.projectKey), "total_tickets": .integer(session.totalTickets),
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
        guard case .object(let members) = Self.json(session) else { preconditionFailure("a session is an object") }
        let tickets = tickets.map { ticket in
            JSONValue.members([
                "ticket_id": .text(ticket.id), "ref": .string(ticket.ref), "order": .integer(ticket.exportOrder),
                "title": .string(ticket.content.title), "status": .string(ticket.status.rawValue),
                "jira_key": ticket.issue.map { .string($0.key) }, "jira_url": ticket.issue.map { .string($0.url) },
            ])
        }
        let fixes = fixes.map { row in
            JSONValue.members([
                "jira_key": row.issue.map { .string($0.key) }, "title": .string(row.title),
                "issue_type": .string(row.fix.issueType),
                "recommended_action": .string(row.fix.guidance),
                "jira_url": row.issue.map { .string($0.url) },
            ])
        }
        return .object(
            members + [JSONMember("tickets", .array(tickets)), JSONMember("manual_fixes", .array(fixes))]
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
        if let fault = session.fault {
            lines.append("Failed: \(TextTable.printable(fault.userMessage)) (\(fault.category.rawValue))")
            lines += fault.recoveryActions.map { "  • \(TextTable.printable($0))" }
        }
        if !tickets.isEmpty { lines += ["", ticketTable] }
        if !fixes.isEmpty {
            lines += ["", "To mend by hand:"]
            lines += fixes.map { row in
                let place = row.issue?.key ?? Self.short(row.title)
                return "  \(TextTable.printable("\(place): \(row.fix.guidance)"))"
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func short(_ title: String) -> String {
        title.count > 60 ? title.prefix(59) + "…" : title
    }
}
