import Foundation
package import Postgres
import Synchronization

/// A PostgreSQL server of the test's own, on a free port and in a temporary folder, that may be crashed and restarted.
///
/// What it has answered for is kept through a crash of the server, as on a disk; a crash of the machine is not its matter.
package final class PrivatePostgres: Sendable {
    package let port: Int
    /// The most connections that it takes, the superuser's three included.
    package let connections: Int
    private let folder: URL
    private let process = Mutex<Process?>(nil)

    /// Where it is, for its superuser; no password is asked for.
    package var url: String { url(of: "tramline") }

    package func url(of role: String) -> String { "postgres://\(role)@127.0.0.1:\(port)/postgres" }

    /// Runs a server for the length of `body`.
    package static func run<Result: Sendable>(
        connections: Int = 100,
        _ body: @Sendable (PrivatePostgres) async throws -> Result
    ) async throws -> Result {
        let server = try PrivatePostgres(connections: connections)
        defer { server.remove() }
        try server.makeCluster()
        try await server.start()
        return try await body(server)
    }

    private init(connections: Int) throws {
        port = try FreePort.find()
        self.connections = connections
        // Not the environment's folder for temporary files: PostgreSQL runs under an account that may not get there.
        folder = URL(filePath: "/tmp/tramline-postgres-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    private var path: String { folder.path(percentEncoded: false) }

    /// The newest server that is installed.
    private static func program(_ name: String) throws -> String {
        let root = "/usr/lib/postgresql"
        // Where there is no such folder, the path may lead to the program.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newest = versions.compactMap { Int($0) }.max().map { "\(root)/\($0)/bin/\(name)" }
        return newest ?? name
    }

    /// As root, PostgreSQL's own account runs it: it refuses to be root.
    private func makeProcess(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let account =
            getuid() == 0 ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"] : []
        process.arguments = account + arguments
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    private func makeCluster() throws {
        if getuid() == 0 {
            let owner = Process()
            owner.executableURL = URL(filePath: "/usr/bin/env")
            owner.arguments = ["chown", "postgres:", path]
            try owner.run()
            owner.waitUntilExit()
        }
        let initdb = makeProcess([
            try Self.program("initdb"), "-D", path, "-U", "tramline", "-A", "trust", "-E", "UTF8", "--no-locale",
            "--no-sync",
        ])
        try initdb.run()
        initdb.waitUntilExit()
        guard initdb.terminationStatus == 0 else { throw ClusterFailed(status: initdb.terminationStatus) }
    }

    private struct ClusterFailed: Error {
        let status: Int32
    }

    /// Starts the server and returns when it answers.
    package func start() async throws {
        let settings = [
            "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=\(connections)",
            // Only a crash of the machine would miss these.
            "fsync=off", "full_page_writes=off",
        ]
        let server = makeProcess(
            [try Self.program("postgres"), "-D", path, "-p", "\(port)"] + settings.flatMap { ["-c", $0] }
        )
        try server.run()
        process.withLock { $0 = server }
        try await withPool { try await $0.ping() }
    }

    /// Lends a connection as the superuser; waits for one if the server is starting.
    package func withPool(_ body: (PostgresPool) async throws -> Void) async throws {
        let configuration = try PostgresConfiguration(url: url, maximumConnections: 1, acquireTimeout: .seconds(30))
        let pool = PostgresPool(configuration: configuration, logger: PostgresFixture.logger)
        defer { pool.close() }
        try await body(pool)
    }

    /// Ends it at once, as a crash would: `pg_ctl stop -m immediate`.
    package func crash() {
        signal(SIGQUIT)
        process.withLock { $0.take() }?.waitUntilExit()
    }

    private func signal(_ number: Int32) {
        process.withLock { process in
            guard let process, process.isRunning else { return }
            // The process is our child and has not been waited for, so the number is still its own.
            _ = Glibc.kill(process.processIdentifier, number)
        }
    }

    private func remove() {
        crash()
        // A folder that stays behind in the temporary one harms nobody.
        try? FileManager.default.removeItem(at: folder)
    }
}
