import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Sees to the first request of a connection: whether it opens a WebSocket is decided here, before it goes on.
///
/// A wish that is granted passes as it is, and the upgrade behind cannot fail. Every other request passes without its
/// `Upgrade` header, so that it is answered as what it is without it, and the connection ends with the answer; a refused
/// wish gets its answer from the route of the same path. A connection without a first request ends after a while, and at
/// once on shutdown.
final class FirstRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    typealias Decide = @Sendable (HTTPRequest) async throws -> ProgressAdmission

    private enum Phase {
        case waiting
        /// The admission is being asked for; what comes meanwhile is kept.
        case deciding([NIOAny])
        case decided
    }

    private let decide: Decide
    private let patience: TimeAmount
    private var phase = Phase.waiting
    private var timer: Scheduled<Void>?
    /// Reading rests while the decision is awaited, so that nobody can fill the memory meanwhile.
    private var hasHeldRead = false

    /// Who may listen; set before the request passes.
    private(set) var admission: ProgressAdmission?
    /// Whether the server began to stop before anybody behind could hear of it.
    private(set) var wasToldToQuiesce = false

    init(patience: TimeAmount, decide: @escaping Decide) {
        self.patience = patience
        self.decide = decide
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            wasToldToQuiesce = true
            if case .waiting = phase { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        if case .deciding = phase { hasHeldRead = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .decided:
            context.fireChannelRead(data)
        case .deciding(let held):
            phase = .deciding(held + [data])
        case .waiting:
            guard case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
            timer?.cancel()
            // A head that cannot be converted is refused by the converter behind, too.
            guard Self.wishes(head), let request = try? HTTPRequest(head, secure: false, splitCookie: false) else {
                return pass(head, [], context)
            }
            phase = .deciding([])
            let decision = context.eventLoop.makeFutureWithTask { [decide] in try await decide(request) }
            decision.assumeIsolated().whenComplete { result in
                if case .success(let admission) = result { self.admission = admission }
                guard case .deciding(let held) = self.phase, context.channel.isActive else { return }
                self.pass(head, held, context)
            }
        }
    }

    private static func wishes(_ head: HTTPRequestHead) -> Bool {
        head.version == .http1_1
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    private func pass(_ head: HTTPRequestHead, _ held: [NIOAny], _ context: ChannelHandlerContext) {
        phase = .decided
        let channel = context.channel
        var head = head
        if admission == nil, head.headers.contains(name: "Upgrade") {
            head.headers.remove(name: "Upgrade")
            // The decoder reads nothing more after a request that wished to upgrade, so it is the connection's last.
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        for data in held { context.fireChannelRead(data) }
        if !held.isEmpty { context.fireChannelReadComplete() }
        if hasHeldRead {
            hasHeldRead = false
            // By the channel: after an upgrade this handler is not in the pipeline any more.
            channel.read()
        }
    }
}
