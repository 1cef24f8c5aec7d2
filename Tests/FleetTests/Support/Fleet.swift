import FaultProxy
import Foundation
import JiraSimulator
import Postgres
import Redis
import Synchronization
import TestEquipment
import Testing

/// An API and some workers as real processes, with a database and a Redis of their own, and a simulated Jira.
final class Fleet: Sendable {
    /// How a fleet is set up.
    struct Options: Sendable {
        var workers = 2
        var spacing = 0.1
        /// `JOB_LEASE_SECONDS`; nil for the default.
        var lease: Int?
        var sites = ["acme"]
        /// How long an answer of Jira takes.
        var latency = Duration.milliseconds(10)
        /// The largest file that Jira takes, in bytes.
        var uploadLimit = 10 << 20
        /// The file that gets Jira's journal, with bodies, as lines of JSON.
        var journal: String?
        /// How much of each body the journal keeps, where it has no file.
        var journaledBody = 0
        /// Whether PostgreSQL is a server of the fleet's own, which may be crashed.
        var ownPostgres = false
        /// Whether the processes reach PostgreSQL, Redis and Jira through proxies that may misbehave.
        var proxied = false
        /// Further variables.
        var environment: [String: String] = [:]
    }

    let options: Options
    let jira: JiraSimulator
    let servers: FleetServers
    /// Where the fleet was asked for with them.
    let proxies: FleetProxies?
    let port: Int
    private let watchdog: Watchdog
    private let state = Mutex(State())

    private struct State {
        var processes: [FleetProcess] = []
        var workers: [FleetProcess] = []
        var api: FleetProcess?
        var key = ""
        var workersStarted = 0
    }

    // MARK: Running

    /// Runs a fleet for the length of `body`. Whatever happens, every process has ended afterwards; when something is thrown,
    /// all that they said is printed.
    static func run(
        _ options: Options = Options(),
        _ body: @Sendable (Fleet) async throws -> Void
    ) async throws {
        try await Turnstile.fleets.withPlace {
            try await FleetServers.run(options) { servers in try await run(options, servers, body) }
        }
    }

    private static func run(
        _ options: Options,
        _ servers: FleetServers,
        _ body: @Sendable (Fleet) async throws -> Void
    ) async throws {
        let configuration = JiraSimulator.Configuration(
            sites: options.sites.map { SiteConfiguration(name: $0, limits: nil, uploadLimit: options.uploadLimit) },
            latency: options.latency,
            journalFile: options.journal,
            journaledBody: options.journal == nil ? options.journaledBody : 1 << 20
        )
        try await JiraSimulator.run(configuration) { jira in
            try await FleetProxies.run(options, servers, jira) { proxies in
                let fleet = try Fleet(options, servers, jira: jira, proxies: proxies)
                do {
                    try await fleet.begin()
                    try await body(fleet)
                    // Whatever has befallen them, all that the processes changed is known to be theirs.
                    try #require(try await anonymousChanges(in: servers.pool) == [])
                } catch {
                    fleet.printLogs(because: error)
                    await fleet.end()
                    throw error
                }
                await fleet.end()
            }
        }
    }

    private init(_ options: Options, _ servers: FleetServers, jira: JiraSimulator, proxies: FleetProxies?) throws {
        self.options = options
        self.servers = servers
        self.jira = jira
        self.proxies = proxies
        self.port = try FreePort.find()
        self.watchdog = try Watchdog()
    }
}

extension Fleet {
    /// The address of the API.
    var url: String { "http://127.0.0.1:\(port)" }

    var redis: PrivateRedis { servers.redis }
    /// Reaches Redis past any proxy.
    var redisClient: RedisClient { servers.redisClient }
    /// Reaches the record past any proxy.
    var pool: PostgresPool { servers.pool }

    /// The team's key.
    var key: String { state.withLock { $0.key } }

    /// The API that runs.
    var api: FleetProcess? { state.withLock { $0.api } }

    /// The workers that were started, in that order; ended ones included.
    var workers: [FleetProcess] { state.withLock { $0.workers } }

    /// The API and the workers, also those that have ended.
    var processes: [FleetProcess] { state.withLock { $0.processes } }

    // MARK: Processes

    /// Where the executables are: `TRAMLINE_TEST_BUILD`, or else beside the tests' own.
    private static let folder: URL =
        if let folder = ProcessInfo.processInfo.environment["TRAMLINE_TEST_BUILD"] {
            URL(filePath: folder)
        } else {
            URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        }

