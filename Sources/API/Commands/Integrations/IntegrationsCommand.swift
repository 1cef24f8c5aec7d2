import ArgumentParser
import Console
import Record
import Settings
import TramlineModel

struct IntegrationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "integrations",
        abstract: "Keeps the teams' credentials for their Jira sites.",
        subcommands: [
            IntegrationsAddCommand.self, IntegrationsListCommand.self, IntegrationsCheckCommand.self,
            IntegrationsRemoveCommand.self,
        ]
    )
}

struct IntegrationsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists integrations, without secrets."
    )

    @Option(help: "Only this team's integrations.")
    var team: RecordName?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let rows = try await CommandRecord.with(try RecordSettings()) { pool in
            try await IntegrationStore(pool: pool).list(team: team?.text)
        }
        if output.json {
            let list = rows.map { team, row in
                JSONValue.members([
                    "id": .text(row.id), "team": .string(team), "site": .string(row.site),
                    "base_url": .string(row.baseURL), "auth": .string(row.authKind.rawValue),
                    "email": row.accountEmail.map(JSONValue.string),
                    "state": .string(row.parkedReason == nil ? "active" : "parked"),
                    "parked_reason": row.parkedReason.map(JSONValue.string),
                ])
            }
            print(JSONValue.members(["integrations": .array(list)]).text)
            return
        }
        guard !rows.isEmpty else { return print("There are no integrations.") }
        let cells = rows.map { team, row in
            [
                team, row.site, row.baseURL, row.accountEmail ?? row.authKind.rawValue,
                row.parkedReason.map { "parked: \($0)" } ?? "active",
            ]
        }
        print(TextTable(["TEAM", "SITE", "ADDRESS", "ACCOUNT", "STATE"], cells).text)
    }
}

struct IntegrationsRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Removes an integration that no session uses."
    )

    @Option(help: "The team.")
    var team: RecordName

    @Option(help: "The team's name for the site.")
    var site: RecordName

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let removed = try await CommandRecord.with(try RecordSettings()) { pool in
            try await IntegrationStore(pool: pool).remove(team: team.text, site: site.text)
        }
        guard removed else { throw CommandFault("\(team.text) has no integration \(site.text)") }
        print(
            output.json
                ? JSONValue.members(["team": .string(team.text), "site": .string(site.text), "removed": .bool(true)])
                    .text
                : "Removed the integration \(site.text) of \(team.text)."
        )
    }
}
