import ArgumentParser
import Console
import Record
import Secrets
import Settings
import TramlineModel

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Makes, lists and revokes the keys by which clients call the API.",
        subcommands: [KeysCreateCommand.self, KeysListCommand.self, KeysRevokeCommand.self]
    )
}

extension KeyScope: ExpressibleByArgument {}

/// A name of ours: what the record takes for a team, a key, a site.
struct RecordName: ExpressibleByArgument, Sendable {
    let text: String

    init?(argument: String) {
        guard (1...100).contains(argument.unicodeScalars.count),
            argument.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }),
            argument.first?.isWhitespace == false, argument.last?.isWhitespace == false
        else { return nil }
        text = argument
    }
}

struct KeysCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a key for a team, and prints it once.",
        discussion:
            "The team is made when it is new. The record keeps only a hash, so a lost key cannot be shown again."
    )

    @Option(help: "The team that the key speaks for, 1 to 100 characters.")
    var team: RecordName

    @Option(help: "What the key is for, as it stands in lists.")
    var name: RecordName

    @Option(help: "What the key allows: read, write. Repeat it for several.")
    var scope: [KeyScope] = KeyScope.allCases

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let key = APIKey.make()
        let id = KeyID()
        try await CommandRecord.with(try RecordSettings()) { pool in
            _ = try await KeyStore(pool: pool).create(
                id: id,
                team: team.text,
                name: name.text,
                prefix: key.prefix,
                hash: key.hash,
                scopes: KeyScope.allCases.filter(scope.contains)
            )
        }
        if output.json {
            print(
                JSONValue.members([
                    "id": .text(id), "key": .string(key.text.reveal()), "team": .string(team.text),
                    "name": .string(name.text), "prefix": .string(key.prefix),
                    "scopes": Self.json(KeyScope.allCases.filter(scope.contains)),
                ]).text
            )
        } else {
            print(
                "\(key.text.reveal())\n\nThis is the key “\(name.text)” of \(team.text). It is not shown again: keep it now."
            )
        }
    }
}

extension KeysCreateCommand {
    static func json(_ scopes: [KeyScope]) -> JSONValue { .array(scopes.map { .string($0.rawValue) }) }
}

struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists keys by their prefixes; the keys themselves are not known."
    )

    @Option(help: "Only this team's keys.")
    var team: RecordName?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let keys = try await CommandRecord.with(try RecordSettings()) { pool in
            try await KeyStore(pool: pool).list(team: team?.text)
        }
        if output.json {
            let list = keys.map { key in
                JSONValue.members([
                    "id": .text(key.id), "team": .string(key.team), "name": .string(key.name),
                    "prefix": .string(key.prefix), "scopes": KeysCreateCommand.json(key.scopes),
                    "created_at": .time(key.createdAt),
                    "last_used_at": key.lastUsedAt.map(JSONValue.time), "revoked_at": key.revokedAt.map(JSONValue.time),
                ])
            }
            print(JSONValue.members(["keys": .array(list)]).text)
            return
        }
        guard !keys.isEmpty else { return print("There are no keys.") }
        let rows = keys.map { key in
            [
                key.id.description, key.team, key.name, "\(APIKey.mark)_\(key.prefix)_…",
                key.scopes.map(\.rawValue).joined(separator: ", "), key.createdAt.forTable,
                key.lastUsedAt?.forTable ?? "never", key.revokedAt.map { "revoked \($0.forTable)" } ?? "good",
            ]
        }
        print(TextTable(["ID", "TEAM", "NAME", "KEY", "MAY", "MADE", "LAST USED", "STATE"], rows).text)
    }
}

struct KeysRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes a key void, at once and for good."
    )

    @Argument(help: "The key's id, as in keys list.")
    var id: KeyID

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let revoked = try await CommandRecord.with(try RecordSettings()) { pool in
            try await KeyStore(pool: pool).revoke(id)
        }
        guard revoked else { throw CommandFault("there is no key \(id) that is still good") }
        print(
            output.json ? JSONValue.members(["id": .text(id), "revoked": .bool(true)]).text : "Revoked the key \(id)."
        )
    }
}

extension KeyID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
