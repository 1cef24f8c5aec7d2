import ArgumentParser
import Console
import Record
import Secrets
import Settings
import TramlineModel

struct IntegrationsCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks that integrations are complete and that their secrets open.",
        discussion: """
            Fails when one of them could not be used. Nothing is sent to Jira: whether it takes the token shows \
            in the first export.
            """
    )

    @Option(help: "Only this team's integrations.")
    var team: RecordName?

    @Option(help: "Only integrations of this name.")
    var site: RecordName?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try SealingSettings()
        let rows = try await CommandRecord.with(settings.record) { pool in
            try await IntegrationStore(pool: pool).list(team: team?.text)
        }.filter { site == nil || $0.integration.site == site?.text }
        guard !rows.isEmpty else { throw CommandFault("there is no such integration") }
        let box = SecretBox(key: settings.secretKey)
        let problems = rows.map {
            Self.problem(of: $0.integration, box: box, allowInsecure: settings.allowInsecureJira)
        }
        if output.json {
            let list = zip(rows, problems).map { row, problem in
                JSONValue.members([
                    "team": .string(row.team), "site": .string(row.integration.site), "ok": .bool(problem == nil),
                    "problem": problem.map(JSONValue.string),
                ])
            }
            print(JSONValue.members(["integrations": .array(list)]).text)
        } else {
            let cells = zip(rows, problems).map { [$0.team, $0.integration.site, $1 ?? "good"] }
            print(TextTable(["TEAM", "SITE", "STATE"], cells).text)
        }
        guard problems.allSatisfy({ $0 == nil }) else { throw ExitCode.failure }
    }

    /// What keeps an integration from being used; `nil` when nothing does.
    static func problem(of row: Integration, box: SecretBox, allowInsecure: Bool) -> String? {
        if let reason = row.parkedReason { return "parked: \(reason)" }
        do {
            let address = try SiteAddress(row.baseURL, allowInsecure: allowInsecure)
            // OAuth's requests go through Atlassian's gateway, so their gate is that of the browsers' address.
            if row.authKind == .apiToken, address.gate != row.gate {
                return "its gate \(row.gate) is not the one of its address; add it again"
            }
            _ = try box.open(row.sealedSecret, in: .integration(row.id.description))
            return nil
        } catch let error as SecretsError {
            return error.message
        } catch {
            return "\(error)".replacing("--base-url", with: "its address")
        }
    }
}
