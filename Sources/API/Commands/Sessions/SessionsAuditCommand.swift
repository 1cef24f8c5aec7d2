import ArgumentParser
import Console
import Foundation
import Record
import TramlineModel

struct SessionsAuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows what happened to a session: every change of state, with who, when and why.",
        discussion:
            "Oldest first. Entries are of the session, its tickets, its create requests (operations) and its jobs."
    )

    /// How many entries are read at once.
    private static let page = 1000

    @Argument(help: "The session's id.")
    var id: SessionID

    @OptionGroup var key: KeyOptions

    @Option(help: "Only the entries behind this one.")
    var after: Int64 = 0

    @Option(help: "Only the history of the ticket with this ref.")
    var ticket: String?

    @Flag(help: "Write each entry as a line of JSON.")
    var json = false

    func validate() throws {
        guard after >= 0 else { throw ValidationError("--after must be 0 or more") }
    }

    func run() async throws {
        try await CommandRecord.with(keyIn: key.keyEnv, for: .read) { pool, owner in
            guard try await SessionStore(pool: pool).find(id, team: owner.team, on: pool) != nil else {
                throw CommandFault("there is no session \(id)")
            }
            let store = AuditStore(pool: pool)
            var last = after
            var page: [AuditEntry]
            repeat {
                page = try await store.entries(of: id, after: last, limit: Self.page)
                for entry in page where ticket == nil || entry.ticketRef == ticket {
                    print(json ? Self.json(entry).text : Self.line(entry))
                }
                last = page.last?.id ?? last
            } while page.count == Self.page
        }
    }

    static func json(_ entry: AuditEntry) -> JSONValue {
        .members([
            "id": .integer(entry.id), "at": .string(entry.at.withMilliseconds),
            "entity": .string(entry.entity.rawValue), "entity_id": .string(entry.entityID.uuidString.lowercased()),
            "ticket_ref": entry.ticketRef.map(JSONValue.string), "actor": .string(entry.actor.rawValue),
            "from": entry.from.map(JSONValue.string), "to": .string(entry.to), "reason": .string(entry.reason),
        ])
    }

    static func line(_ entry: AuditEntry) -> String {
        let subject = [entry.entity.rawValue, entry.ticketRef].compactMap(\.self).joined(separator: " ")
        let change = entry.from.map { "\($0) → \(entry.to)" } ?? entry.to
        return TextTable.printable(
            "\(entry.at.withMilliseconds)  \(subject): \(change)  (\(entry.reason), by \(entry.actor))"
        )
    }
}
