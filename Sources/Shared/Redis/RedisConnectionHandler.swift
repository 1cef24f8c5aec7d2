import NIOCore

/// The last handler of a connection: bytes to replies, after a greeting.
///
/// The greeting (`AUTH`, `SELECT` …) is sent when the handler is added, and everything after its answers is handed on as
/// replies to what others wrote. Order is the protocol's only way to match a reply to its command, so nobody may write
/// before ``Event/ready``.
final class RedisConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection tells its owner, on its event loop. ``closed`` comes once, and last.
    enum Event {
        case ready
        case replies([RedisReply])
        case closed(RedisError)
    }

    private let reader: RESPReader
    private var greeting: ArraySlice<RedisGreeting.Step>
    private var fault: RedisError?
    private let report: (Event) -> Void

    init(greeting: [RedisGreeting.Step], replyLimit: Int, report: @escaping (Event) -> Void) {
        self.reader = RESPReader(limit: replyLimit)
        self.greeting = greeting[...]
        self.report = report
    }

    func handlerAdded(context: ChannelHandlerContext) {
        precondition(context.channel.isActive, "The handler is added to a connection that stands")
        var buffer = context.channel.allocator.buffer(capacity: 256)
        for step in greeting { RESPEncoder.encode(step.command, into: &buffer) }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard fault == nil else { return }
        do {
            try reader.feed(unwrapInboundIn(data))
            var replies: [RedisReply] = []
            while let reply = try reader.next() {
                if greeting.isEmpty {
                    replies.append(reply)
                } else {
                    try greeted(with: reply)
                }
            }
            if !replies.isEmpty { report(.replies(replies)) }
        } catch {
            fault = error
            context.close(promise: nil)
        }
    }

    private func greeted(with reply: RedisReply) throws(RedisError) {
        let step = greeting.removeFirst()
        if case .error(let text) = reply, !step.mayFail {
            throw RedisError(.unavailable, "Redis refused \(step.command.name)", cause: RedisError.server(text))
        }
        if greeting.isEmpty { report(.ready) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if fault == nil { fault = RedisError(.connectionLost, "the connection failed", cause: error) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        report(.closed(fault ?? RedisError(.connectionLost, "Redis closed the connection")))
        context.fireChannelInactive()
    }
}

/// What a new connection says first.
enum RedisGreeting {
    struct Step {
        let command: RedisCommand
        /// Whether an error reply leaves the connection usable.
        let mayFail: Bool
    }

    /// `PING` at the end finds a server that still loads its data set, which accepts everything before it.
    static func steps(for configuration: RedisConfiguration, role: String) -> [Step] {
        var steps: [Step] = []
        if let password = configuration.password {
            let account = configuration.user.map { [RedisArgument($0)] } ?? []
            steps.append(
                Step(command: RedisCommand("AUTH", arguments: account + [RedisArgument(password)]), mayFail: false)
            )
        }
        // A restricted account may lack CLIENT; the name only serves those who look at CLIENT LIST.
        steps.append(
            Step(command: RedisCommand("CLIENT", "SETNAME", "\(configuration.clientName):\(role)"), mayFail: true)
        )
        if configuration.database != 0 {
            steps.append(Step(command: RedisCommand("SELECT", RedisArgument(configuration.database)), mayFail: false))
        }
        steps.append(Step(command: RedisCommand("PING"), mayFail: false))
        return steps
    }
}
