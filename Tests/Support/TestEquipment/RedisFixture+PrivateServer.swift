import Foundation
import Redis
import Synchronization

/// A Redis server of the test's own, on a free port and in a temporary folder, that may be killed, paused and restarted.
///
/// It saves nothing: after ``restart()`` it is empty, as after a loss of all data.
package final class PrivateRedis: Sendable {
    package let port: Int
    private let folder: URL
    private let password: String?
    private let usesTLS: Bool
    private let process: Mutex<Process?>

    package var url: String {
        let account = password.map { ":\($0)@" } ?? ""
        return usesTLS
            ? "rediss://\(account)localhost:\(port)/?ca_file=\(certificate)"
            : "redis://\(account)127.0.0.1:\(port)"
    }

    /// Runs a server for the length of `body`.
    ///
    /// - Parameters:
    ///   - password: What the server asks for, if anything: letters and digits.
    ///   - usesTLS: Whether it speaks TLS only, with a certificate of its own for `localhost`.
    package static func run<Result: Sendable>(
        password: String? = nil,
        usesTLS: Bool = false,
        _ body: @Sendable (PrivateRedis) async throws -> Result
    ) async throws -> Result {
        let server = try PrivateRedis(password: password, usesTLS: usesTLS)
        defer { server.remove() }
        try await server.start()
        return try await body(server)
    }

    private init(password: String?, usesTLS: Bool) throws {
        port = try FreePort.find()
        folder = FileManager.default.temporaryDirectory.appending(path: "tramline-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.password = password
        self.usesTLS = usesTLS
        process = Mutex(nil)
        if usesTLS { try makeCertificate() }
    }

    private var certificate: String { folder.appending(path: "certificate.pem").path(percentEncoded: false) }
    private var key: String { folder.appending(path: "key.pem").path(percentEncoded: false) }

    private func makeCertificate() throws {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw CertificateFailed() }
    }

    private struct CertificateFailed: Error {}

    /// Starts the server and returns when it answers.
    package func start() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "redis-server", usesTLS ? "--tls-port" : "--port", "\(port)", "--bind", "127.0.0.1", "--dir",
                folder.path(percentEncoded: false), "--save", "", "--appendonly", "no",
                // Tests ask for digests of all that it holds.
                "--enable-debug-command", "yes",
                // They wait for what changes in it.
                "--notify-keyspace-events", "KA",
                "--logfile", folder.appending(path: "log").path(percentEncoded: false),
            ] + (usesTLS ? tlsArguments : []) + (password.map { ["--requirepass", $0] } ?? [])
        try process.run()
        self.process.withLock { $0 = process }
        try await withRedisClient(url: url) { client in
            try await client.ping(timeout: .seconds(10))
        }
    }

    private var tlsArguments: [String] {
        [
            "--port", "0", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate,
            "--tls-auth-clients", "no",
        ]
    }

    /// Ends the server at once, as a crash would.
    package func kill() {
        signal(SIGKILL)
        process.withLock { $0.take() }?.waitUntilExit()
    }

    /// Starts it anew on the same port, with nothing in it.
    package func restart() async throws {
        kill()
        try await start()
    }

    /// Stops it from answering while its connections stand; ``resume()`` lets it go on.
    package func pause() { signal(SIGSTOP) }

    package func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        process.withLock { process in
            guard let process, process.isRunning else { return }
            // The process is our child and has not been waited for, so the number is still its own.
            _ = Glibc.kill(process.processIdentifier, number)
        }
    }

    private func remove() {
        kill()
        // A folder that stays behind in the temporary one harms nobody.
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Finds a TCP port that nobody listens on now.
package enum FreePort {
    package static func find() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw POSIXError(.EMFILE) }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 ? getsockname(socket, address, &length) : -1
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRINUSE) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
