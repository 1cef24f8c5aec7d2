import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection of the API: HTTP/1.1, or a WebSocket that tells of a session's progress.
///
/// Joined to the framework's server as its own kinds of channel are (`HTTP1Channel`, `HTTP2UpgradeChannel`); the HTTP side
/// is the framework's.
struct ProgressChannel: ServerChildChannel {
    struct Configuration: Sendable {
        /// How long a connection may be idle between requests, and within one.
        var idleTimeout: TimeAmount = .seconds(30)
        var requests: RequestGuard.Limits
        var webSocket = WebSocketHandler.Configuration()
    }

    typealias HTTPSide = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    typealias WebSocketSide = NIOAsyncChannel<Never, WebSocketOutput>

    enum Upgrade: Sendable {
        case http(HTTPSide)
        case webSocket(WebSocketSide, ProgressAdmission)
    }

    struct Value: ServerChildChannelValue {
        let upgrade: EventLoopFuture<Upgrade>
        let channel: any Channel
    }

    let http: HTTP1Channel
    let door: ProgressDoor
    let relay: ProgressRelay
    let configuration: Configuration

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let encoder = HTTPResponseEncoder()
            // What follows the handshake belongs to the WebSocket.
            let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
            let malformed = MalformedRequestHandler()
            let first = FirstRequestHandler(patience: configuration.idleTimeout) { [door] in try await door.admit($0) }
            let box = NIOLoopBound(first, eventLoop: channel.eventLoop)
            let upgrade = NIOTypedHTTPServerUpgradeHandler(
                httpEncoder: encoder,
                extraHTTPHandlers: [decoder, malformed, first],
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader(box)],
                    notUpgradingCompletionHandler: { channel in setUpHTTP(channel, box, logger) }
                )
            )
            try pipeline.addHandlers([encoder, decoder, malformed, first, upgrade])
            return Value(upgrade: upgrade.upgradeResultFuture, channel: channel)
        }
    }

    private func upgrader(_ first: NIOLoopBound<FirstRequestHandler>) -> NIOTypedWebSocketServerUpgrader<Upgrade> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: WebSocketHandler.maximumFrameBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(first.value.admission.map { Self.headers($0, head) })
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let admission = first.value.admission else {
                        preconditionFailure("only who was admitted is upgraded")
                    }
                    let handler = WebSocketHandler(configuration: configuration.webSocket)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return .webSocket(try WebSocketSide(wrappingChannelSynchronously: channel), admission)
                }
            }
        )
    }

    private static func headers(_ admission: ProgressAdmission, _ head: HTTPRequestHead) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.add(name: "X-Request-ID", value: RequestName.choose(head.headers.first(name: "X-Request-ID")))
        if let subprotocol = admission.subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        return headers
    }

    /// As `HTTP1Channel.setup` does it, behind our own first handlers.
    private func setUpHTTP(
        _ channel: any Channel,
        _ first: NIOLoopBound<FirstRequestHandler>,
        _ logger: Logger
    ) -> EventLoopFuture<Upgrade> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([
                HTTP1ToHTTPServerCodec(secure: false),
                RequestGuard(limits: configuration.requests),
                HTTPConnectionStateHandler(idleTimeout: Duration(configuration.idleTimeout), logger: logger),
            ])
            let side = try HTTPSide(
                wrappingChannelSynchronously: channel,
                configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true)
            )
            if first.value.wasToldToQuiesce { pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            return .http(side)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.upgrade.get() {
            case .http(let side):
                await http.handle(value: side, logger: logger)
            case .webSocket(let side, let admission):
                try await ProgressStream(relay: relay, admission: admission, logger: logger).run(on: side)
            }
        } catch {
            logger.debug("a connection ended early", metadata: ["error": "\(error)"])
            // Closing what is closed already fails, and that is all right.
            value.channel.close(promise: nil)
        }
    }
}
