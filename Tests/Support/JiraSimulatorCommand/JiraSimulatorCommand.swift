import ArgumentParser
import Foundation
import JiraSimulator
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a simulated Jira until a signal stops it.
@main
struct JiraSimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jira-simulator",
        abstract: "A strict, scriptable Jira Cloud for tests and demonstrations.",
        discussion: """
            Prints one line, `listening on http://HOST:PORT`, when it is ready; stops on SIGTERM or SIGINT.
            The journal of all requests is at /_simulator/journal, its figures at /_simulator/summary, faults are set at
            /_simulator/faults. Several sites answer at /site/NAME each, the first at / as well.
            """
    )

    @Option(help: "Where to listen.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes a free one.")
    var port = 0

    @Option(name: .customLong("site"), help: "A site's name; may be given several times.")
    var sites: [String] = ["acme"]

    @Option(
        name: .customLong("project"),
        help: "A project's key, for every site or as SITE/KEY for one; may be given several times."
    )
    var projects: [String] = ["PROJ"]

    @Option(help: "The e-mail address of the account that comes in.")
    var email = "bot@acme.example"

    @Option(help: "The environment variable that holds its API token; without it the token is `simulated-token`.")
    var tokenEnv: String?

    @Option(help: "The environment variable that holds a bearer token for the gateway.")
    var bearerEnv: String?

    @Option(
        name: .customLong("user"),
        help: "A further person as `e-mail=Display Name`; may be given several times."
    )
    var users: [String] = []

    @Option(
        name: .customLong("sprint"),
        help: "A sprint as `ID=Name=closed|active|future`, instead of the usual three; may be given several times."
    )
    var sprints: [String] = []

    @Option(help: "The file in which the journal is kept as lines of JSON; it is emptied first.")
    var journal: String?

    @Option(help: "The largest body that the journal keeps, in bytes; 0 keeps none.")
    var journalBodies = 0

    @Option(help: "How long an answer takes, in milliseconds.")
    var latencyMs = 20

    @Option(help: "How long a change takes to show in searches, in milliseconds: N, or N-M for a drawn number.")
    var indexLagMs = "0"

    @Option(name: .customLong("fault"), help: "A fault as JSON; may be given several times.")
    var faults: [String] = []

    @Option(help: "Points an hour for bearers; without it there is no quota.")
    var pointsPerHour: Int?

    @Flag(help: "Takes `labels` off the create screens.")
    var noLabels = false

    @Flag(help: "Switches all rate limits off.")
    var noRateLimits = false

    @Option(help: "A note that the summary repeats, such as the spacing that the client was set to.")
    var spacingNote: String?

    func run() async throws {
        let configuration = try configuration()
        let logger = Logger(label: "jira-simulator")
        let service = try JiraSimulator.SimulatorService(configuration) { simulator in
            print("listening on \(simulator.baseURL)")
            // Whoever waits for the line must see it though the output is a pipe.
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await group.run()
    }

    private func configuration() throws -> JiraSimulator.Configuration {
        let people = try self.people()
        let credentials = try self.credentials(of: people[0])
        let sprints = try self.sprints.isEmpty ? SimulatedSprint.defaults : self.sprints.map { try Self.sprint($0) }
        var limits: RateLimits? = noRateLimits ? nil : RateLimits()
        limits?.pointsPerHour = pointsPerHour
        return JiraSimulator.Configuration(
            host: host,
            port: port,
            sites: try sites.map { site in
                SiteConfiguration(
                    name: site,
                    projects: keys(of: site).map { key in
                        ProjectConfiguration(key: key, labelsOnScreen: !noLabels, sprints: sprints)
                    },
                    users: people,
                    credentials: credentials,
                    limits: limits,
                    indexLag: try Self.range(indexLagMs)
                )
            },
            latency: .milliseconds(latencyMs),
            journalFile: journal,
            journaledBody: journalBodies,
            note: spacingNote,
            faults: try faults.map { text in
                do {
                    return try Fault(json: try JSON(parsing: text))
                } catch {
                    throw ValidationError("--fault \(text): \(error)")
                }
            }
        )
    }

    private func keys(of site: String) -> [String] {
        projects.compactMap { project in
            let halves = project.split(separator: "/")
            return halves.count == 1 ? project : halves[0] == site ? String(halves[1]) : nil
        }
    }

    private func people() throws -> [SimulatedUser] {
        var people = SimulatedUser.defaults
        people[0].email = email
        for (index, text) in users.enumerated() {
            let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2 else { throw ValidationError("--user \(text): not of the form e-mail=Name") }
            people.append(
                SimulatedUser(accountID: "712020:user-\(index + 1)", displayName: halves[1], email: halves[0])
            )
        }
        return people
    }

    private func credentials(of user: SimulatedUser) throws -> [Credential] {
        func secret(_ name: String?, _ standard: String) throws -> String {
            guard let name else { return standard }
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw ValidationError("the environment variable \(name) is not set")
            }
            return value
        }
        return [
            Credential(
                .basic(email: email),
                token: try secret(tokenEnv, "simulated-token"),
                accountID: user.accountID
            ),
            Credential(.bearer, token: try secret(bearerEnv, "simulated-bearer"), accountID: user.accountID),
        ]
    }

    private static func sprint(_ text: String) throws -> SimulatedSprint {
        let parts = text.split(separator: "=", maxSplits: 2).map(String.init)
        guard parts.count == 3, let id = Int(parts[0]), ["closed", "active", "future"].contains(parts[2]) else {
            throw ValidationError("--sprint \(text): not of the form ID=Name=closed|active|future")
        }
        return SimulatedSprint(id: id, name: parts[1], state: parts[2])
    }

    private static func range(_ text: String) throws -> ClosedRange<Int> {
        let bounds = text.split(separator: "-").compactMap { Int($0) }
        guard let low = bounds.first, let high = bounds.last, low <= high, bounds.count <= 2 else {
            throw ValidationError("--index-lag-ms \(text): not of the form N or N-M")
        }
        return low...high
    }
}