    private var environment: [String: String] {
        var environment = [
            "DATABASE_URL": address(servers.databaseURL, by: proxies?.postgres),
            "REDIS_URL": address(redis.url, by: proxies?.redis),
            "TRAMLINE_SECRET_KEY": Data((0..<32).map { UInt8($0) }).base64EncodedString(),
            "TRAMLINE_PORT": "\(port)",
            "TRAMLINE_ALLOW_INSECURE_JIRA": "true",
            "JIRA_SPACING_SECONDS": "\(options.spacing)",
            "JIRA_REQUEST_TIMEOUT_SECONDS": "3",
            "JIRA_SETTLE_SECONDS": "2",
            "JIRA_TOKEN": "simulated-token",
            "LOG_LEVEL": "info",
        ]
        if let lease = options.lease { environment["JOB_LEASE_SECONDS"] = "\(lease)" }
        if !key.isEmpty { environment["TRAMLINE_KEY"] = key }
        return environment.merging(options.environment) { $1 }
    }

    /// How long a worker waits for an answer of Jira, in seconds.
    var requestTimeout: Double { environment["JIRA_REQUEST_TIMEOUT_SECONDS"].flatMap { Double($0) } ?? 30 }

    /// The address as the processes get it.
    private func address(_ url: String, by proxy: FaultProxy?) -> String {
        guard let proxy, var components = URLComponents(string: url) else { return url }
        components.port = proxy.port
        return components.string ?? url
    }

    private func start(
        _ name: String,
        _ executable: String,
        _ arguments: [String],
        environment more: [String: String] = [:]
    ) throws -> FleetProcess {
        let file = Self.folder.appending(path: executable)
        let path = file.path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw FleetFault("there is no executable \(path); build it, or set TRAMLINE_TEST_BUILD")
        }
        let process = try FleetProcess(
            name,
            file,
            arguments,
            environment: environment.merging(more) { $1 }
        )
        try watchdog.watch(process)
        state.withLock { $0.processes.append(process) }
        return process
    }

    /// Starts a worker and waits until it runs.
    /// - Parameter environment: Variables of this one alone.
    @discardableResult
    func startWorker(environment: [String: String] = [:]) async throws -> FleetProcess {
        let number = state.withLock { state in
            state.workersStarted += 1
            return state.workersStarted
        }
        let worker = try start("worker \(number)", "tramline-worker", ["run"], environment: environment)
        state.withLock { $0.workers.append(worker) }
        try await worker.line(containing: "A worker starts")
        return worker
    }

    /// Starts the API in place of the one that runs, if one does.
    /// - Parameter environment: Variables of this one alone.
    @discardableResult
    func restartAPI(environment: [String: String] = [:]) async throws -> FleetProcess {
        if let old = state.withLock({ $0.api }) {
            old.signal(SIGKILL)
            _ = try await old.ended()
        }
        let api = try start("api", "tramline-api", ["serve"], environment: environment)
        state.withLock { $0.api = api }
        try await api.line(containing: "listening")
        return api
    }

    /// Runs a command of `tramline-api` to its end.
    /// - Returns: What it printed.
    func command(_ arguments: String...) async throws -> String {
        let process = try start("tramline-api \(arguments.prefix(2).joined(separator: " "))", "tramline-api", arguments)
        let (end, output) = try await process.finished()
        guard end == .exit(0) else { throw FleetFault("tramline-api \(arguments) ended with \(end): \(output)") }
        return output
    }

    private struct CreatedKey: Decodable { let key: String }

    private func begin() async throws {
        _ = try await command("migrate")
        let key = try await command("keys", "create", "--team", "acme", "--name", "fleet", "--json")
        let created = try JSONDecoder().decode(CreatedKey.self, from: Data(key.utf8))
        state.withLock { $0.key = created.key }
        for site in options.sites {
            _ = try await command(
                "integrations",
                "add",
                "--team",
                "acme",
                "--site",
                site,
                "--base-url",
                address(jira.baseURL(of: site), by: proxies?.jira),
                "--email",
                "bot@acme.example",
                "--api-token-env",
                "JIRA_TOKEN"
            )
        }
        try await restartAPI()
        for _ in 0..<options.workers { try await startWorker() }
    }

    /// Kills all that is left, and waits for it.
    private func end() async {
        let processes = state.withLock { $0.processes }
        for process in processes { process.signal(SIGKILL) }
        for process in processes {
            // Cancellation of the test ends the wait, not the processes' end: they were killed.
            _ = try? await process.ended()
        }
        watchdog.end()
    }

    private func printLogs(because error: any Error) {
        var text = "The fleet's logs, because of: \(error)\n"
        for process in state.withLock({ $0.processes }) {
            text += "=== \(process.name), process \(process.pid)\n"
            text += process.log.split(separator: "\n").suffix(200).joined(separator: "\n") + "\n"
        }
        text += "=== the journal of Jira\n"
        for entry in jira.journal().suffix(200) {
            text +=
                "\(entry.sequence) \(entry.arrived.monotonic / 1000) ms \(entry.site) \(entry.method) \(entry.path) "
            text += "\(entry.outcome.rawValue) \(entry.status ?? 0) in flight \(entry.inFlight) \(entry.title ?? "")\n"
        }
        FileHandle.standardError.write(Data(text.utf8))
    }
}
