import NIOCore
import NIOPosix

/// Stands between the clients and the server of a TCP protocol and does to their connections what a test says, at any moment.
///
///     try await FaultProxy.run(to: server.port) { proxy in
///         … clients connect to proxy.port …
///         await proxy.set(.hold)                      // the network is cut
///         try await proxy.traffic { $0.kept(.toServer) > 0 }
///         await proxy.set(.pass)                      // and mended: what was sent meanwhile arrives
///     }
///
/// A change holds for the connections that stand and for those to come, and is in force when the call returns. TCP's own
/// handshake is the kernel's: a connection is accepted whatever the flow is, unless the proxy refuses.
package final class FaultProxy: Sendable {
    /// Where clients connect, at 127.0.0.1.
    package let port: Int
    private let desk: ProxyDesk

    /// Runs a proxy for the length of `body`; afterwards all its connections have ended.
    ///
    /// - Parameter target: The server's port at 127.0.0.1. Nobody need listen there yet.
    package static func run<Result: Sendable>(
        to target: Int,
        _ body: @Sendable (FaultProxy) async throws -> Result
    ) async throws -> Result {
        let desk = ProxyDesk(target: target, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        let proxy = FaultProxy(port: try await desk.listen(on: 0), desk: desk)
        do {
            let result = try await body(proxy)
            await proxy.close()
            return result
        } catch {
            await proxy.close()
            throw error
        }
    }

    private init(port: Int, desk: ProxyDesk) {
        self.port = port
        self.desk = desk
    }

    private func close() async {
        await desk.stopListening()
        await resetConnections()
    }

    // MARK: Faults

    /// Says what becomes of bytes from now on, those that wait in the proxy included.
    ///
    /// - Parameter direction: nil for both.
    package func set(_ flow: Flow, _ direction: FlowDirection? = nil) async {
        await desk.onLoop { desk in
            for direction in direction.map({ [$0] }) ?? FlowDirection.allCases { desk.set(flow, direction) }
        }
    }

    /// Resets every connection that stands, at both ends.
    package func resetConnections() async {
        await desk.onLoop { desk in
            for connection in desk.connections { connection.reset() }
        }
    }

    /// Ends one direction of every connection that stands, as if its sender had done so; the other one stays open.
    package func closeHalf(_ direction: FlowDirection) async {
        await desk.onLoop { desk in
            for connection in desk.connections { connection.closeHalf(direction) }
        }
    }

    /// Refuses new connections, as a port on which nobody listens. Those that stand go on.
    package func refuse() async { await desk.stopListening() }

    /// Takes connections again.
    package func accept() async throws { _ = try await desk.listen(on: port) }

    /// Leads new connections to another port, as a name does after a fail-over. Those that stand go on.
    package func redirect(to target: Int) async {
        await desk.onLoop { $0.redirect(to: target) }
    }

    // MARK: Looking

    /// What has gone through so far.
    package var traffic: ProxyTraffic { desk.watch.traffic }

    /// Waits until the traffic satisfies a condition, which is tried after every change. The test's time limit is the deadline.
    @discardableResult
    package func traffic(until condition: @escaping @Sendable (ProxyTraffic) -> Bool) async throws -> ProxyTraffic {
        try await desk.watch.wait(until: condition)
    }
}
