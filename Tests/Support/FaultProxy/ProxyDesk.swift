import NIOCore
import NIOPosix

/// The proxy's inside: its listener and its connections, all on one event loop, so that what a test says happens between two of
/// their events.
final class ProxyDesk: Sendable {
    /// What only the event loop touches.
    private struct State {
        var target: Int
        var listener: (any Channel)?
        var flows: [FlowDirection: Flow] = [:]
        var standing: [ObjectIdentifier: ProxiedConnection] = [:]
    }

    let watch = TrafficWatch()
    private let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    init(target: Int, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        state = .makeBoxSendingValue(State(target: target), eventLoop: eventLoop)
    }

    /// Does something between two events; it has been done when this returns.
    func onLoop(_ body: @escaping @Sendable (ProxyDesk) -> Void) async {
        // Its only error is an event loop that has been shut down, and this one runs as long as the process.
        try? await eventLoop.submit { body(self) }.get()
    }

    // MARK: On the loop

    var connections: [ProxiedConnection] { Array(state.value.standing.values) }

    func set(_ flow: Flow, _ direction: FlowDirection) {
        state.value.flows[direction] = flow
        for connection in connections { connection.set(flow, direction) }
    }

    func redirect(to target: Int) { state.value.target = target }

    // MARK: Listening

    /// Begins to listen, if it does not.
    /// - Returns: The port.
    func listen(on port: Int) async throws -> Int {
        let listener = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture { try self.accepted(client) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await eventLoop.submit { self.state.value.listener = listener }.get()
        return listener.localAddress?.port ?? port
    }

    func stopListening() async {
        // Both can only fail because it listens no more.
        let listener = try? await eventLoop.submit { self.state.value.listener.take() }.get()
        try? await listener?.close()
    }

    private func accepted(_ client: any Channel) throws {
        let flows = state.value.flows
        let watch = watch
        watch.change { traffic in
            traffic.made += 1
            traffic.open += 1
        }
        let connection = ProxiedConnection(
            client: client,
            toServer: flows[.toServer] ?? .pass,
            toClient: flows[.toClient] ?? .pass
        ) { [weak self] event in
            watch.change { $0.note(event) }
            if case .over(let id) = event { self?.state.value.standing[id] = nil }
        }
        state.value.standing[ObjectIdentifier(connection)] = connection
        try client.pipeline.syncOperations.addHandler(ProxyHandler(connection, .toServer))
        ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: state.value.target)
            .assumeIsolated()
            .whenComplete { result in
                do {
                    let server = try result.get()
                    try server.pipeline.syncOperations.addHandler(ProxyHandler(connection, .toClient))
                    connection.connected(to: server)
                } catch {
                    // Nobody is there: the client hears it as a reset, since its connection stands already.
                    connection.reset()
                }
            }
    }
}

extension ProxyTraffic {
    mutating func note(_ event: ProxiedConnection.Event) {
        switch event {
        case .took(let count, let direction): taken[direction, default: 0] += count
        case .gave(let count, let direction): given[direction, default: 0] += count
        case .over: open -= 1
        }
    }
}
