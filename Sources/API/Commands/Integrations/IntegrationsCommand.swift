import ArgumentParser
import Console
import Record
import Secrets
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

struct IntegrationsAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds a team's Jira site, or replaces its address and token.",
        discussion: """
            The token is sealed with TRAMLINE_SECRET_KEY before it is stored. The team is made when it is new. An \
            integration that was parked becomes active again. Nothing is sent to Jira: \
            whether it takes the token shows in the first export.
            """
    )

    @Option(help: "The team that may use the site.")
    var team: RecordName

    @Option(help: "The team's name for the site, as in an import's \"site\".")
    var site: RecordName

    @Option(help: "The site's address, such as https://acme.atlassian.net.")
    var baseURL: String

    @Option(help: "The e-mail address of the account that the token belongs to.")
    var email: String

    @Option(help: ArgumentHelp("The environment variable that holds the API token.", valueName: "variable"))
    var apiTokenEnv: String

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard email.utf8.count <= 255, email.contains("@"), !email.contains(":"),
            email.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control && $0 != " " })
        else { throw ValidationError("--email is not an e-mail address") }
    }

    func run() async throws {
        let settings = try SealingSettings()
        let address = try SiteAddress(baseURL, allowInsecure: settings.allowInsecureJira)
        let token = try CommandEnvironment.secret(in: apiTokenEnv, is: "the API token")
        let box = SecretBox(key: settings.secretKey)
        let (integration, isNew) = try await CommandRecord.with(settings.record) { pool in
            try await IntegrationStore(pool: pool).put(team: team.text, site: site.text) { [site, email] id, team in
                Integration(
                    id: id,
                    team: team,
                    site: site.text,
                    baseURL: address.url,
                    browseURL: address.url,
                    gate: address.gate,
                    authKind: .apiToken,
                    accountEmail: email,
                    sealedSecret: try box.seal(token, in: .integration(id.description))
                )
            }
        }
        if output.json {
            print(
                JSONValue.members([
                    "id": .text(integration.id), "team": .string(team.text), "site": .string(site.text),
                    "base_url": .string(address.url), "created": .bool(isNew),
                ]).text
            )
        } else {
            let what = isNew ? "Added" : "Replaced"
            print("\(what) the integration \(site.text) of \(team.text): \(address.url) as \(email).")
        }
    }
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
