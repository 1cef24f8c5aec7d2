import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Secrets

/// Why a connection for progress ended, unless it ended well.
enum ProgressConnectionError: Error {
    /// The server answered with something else than an upgrade.
    case refused(status: Int, body: Data)
    /// No connection, or it broke.
    case lost(String)
}

/// One WebSocket connection to an API, from the handshake to its end.
struct ProgressConnection {
    /// A frame's greatest size; a message takes some hundred bytes.
    private static let frameLimit = 1 << 16
    /// A whole message's greatest size, over all its frames.
    private static let messageLimit = 1 << 20
    /// How long the server may take for the handshake.
    private static let handshakeTimeout = TimeAmount.seconds(15)
    /// How long the connection may be silent: the server pings more often.
    private static let silence = TimeAmount.seconds(90)

    private enum Upgrade: Sendable {
        case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
    }

    let address: ProgressAddress
    let key: Secret<String>

    /// Connects and hands over each message until the server closes the connection or the closure has had enough.
    ///
    /// - Parameters:
    ///   - sequence: the last message seen; `nil` for none.
    ///   - receive: gets a message's text; answers whether to go on.
    /// - Throws: ``ProgressConnectionError``.
    func run(after sequence: Int64?, receive: (Data) -> Bool) async throws {
        let upgrade: Upgrade
        do {
            upgrade = try await connect(after: sequence)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ProgressConnectionError.lost(Self.reason(of: error))
        }
        switch upgrade {
        case .refused(let channel):
            do {
                throw try await Self.refusal(by: channel)
            } catch let error as ProgressConnectionError {
                throw error
            } catch {
                throw ProgressConnectionError.lost(Self.reason(of: error))
            }
        case .webSocket(let channel):
            do {
                try await Self.read(channel, receive: receive)
            } catch let error as CancellationError {
                throw error
            } catch {
                throw ProgressConnectionError.lost(Self.reason(of: error))
            }
        }
    }

    private func connect(after sequence: Int64?) async throws -> Upgrade {
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: address.authority)
        headers.add(name: "Authorization", value: "Bearer \(key.reveal())")
        headers.add(name: "User-Agent", value: "tramline-api")
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: address.target(after: sequence),
            headers: headers
        )
        let tls = address.isSecure ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        let host = address.host
        let upgraded: EventLoopFuture<Upgrade> = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(10))
            .connect(host: host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            try NIOSSLClientHandler(context: tls, serverHostname: Self.serverName(host))
                        )
                    }
                    return try Self.configure(channel, request: head)
                }
            }
        // The handshake has a deadline of its own: a server may take the connection and say nothing.
        let deadline = upgraded.eventLoop.makePromise(of: Upgrade.self)
        let alarm = upgraded.eventLoop.scheduleTask(in: Self.handshakeTimeout) {
            deadline.fail(ProgressConnectionError.lost("no answer to the handshake"))
        }
        upgraded.cascade(to: deadline)
        defer { alarm.cancel() }
        return try await deadline.futureResult.get()
    }

    /// Server names are for names; an address has none. What cannot be read as an address is a name: the error says just that.
    private static func serverName(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    private static func configure(_ channel: any Channel, request: HTTPRequestHead) throws -> EventLoopFuture<Upgrade> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade>(maxFrameSize: frameLimit) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: silence))
                try channel.pipeline.syncOperations.addHandler(CloseWhenIdle())
                return Upgrade.webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
            }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: request,
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        Upgrade.refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                    }
                }
            )
        )
        // The snapshot often comes in one piece with the end of the handshake; the default throws it away.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    /// Reads a refusal's status and the beginning of its body.
    private static func refusal(
        by channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    ) async throws -> ProgressConnectionError {
        try await channel.executeThenClose { inbound, _ in
            var status = 0
            var body = Data()
            for try await part in inbound {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes): if body.count < messageLimit { body.append(contentsOf: bytes.readableBytesView) }
                case .end: return .refused(status: status, body: body)
                }
            }
            return status == 0 ? .lost("the server closed the connection") : .refused(status: status, body: body)
        }
    }

    private static func read(
        _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>,
        receive: (Data) -> Bool
    ) async throws {
        try await channel.executeThenClose { inbound, outbound in
            var message = Data()
            for try await frame in inbound {
                switch frame.opcode {
                case .ping:
                    try await outbound.write(
                        WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
                    )
                case .text, .continuation:
                    message.append(contentsOf: frame.unmaskedData.readableBytesView)
                    guard message.count <= messageLimit else {
                        throw ProgressConnectionError.lost("a message has more than \(messageLimit) bytes")
                    }
                    guard frame.fin else { continue }
                    guard receive(message) else {
                        try await outbound.write(close(.normalClosure))
                        return
                    }
                    message.removeAll(keepingCapacity: true)
                case .connectionClose:
                    try await outbound.write(close(.normalClosure))
                    return
                default:
                    continue
                }
            }
        }
    }

    private static func close(_ code: WebSocketErrorCode) -> WebSocketFrame {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        return WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: data)
    }

    private static func reason(of error: any Error) -> String {
        switch error {
        case ProgressConnectionError.lost(let reason): reason
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason(of: $0.error) }
                ?? "the name \(error.host) has no address"
        case ChannelError.connectTimeout: "no answer within 10 s"
        default: "\(error)"
        }
    }
}

/// Ends a connection that has been silent for too long.
private final class CloseWhenIdle: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
