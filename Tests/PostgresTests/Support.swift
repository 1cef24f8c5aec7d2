import Glibc
import Logging
import Postgres
import Synchronization
import TestEquipment
import Testing

/// A value that one task sets and another awaits.
final class Probe<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func set(_ value: Value) { continuation.yield(value) }

    var value: Value {
        get async {
            for await value in stream { return value }
            preconditionFailure("the probe's stream never ends")
        }
    }
}

/// Asks the server until it says yes; the test's time limit is the deadline.
func until(_ client: some PostgresClient, _ condition: PostgresQuery) async throws {
    while try await !client.query(condition).scalar(as: Bool.self) {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// A pool on the server's own database.
func withPostgresAdministration(_ body: (PostgresPool) async throws -> Void) async throws {
    let url = try #require(PostgresFixture.url)
    let pool = PostgresPool(
        configuration: try PostgresConfiguration(url: url, maximumConnections: 1),
        logger: PostgresFixture.logger
    )
    defer { pool.close() }
    try await body(pool)
}

/// Listens on a port of its own and never answers.
final class SilentServer: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) + listen(descriptor, 8) + getsockname(descriptor, $0, &size)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(code == 0)
    }

    deinit { close(descriptor) }
}
