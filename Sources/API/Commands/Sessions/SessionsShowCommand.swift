import ArgumentParser
import Console
import Foundation
import Record
import TramlineModel

struct SessionsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the team's sessions, newest first."
    )

    @OptionGroup var key: KeyOptions

    @Option(help: "How many at most, 1 to 1000.")
    var limit = 50

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
    }

    func run() async throws {
        let sessions = try await CommandRecord.with(keyIn: key.keyEnv, for: .read) { pool, owner in
            try await SessionStore(pool: pool).list(team: owner.team, limit: limit)
        }
        if output.json {
            print(JSONValue.members(["sessions": .array(sessions.map(SessionView.json))]).text)
        } else if sessions.isEmpty {
            print("There are no sessions.")
        } else {
            let rows = sessions.map { session in
                [
                    session.id.description, session.status.rawValue, String(session.totalTickets), session.site,
                    session.projectKey, session.createdAt.forTable, session.name ?? "",
                ]
            }
            print(TextTable(["ID", "STATUS", "TICKETS", "SITE", "PROJECT", "IMPORTED", "NAME"], rows).text)
        }
    }
}

struct SessionsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a session: its state, its tickets with their Jira keys, and what to mend by hand."
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
            guard let session = try await SessionStore(pool: pool).find(id, team: owner.team, on: pool) else {
                throw CommandFault("there is no session \(id)")
            }
            let export = ExportStore(pool: pool)
            return SessionView(
                session: session,
                tickets: try await export.tickets(of: id, on: pool),
                fixes: try await export.fixes(of: id)
            )
        }
        if output.json {
            print(view.json.text)
        } else {
            print(table ? view.ticketTable : view.text)
        }
    }
}
