import ArgumentParser
import Console
import Delivery
import Logging
import Postgres
import Record
import Secrets
import Settings
import TramlineModel

struct IntegrationsCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks that integrations are complete, that their secrets open and that Jira takes them.",
        discussion: """
            A worker asks Jira whose the credential is; this command never speaks to Jira itself. Without REDIS_URL, or without \
            a worker that answers within 25 s, that question stays open, which is said. Fails when an integration could not be \
            used, or nobody could tell.
            """
    )

    /// How long a worker may take.
    private static let patience = Duration.seconds(25)

    @Option(help: "Only this team's integrations.")
    var team: RecordName?

    @Option(help: "Only integrations of this name.")
    var site: RecordName?

    @Flag(help: "Ask no worker: check only what is stored.")
    var offline = false

    @OptionGroup var output: OutputOptions

    /// What was found out of one integration.
    private enum Finding {
        case good(SiteAccount?)
        /// It could not be used.
        case bad(String)
        /// All that is stored is good; whether Jira takes it is not known, for this reason.
        case unknown(String)

        var problem: String? {
            switch self {
            case .good: nil
            case .bad(let problem), .unknown(let problem): problem
            }
        }

        /// Whose the credential is, where Jira has said it.
        var account: SiteAccount? { if case .good(let account) = self { account } else { nil } }
        var wasAsked: Bool { account != nil }
    }

    func run() async throws {
        let settings = try CheckSettings()
        let (rows, findings) = try await CommandRecord.with(settings.sealing.record) { pool in
            let rows = try await IntegrationStore(pool: pool).list(team: team?.text)
                .filter { site == nil || $0.integration.site == site?.text }
            guard !rows.isEmpty else { throw CommandFault("there is no such integration") }
            return (rows, try await check(rows.map(\.integration), settings, pool))
        }
        if output.json {
            let list = zip(rows, findings).map { row, finding in
                JSONValue.members([
                    "team": .string(row.team), "site": .string(row.integration.site),
                    "ok": .bool(finding.problem == nil), "asked": .bool(finding.wasAsked),
                    "problem": finding.problem.map(JSONValue.string),
                    "account_id": finding.account.map { .string($0.accountId) },
                    "display_name": finding.account.map { .string($0.displayName) },
                ])
            }
            print(JSONValue.members(["integrations": .array(list)]).text)
        } else {
            let cells = zip(rows, findings).map { row, finding in
                [row.team, row.integration.site, Self.shown(finding)]
            }
            print(TextTable(["TEAM", "SITE", "STATE"], cells).text)
        }
        guard findings.allSatisfy({ $0.problem == nil }) else { throw ExitCode.failure }
    }

    private static func shown(_ finding: Finding) -> String {
        switch finding {
        case .good(let account): account.map { "good: Jira knows it as \($0.displayName)" } ?? "good"
        case .bad(let problem): problem
        case .unknown(let reason): "stored well; Jira was not asked: \(reason)"
        }
    }

    private func check(
        _ integrations: [Integration],
        _ settings: CheckSettings,
        _ pool: PostgresPool
    ) async throws -> [Finding] {
        let box = SecretBox(key: settings.sealing.secretKey)
        let stored = integrations.map {
            Self.problem(of: $0, box: box, allowInsecure: settings.sealing.allowInsecureJira)
        }
        if offline { return stored.map { $0.map(Finding.bad) ?? .good(nil) } }
        guard let queue = settings.queue else {
            return stored.map { $0.map(Finding.bad) ?? .unknown("REDIS_URL is not set, so no worker can be told") }
        }
        return try await CommandQueue.with(queue) { delivery in
            let inquiry = Inquiry(pool: pool, delivery: delivery, logger: Logger(label: "tramline-command"))
            var findings: [Finding] = []
            for (integration, problem) in zip(integrations, stored) {
                if let problem {
                    findings.append(.bad(problem))
                } else {
                    findings.append(await Self.ask(integration, inquiry))
                }
            }
            return findings
        }
    }

    private static func ask(_ integration: Integration, _ inquiry: Inquiry) async -> Finding {
        do {
            let end = try await inquiry.ask(
                SiteQuestion(.account, at: integration.id),
                of: integration,
                by: .commandLine,
                patience: patience
            )
            guard let end else { return .unknown("no worker answered within \(Int(patience.inSeconds)) s") }
            if let result = end.result { return .good(try AnswerJSON.decode(from: result)) }
            guard let fault = end.fault else { return .unknown("the question was called off") }
            return fault.category == .temporary ? .unknown(fault.userMessage) : .bad(fault.userMessage)
        } catch {
            return .unknown("\(error)")
        }
    }

    /// What keeps an integration from being used, as far as the record shows; `nil` when nothing does.
    static func problem(of row: Integration, box: SecretBox, allowInsecure: Bool) -> String? {
        if let reason = row.parkedReason { return "parked: \(reason)" }
        do {
            let address = try SiteAddress(row.baseURL, allowInsecure: allowInsecure)
            // OAuth's requests go through Atlassian's gateway, so their gate is that of the browsers' address.
            if row.authKind == .apiToken, address.gate != row.gate {
                return "its gate \(row.gate) is not the one of its address; add it again"
            }
            let place: SecretPlace = row.grant.map { .accessToken(ofGrant: "\($0)") } ?? .integration("\(row.id)")
            _ = try box.open(row.sealedSecret, in: place)
            return nil
        } catch let error as SecretsError {
            return error.message
        } catch {
            return "\(error)".replacing("--base-url", with: "its address")
        }
    }
}
