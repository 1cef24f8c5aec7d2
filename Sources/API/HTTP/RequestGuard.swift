import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Keeps clients from holding a connection by sending slowly, or without end.
///
/// - A request's body must come at a decent pace; silence is the idle time-out's affair.
/// - An answer that is given before the request has ended (a 413 …) is the last one on its connection: what still comes is
///   read for a while, since closing at once would make the client's system throw the answer away, and then the
///   connection ends.
/// - A client that asks whether to send its body is told to go on, unless the body is too long for where it goes.
///
/// A long body is no fault: what counts is its pace.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        /// The longest body that a path takes: a longer one is not worth asking for.
        var body: @Sendable (_ path: String) -> Int
        /// How long a request may take whatever its pace.
        var grace: TimeAmount = .seconds(30)
        /// The pace after that, in bytes a second.
        var pace: Int = 16 * 1024
        /// How much is read, and for how long, after an early answer.
        var lingerBytes: Int = 64 * 1024 * 1024
        var lingerTime: TimeAmount = .seconds(10)
    }

    private let limits: Limits
    /// Requests read to their end, and answers begun: where there are more answers, one was given early.
    private var requestsRead = 0
    private var answersBegun = 0
    private var isReading = false
    /// Whether no other request follows.
    private var isLast = false
    private var began = NIODeadline.uptimeNanoseconds(0)
    private var bodyBytes = 0
    /// Bytes that came after an early answer; `nil` before one.
    private var lingered: Int?
    /// Whether an early answer has been given to its end.
    private var answerHasEnded = false
    private var timer: Scheduled<Void>?

    init(limits: Limits) {
        self.limits = limits
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isReading = true
            isLast = isLast || head.headerFields[.connection]?.lowercased() == "close"
            began = context.eventLoop.now
            bodyBytes = 0
            plan(in: limits.grace, context)
            encourage(head, context)
        case .body(let part):
            bodyBytes += part.readableBytes
            if let lingered {
                self.lingered = lingered + part.readableBytes
                if lingered + part.readableBytes > limits.lingerBytes { return context.close(promise: nil) }
            }
        case .end:
            isReading = false
            requestsRead += 1
            if lingered == nil { timer?.cancel() }
        }
        context.fireChannelRead(data)
        if lingered != nil, !isReading, answerHasEnded { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Nothing follows an early answer, whatever becomes of the request.
        guard !answerHasEnded else { return promise?.succeed() ?? () }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            answersBegun += 1
            if answersBegun > requestsRead {
                lingered = 0
                isLast = true
            }
            if isLast {
                let others = head.headerFields[.connection].map { $0.contains("close") ? "" : "\($0), " } ?? ""
                head.headerFields[.connection] = others + "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end where lingered != nil:
            answerHasEnded = true
            context.writeAndFlush(data, promise: promise)
            if isReading {
                plan(in: limits.lingerTime, context)
            } else {
                context.close(promise: nil)
            }
        case .head, .body, .end:
            context.write(data, promise: promise)
        }
    }

    private func encourage(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard let expectation = head.headerFields[.expect], expectation.lowercased() == "100-continue" else { return }
        let announced = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= limits.body(head.path ?? "/") else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    private func plan(in delay: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.check(context) }
    }

    private func check(_ context: ChannelHandlerContext) {
        guard lingered == nil else { return context.close(promise: nil) }
        guard isReading else { return }
        let allowed = limits.grace + .seconds(Int64(bodyBytes / limits.pace))
        let left = began + allowed - context.eventLoop.now
        if left > .nanoseconds(0) { plan(in: left, context) } else { context.close(promise: nil) }
    }
}
