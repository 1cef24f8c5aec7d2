import NIOCore
import NIOPosix

/// One client's connection and the one to the server that was made for it. Used on their event loop only.
final class ProxiedConnection {
    /// What its owner hears.
    enum Event: Sendable {
        case took(Int, FlowDirection)
        case gave(Int, FlowDirection)
        case over(ObjectIdentifier)
    }

    /// What waits in one direction before its sender is no longer read from, so that it feels the jam as TCP would have it.
    private static let fullness = 1 << 20

    private let client: any Channel
    private var server: (any Channel)?
    private var toServer: FlowLine
    private var toClient: FlowLine
    /// Directions that have ended, and whose end has been told.
    private var ended: Set<FlowDirection> = []
    private var isOver = false
    private let report: (Event) -> Void

    private var eventLoop: any EventLoop { client.eventLoop }

    init(client: any Channel, toServer: Flow, toClient: Flow, report: @escaping (Event) -> Void) {
        self.client = client
        self.toServer = FlowLine(toServer)
        self.toClient = FlowLine(toClient)
        self.report = report
        change(.toClient) { $0.open(at: .now()) }
    }

    // MARK: From outside

    /// The server has accepted; what has come from the client meanwhile goes on.
    func connected(to server: any Channel) {
        guard !isOver else { return server.close(promise: nil) }
        self.server = server
        change(.toServer) { $0.open(at: .now()) }
    }

    func set(_ flow: Flow, _ direction: FlowDirection) {
        change(direction) { $0.set(flow, at: .now()) }
    }

    /// Ends one direction as if its sender had done so.
    func closeHalf(_ direction: FlowDirection) {
        change(direction) { $0.take(.end, at: .now()) }
    }

    /// Resets both ends.
    func reset() {
        guard !isOver else { return }
        isOver = true
        report(.over(ObjectIdentifier(self)))
        for channel in [client, server].compactMap(\.self) {
            // With no time to linger the kernel says RST instead of FIN. A channel that has closed meanwhile needs neither.
            (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .whenComplete { _ in channel.close(promise: nil) }
        }
    }

    // MARK: From the channels

    func received(_ item: FlowLine.Item, from direction: FlowDirection) {
        if case .bytes(let bytes) = item { report(.took(bytes.readableBytes, direction)) }
        change(direction) { $0.take(item, at: .now()) }
    }

    // MARK: Parts

    private func sender(of direction: FlowDirection) -> (any Channel)? { direction == .toServer ? client : server }

    private func receiver(of direction: FlowDirection) -> (any Channel)? { direction == .toServer ? server : client }

    private func change(_ direction: FlowDirection, _ body: (inout FlowLine) -> FlowLine.Output) {
        guard !isOver else { return }
        let output = direction == .toServer ? body(&toServer) : body(&toClient)
        var written = eventLoop.makeSucceededVoidFuture()
        for bytes in output.writes {
            report(.gave(bytes.readableBytes, direction))
            // Nothing is let out before there is a receiver.
            if let receiver = receiver(of: direction) { written = receiver.writeAndFlush(bytes) }
        }
        // What was let through is to arrive first.
        if output.resets {
            written.assumeIsolated().whenComplete { _ in self.reset() }
        } else if output.ends {
            written.assumeIsolated().whenComplete { _ in self.end(direction) }
        }
        if let wake = output.wake {
            eventLoop.assumeIsolated().scheduleTask(deadline: wake) {
                self.change(direction) { $0.advance(at: .now()) }
            }
        }
        let isFull = (direction == .toServer ? toServer : toClient).waiting > Self.fullness
        sender(of: direction)?.setOption(.autoRead, value: !isFull).whenFailure { _ in
            // It has closed: there is nothing to be read.
        }
    }

    private func end(_ direction: FlowDirection) {
        guard !isOver else { return }
        ended.insert(direction)
        guard ended.count == FlowDirection.allCases.count else {
            receiver(of: direction)?.close(mode: .output, promise: nil)
            return
        }
        isOver = true
        report(.over(ObjectIdentifier(self)))
        client.close(promise: nil)
        server?.close(promise: nil)
    }
}

/// Tells a connection what one of its two channels hears.
final class ProxyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ProxiedConnection
    private let direction: FlowDirection

    /// - Parameter direction: Where the bytes go that this channel brings.
    init(_ connection: ProxiedConnection, _ direction: FlowDirection) {
        self.connection = connection
        self.direction = direction
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(.bytes(unwrapInboundIn(data)), from: direction)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { connection.received(.end, from: direction) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Its orderly end was heard before, as the end of its input; this is a reset, or our own doing.
        connection.received(.abort, from: direction)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
