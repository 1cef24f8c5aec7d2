import ArgumentParser
import Console
import Foundation
import Record
import TramlineModel

struct SessionsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the team's sessions, newest first, and how far each is."
    )

    @OptionGroup var key: KeyOptions

    @Option(help: "How many at most, 1 to 1000.")
    var limit = 50

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
    }

    func run() async throws {
        let summaries = try await CommandRecord.with(keyIn: key.keyEnv, for: .read) { pool, owner in
            try await SessionStore(pool: pool).summaries(team: owner.team, limit: limit)
        }
        if output.json {
            let list = summaries.map { summary in
                SessionView.json(
                    summary.session,
                    exported: summary.exportedTickets,
                    failed: summary.failedTickets,
                    fixes: summary.manualFixes
                )
            }
            print(JSONValue.members(["sessions": .array(list)]).text)
        } else if summaries.isEmpty {
            print("There are no sessions.")
        } else {
            let head = [
                "ID", "STATUS", "IN JIRA", "FAILED", "TO MEND", "RETRIES", "SITE", "PROJECT", "IMPORTED", "NAME",
            ]
            print(TextTable(head, summaries.map(Self.row)).text)
        }
    }

    private static func row(_ summary: SessionSummary) -> [String] {
        let session = summary.session
        return [
            session.id.description, session.status.rawValue, "\(summary.exportedTickets)/\(session.totalTickets)",
            String(summary.failedTickets), String(summary.manualFixes),
            "\(session.retryCount)/\(SessionRow.maximumRetries)", session.site, session.projectKey,
            session.createdAt.forTable, session.name ?? "",
        ]
    }
}

struct SessionsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a session: how far it is, what failed, what to mend by hand, and what to do next."
    )

    @Argument(help: "The session's id.")
    var id: SessionID

    @OptionGroup var key: KeyOptions

    @Flag(help: "Only the table of tickets.")
    var table = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if table, output.json { throw ValidationError("--table and --json exclude each other") }
    }

    func run() async throws {
        let view = try await CommandRecord.with(keyIn: key.keyEnv, for: .read) { pool, owner in
            guard let export = try await SessionStore(pool: pool).view(of: id, team: owner.team) else {
                throw CommandFault("there is no session \(id)")
            }
            let exports = ExportStore(pool: pool)
            return SessionView(
                export: export,
                tickets: try await exports.tickets(of: id, on: pool),
                failures: try await exports.failures(of: id),
                fixes: try await exports.fixes(of: id)
            )
        }
        if output.json {
            print(view.json.text)
        } else {
            print(table ? view.ticketTable : view.text)
        }
    }
}
