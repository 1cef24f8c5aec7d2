import ArgumentParser
import Console
import Logging
import Record
import Secrets
import Settings
import TramlineModel

struct IntegrationsAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds a team's Jira site, or replaces its address and credential.",
        discussion: """
            With an API token: --site, --base-url, --email and --api-token-env. The token is sealed with \
            TRAMLINE_SECRET_KEY before it is stored. Nothing is sent to Jira: integrations check asks whether it takes the token.

            With OAuth 2.0 (3LO): --oauth. It prints an address of Atlassian's, good for ten minutes and once, that the person \
            opens whose access is meant; the API at TRAMLINE_PUBLIC_URL does the rest. Give the address to nobody else: whoever \
            consents there connects their own sites to the team.

            The team is made when it is new. An integration that was parked becomes active again.
            """
    )

    @Option(help: "The team that may use the site.")
    var team: RecordName

    @Flag(help: "Ask for a person's consent instead of storing an API token.")
    var oauth = false

    @Option(help: "The team's name for the site, as in an import's \"site\".")
    var site: RecordName?

    @Option(help: "The site's address, such as https://acme.atlassian.net.")
    var baseURL: String?

    @Option(help: "The e-mail address of the account that the token belongs to.")
    var email: String?

    @Option(help: ArgumentHelp("The environment variable that holds the API token.", valueName: "variable"))
    var apiTokenEnv: String?

    @OptionGroup var output: OutputOptions

    /// What an API token needs besides itself.
    private struct TokenOptions {
        let site: String
        let baseURL: String
        let email: String
        let variable: String
    }

    func validate() throws {
        if let email {
            guard email.utf8.count <= 255, email.contains("@"), !email.contains(":"),
                email.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control && $0 != " " })
            else { throw ValidationError("--email is not an e-mail address") }
        }
        let given: [(String, Bool)] = [
            ("--site", site != nil), ("--base-url", baseURL != nil), ("--email", email != nil),
            ("--api-token-env", apiTokenEnv != nil),
        ]
        if oauth, let extra = given.first(where: \.1) {
            throw ValidationError("\(extra.0) does not go with --oauth: Atlassian says which sites there are")
        }
        if !oauth, let missing = given.first(where: { !$0.1 }) {
            throw ValidationError("\(missing.0) is missing; or use --oauth")
        }
    }

    func run() async throws {
        if oauth { return try await begin() }
        guard let site, let baseURL, let email, let apiTokenEnv else {
            preconditionFailure("the options were validated")
        }
        try await store(
            TokenOptions(site: site.text, baseURL: baseURL, email: email, variable: apiTokenEnv)
        )
    }

    // MARK: OAuth

    private func begin() async throws {
        let settings = try ConsentSettings()
        let begun = try await CommandRecord.with(settings.sealing.record) { pool in
            let desk = ConsentDesk(
                configuration: ConsentDesk.Configuration(
                    clientID: settings.oauth.id,
                    serverURL: settings.atlassianAuthURL,
                    publicURL: settings.publicURL
                ),
                consents: ConsentStore(pool: pool),
                box: SecretBox(key: settings.sealing.secretKey)
            )
            return try await desk.begin(for: try await KeyStore(pool: pool).team(named: team.text), by: .commandLine)
        }
        let seconds = Int(begun.lifetime.inSeconds)
        print(
            output.json
                ? JSONValue.members([
                    "team": .string(team.text), "authorization_url": .string(begun.address),
                    "expires_in_seconds": .integer(seconds),
                ]).text
                : """
                Open this within \(seconds / 60) minutes, as the person whose access is meant:

                \(begun.address)

                When Atlassian has sent the browser back, the sites of \(team.text) are in: tramline-api integrations list
                """
        )
    }

    // MARK: An API token

    private func store(_ options: TokenOptions) async throws {
        let settings = try SealingSettings()
        let address = try SiteAddress(options.baseURL, allowInsecure: settings.allowInsecureJira)
        let token = try CommandEnvironment.secret(in: options.variable, is: "the API token")
        let box = SecretBox(key: settings.secretKey)
        let (integration, isNew) = try await CommandRecord.with(settings.record) { pool in
            try await IntegrationStore(pool: pool).put(team: team.text, site: options.site) { id, team in
                Integration(
                    id: id,
                    team: team,
                    site: options.site,
                    baseURL: address.url,
                    browseURL: address.url,
                    gate: address.gate,
                    authKind: .apiToken,
                    accountEmail: options.email,
                    sealedSecret: try box.seal(token, in: .integration(id.description))
                )
            }
        }
        if output.json {
            print(
                JSONValue.members([
                    "id": .text(integration.id), "team": .string(team.text), "site": .string(options.site),
                    "base_url": .string(address.url), "created": .bool(isNew),
                ]).text
            )
        } else {
            let what = isNew ? "Added" : "Replaced"
            print("\(what) the integration \(options.site) of \(team.text): \(address.url) as \(options.email).")
        }
    }
}
