import FaultProxy
import NIOCore
import NIOPosix

/// A server that sends back what it hears, and says "end" when a client has ended its half.
final class EchoServer: Sendable {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case ChannelEvent.inputClosed = event else { return }
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(string: "end")).whenComplete { _ in channel.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    static func run(_ body: @Sendable (Int) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(listener.localAddress!.port!)
            try await listener.close()
        } catch {
            // The body's error is the one that counts.
            try? await listener.close()
            throw error
        }
    }
}

/// A client's connection, to be written to and read from.
struct Wire {
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var rest = ""

    static func connect(to port: Int, _ body: @Sendable (inout Wire) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var wire = Wire(outbound: outbound, inbound: inbound.makeAsyncIterator())
            try await body(&wire)
        }
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Reads so many bytes, or less at the end.
    mutating func read(_ count: Int) async throws -> String {
        while rest.utf8.count < count, let more = try await inbound.next(isolation: #isolation) {
            rest += String(buffer: more)
        }
        defer { rest = String(rest.dropFirst(count)) }
        return String(rest.prefix(count))
    }
}
