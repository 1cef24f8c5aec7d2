import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Answers what is not HTTP, or has too large a head, in the shape of all errors; the framework would say 400 and nothing
/// more, or nothing at all where a connection begins with it.
///
/// A fault within a request's body is left to whoever reads the body.
final class MalformedRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long the client may take to read the answer, while what it has sent is not looked at.
    private static let linger = TimeAmount.seconds(2)

    private var requestsBegun = 0
    private var answersEnded = 0
    /// Whether a request's end is still to come.
    private var isReading = false
    /// What came behind a whole request, to be answered when that one has been.
    private var pending: HTTPParserError?
    private var hasAnswered = false
    private var timer: Scheduled<Void>?

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            requestsBegun += 1
            isReading = true
        case .end: isReading = false
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The connection has had its last answer.
        guard !hasAnswered else { return promise?.succeed() ?? () }
        context.write(data, promise: promise)
        if case .end = unwrapOutboundIn(data) {
            answersEnded += 1
            answerIfDue(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if hasAnswered || pending != nil { return }
        guard let error = error as? HTTPParserError, !isReading else { return context.fireErrorCaught(error) }
        pending = error
        answerIfDue(context)
    }

    private func answerIfDue(_ context: ChannelHandlerContext) {
        guard let error = pending, answersEnded == requestsBegun, !hasAnswered else { return }
        hasAnswered = true
        answer(error, context)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if hasAnswered, event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func answer(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        let isTooLarge = error == .headerOverflow
        let fault = APIError(
            status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            code: .malformedRequest,
            message: isTooLarge ? "The request's head is too large." : "The request is not HTTP as it should be."
        )
        let name = RequestName.choose(nil)
        let body = fault.body(requestID: name)
        let head = HTTPResponseHead(
            version: .http1_1,
            status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            headers: [
                "Content-Type": "application/json", "Content-Length": "\(body.readableBytes)", "Connection": "close",
                "X-Request-ID": name,
            ]
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
