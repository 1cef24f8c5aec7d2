import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// A Jira Cloud for tests: strict, scripted, and with a memory of every request.
///
/// It speaks the platform's REST API v3 and the part of the Agile API that Tramline uses, refuses what Jira refuses, and can be told
/// to fail in the ways that matter for "exactly one ticket". In process:
///
///     try await JiraSimulator.run { jira in
///         jira.add(.creating(.dropAfterCommit, .nth(2)))
///         … requests to jira.baseURL …
///         #expect(jira.summary().sites["acme"]?.maxInFlight == 1)
///     }
///
/// The command `jira-simulator` offers the same over HTTP below `/_simulator`.
package final class JiraSimulator: Sendable {
    /// The first site's address, such as `http://127.0.0.1:40123`, without a slash at the end.
    package let baseURL: String
    private let server: SimulatorServer

    private init(baseURL: String, server: SimulatorServer) {
        self.baseURL = baseURL
        self.server = server
    }

    // MARK: Running

    /// Runs a simulator on a free port while `body` runs, and takes it down with every connection afterwards.
    ///
    /// - Throws: What `body` throws, or the reason why the port could not be bound.
    @discardableResult
    package static func run<Result: Sendable>(
        _ configuration: Configuration = Configuration(),
        _ body: (JiraSimulator) async throws -> Result
    ) async throws -> Result {
        let (started, start) = AsyncStream<JiraSimulator>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let service = try SimulatorService(configuration) { simulator in
            start.yield(simulator)
            start.finish()
        }
        let group = ServiceGroup(configuration: .init(services: [service], logger: quiet))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { start.finish() }
                try await group.run()
            }
            var simulator: JiraSimulator?
            for await running in started { simulator = running }
            guard let simulator else {
                try await tasks.waitForAll()
                throw CancellationError()
            }
            do {
                let result = try await body(simulator)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }

    private static var quiet: Logger {
        var logger = Logger(label: "jira-simulator") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }

    /// The simulator as a service of a group: it ends on graceful shutdown.
    package struct SimulatorService: Service {
        private let configuration: Configuration
        private let server: SimulatorServer
        private let onStart: @Sendable (JiraSimulator) async -> Void

        /// - Parameter onStart: Called once it listens.
        /// - Throws: When the journal's file cannot be made.
        package init(
            _ configuration: Configuration,
            onStart: @escaping @Sendable (JiraSimulator) async -> Void
        ) throws {
            var file: FileHandle?
            if let path = configuration.journalFile {
                let url = URL(fileURLWithPath: path)
                try Data().write(to: url)
                file = try FileHandle(forWritingTo: url)
            }
            self.configuration = configuration
            server = SimulatorServer(configuration, journal: Journal(file: file))
            self.onStart = onStart
        }

        package func run() async throws {
            let server = server
            let host = configuration.host
            let onStart = onStart
            let service = try HTTPServerBuilder.http1(
                configuration: .init(
                    additionalChannelHandlers: [JournalHandler(journal: server.journal, directory: server.directory)]
                )
            ).buildServer(
                configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
                // One loop: the order in which things come in on different connections is then one order.
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next(),
                logger: JiraSimulator.quiet
            ) { request, writer, channel in
                try await server.respond(to: request, writer, on: channel)
            } onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                await onStart(JiraSimulator(baseURL: "http://\(host):\(port)", server: server))
            }
            defer { server.journal.close() }
            try await service.run()
        }
    }

    // MARK: Addresses

    /// The address of a site; nil for the first.
    package func baseURL(of site: String) -> String {
        site == server.configuration.sites[0].name ? baseURL : "\(baseURL)/site/\(site)"
    }

    /// A site's address behind the gateway, for bearers.
    package func gatewayURL(of site: String? = nil) -> String {
        let configuration = server.configuration.sites.first { $0.name == site } ?? server.configuration.sites[0]
        return "\(baseURL)/ex/jira/\(configuration.cloudID)"
    }

    // MARK: Looking

    /// Every request so far, in the order of arrival. Commits that have become due are executed first.
    package func journal(site: String? = nil) -> [JournalEntry] {
        server.settleDue()
        return server.journal.entries.filter { site == nil || $0.site == site }
    }

    /// Waits until the journal satisfies a condition, such as "a create has arrived". The condition is tried after every change.
    ///
    /// - Throws: `CancellationError` when cancelled. There is no other deadline: give the test a time limit.
    @discardableResult
    package func journal(until condition: @escaping @Sendable ([JournalEntry]) -> Bool) async throws -> [JournalEntry] {
        try await server.journal.entries(until: condition)
    }

    /// The journal's figures.
    package func summary() -> JournalSummary {
        server.settleDue()
        return JournalSummary(server.journal.entries)
    }

    /// The issues that exist, in the order made, hidden ones included.
    package func issues(site: String? = nil) -> [SimulatedIssue] { server.issues(site: site) }

    /// The links that exist.
    package func links(site: String? = nil) -> [SimulatedLink] {
        server.links(site: site ?? server.configuration.sites[0].name)
    }

    /// Keys of issues that share a marker, by the marker: empty when every ticket was made once.
    package func duplicates(site: String? = nil) -> [String: [String]] { server.duplicates(site: site) }

    /// The marker of an issue.
    package func marker(of issue: SimulatedIssue) -> String? {
        server.boxes.values.first?.state.withLock { $0.marker(of: issue) }
    }

    // MARK: Changing

    /// Sets faults, after those already set.
    package func add(_ faults: Fault...) {
        server.plan.withLock { $0.add(faults) }
    }

    /// Takes all faults back.
    package func removeFaults() {
        server.plan.withLock { $0.removeAll() }
    }

    /// How often each fault has been applied, in the order set.
    package func appliedFaults() -> [(fault: Fault, applied: Int)] {
        server.plan.withLock { $0.faults }
    }

    /// Sets how long answers take from now on.
    package func setLatency(_ latency: Duration) {
        server.latency.withLock { $0 = latency }
    }

    /// Puts the clock of a site, or of all sites, ahead: delayed commits fall due, indexes catch up, limits recover, tokens run out.
    package func advance(by duration: Duration, site: String? = nil) {
        server.advance(milliseconds: duration.microseconds / 1000, site: site)
    }

    /// Stops the sites' clocks: from now on only ``advance(by:site:)`` moves them. The journal's clocks run on.
    package func stopClocks() {
        server.stopClocks()
    }

    /// Deletes an issue, as somebody in the browser would.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    package func delete(_ keyOrID: String, site: String? = nil) -> Bool {
        server.delete(keyOrID, site: site ?? server.configuration.sites[0].name)
    }

    /// Moves an issue to another project; the old key leads to it still.
    @discardableResult
    package func move(_ keyOrID: String, to project: String, site: String? = nil) -> Bool {
        server.move(keyOrID, to: project, site: site ?? server.configuration.sites[0].name)
    }

    /// Hides an issue from everybody, or shows it again.
    @discardableResult
    package func hide(_ keyOrID: String, _ isHidden: Bool = true, site: String? = nil) -> Bool {
        server.edit(keyOrID, site: site ?? server.configuration.sites[0].name) { $0.isHidden = isHidden }
    }

    /// Edits an issue: summary, status, labels.
    @discardableResult
    package func edit(
        _ keyOrID: String,
        summary: String? = nil,
        status: String? = nil,
        labels: [String]? = nil,
        site: String? = nil
    ) -> Bool {
        server.edit(keyOrID, site: site ?? server.configuration.sites[0].name) { issue in
            if let summary { issue.summary = summary }
            if let status { issue.status = status }
            if let labels { issue.labels = labels }
        }
    }

    /// Opens Atlassian's page as a person does.
    ///
    /// - Parameter address: The page's, as the app has made it.
    /// - Returns: Where the browser is sent back to; nil when the page shows an error instead.
    package func consent(at address: String) -> String? { server.consent(at: address) }

    /// Has the person take back what was granted to the app: no token of it is good any more.
    package func revokeGrants() {
        server.authorization.withLock { $0.revokeGrants() }
    }

    /// Has every access token run out; what refreshes them stays good.
    package func expireAccessTokens() {
        server.authorization.withLock { $0.expireAccessTokens() }
    }

    /// Whether a refresh token was issued and never used.
    package func isUnused(refreshToken: String) -> Bool {
        server.authorization.withLock { $0.isUnused(refreshToken) }
    }

    /// Changes how the authorization server behaves from now on.
    package func configureAuthorization(_ change: @Sendable (inout AuthorizationConfiguration) -> Void) {
        server.authorization.withLock { change(&$0.configuration) }
    }

    /// Makes a credential's token worthless from now on.
    package func revoke(token: String) {
        for box in server.boxes.values { box.state.withLock { _ = $0.revoked.insert(token) } }
    }
}
