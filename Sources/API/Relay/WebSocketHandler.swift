import NIOCore
import NIOWebSocket

/// What the server says on a WebSocket.
enum WebSocketOutput: Sendable {
    case text(ByteBuffer)
    /// The last thing; the handler sees to the rest.
    case close(WebSocketCloseCode, reason: String)
}

/// Carries out ``WebSocketStateMachine`` on a channel.
///
/// Inbound nothing is passed on. The channel ends by itself: after the close handshake, when the client does not answer a
/// close or a ping in time, or when it goes.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = Never
    typealias OutboundIn = WebSocketOutput
    typealias OutboundOut = WebSocketFrame

    struct Configuration: Sendable {
        /// From ping to ping, which is how long a pong may take; default 20 s.
        var pingInterval: TimeAmount = .seconds(20)
        /// How long a client may take to answer a close; default 5 s.
        var closeTimeout: TimeAmount = .seconds(5)
    }

    /// The longest frame that is read.
    static let maximumFrameBytes = 64 * 1024

    private let configuration: Configuration
    private var machine = WebSocketStateMachine()
    private var pingTimer: Scheduled<Void>?
    private var closeTimer: Scheduled<Void>?
    /// A ping to be answered when the client has read what it has been sent; only the newest needs an answer (RFC 6455, 5.5.3).
    private var pendingPong: ByteBuffer?
    private var isEnding = false

    init(configuration: Configuration) {
        self.configuration = configuration
    }

    func handlerAdded(context: ChannelHandlerContext) {
        planPing(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimers() }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimers()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        carryOut(machine.receive(unwrapInboundIn(data)), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOWebSocketError:
            carryOut(machine.receive(error), context)
        case is ByteToMessageDecoderError:
            // What comes after bytes that were no frame is not looked at.
            break
        default:
            context.fireErrorCaught(error)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { hangUp(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let pong = pendingPong.take() { carryOut(.sendPong(pong), context) }
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .text(let text) where machine.isOpen:
            let frame = WebSocketFrame(fin: true, opcode: .text, data: text)
            context.write(wrapOutboundOut(frame), promise: promise)
        case .text:
            // Nothing may follow a close; the channel is about to end.
            promise?.succeed()
        case .close(let code, let reason):
            carryOut(machine.requestClose(code, reason), context)
            promise?.succeed()
        }
    }

    private func ping(_ context: ChannelHandlerContext) {
        switch machine.pingIsDue() {
        case .sendPing:
            let frame = WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
            planPing(context)
        case .hangUp:
            hangUp(context)
        case .none:
            break
        }
    }

    private func planPing(_ context: ChannelHandlerContext) {
        pingTimer = context.eventLoop.assumeIsolated().scheduleTask(in: configuration.pingInterval) {
            self.ping(context)
        }
    }

    private func carryOut(_ action: WebSocketStateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none:
            break
        case .sendPong(let payload):
            guard context.channel.isWritable else {
                pendingPong = payload
                return
            }
            let frame = WebSocketFrame(fin: true, opcode: .pong, data: payload)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        case .answerClose(let code):
            var payload = ByteBuffer()
            if let code { payload.writeInteger(code) }
            write(close: payload, context)
            hangUp(context)
        case .sendClose(let code, let reason):
            var payload = ByteBuffer(integer: code.rawValue)
            payload.writeString(reason)
            write(close: payload, context)
            closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: configuration.closeTimeout) {
                self.carryOut(self.machine.closeIsOverdue(), context)
            }
        case .hangUp:
            hangUp(context)
        }
    }

    private func write(close payload: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func hangUp(_ context: ChannelHandlerContext) {
        guard !isEnding else { return }
        isEnding = true
        stopTimers()
        context.close(promise: nil)
    }

    private func stopTimers() {
        pingTimer?.cancel()
        closeTimer?.cancel()
    }
}
