import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import Testing

@testable import API

@Suite("Slow and silent clients")
struct RequestGuardTests {
    private static func open(_ handlers: [any ChannelHandler]) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handlers: handlers)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static func post() throws -> EmbeddedChannel {
        let channel = try open([RequestGuard(limits: RequestGuard.Limits(body: { _ in 1 << 20 }))])
        try channel.writeInbound(
            HTTPRequestPart.head(HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/api/sessions"))
        )
        return channel
    }

    @Test("A body that trickles in ends the connection; one at a decent pace does not")
    func pace() throws {
        let slow = try Self.post()
        for _ in 0..<29 {
            slow.embeddedEventLoop.advanceTime(by: .seconds(1))
            try slow.writeInbound(HTTPRequestPart.body(ByteBuffer(bytes: [0x20])))
        }
        #expect(slow.isActive)
        slow.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!slow.isActive)

        let steady = try Self.post()
        for _ in 0..<120 {
            steady.embeddedEventLoop.advanceTime(by: .seconds(1))
            try steady.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0x20, count: 16 * 1024)))
        }
        #expect(steady.isActive)
        try steady.writeInbound(HTTPRequestPart.end(nil))
        steady.embeddedEventLoop.advanceTime(by: .seconds(600))
        #expect(steady.isActive)
    }

    @Test("After an early answer what still comes is read for 10 s, and no longer")
    func linger() throws {
        let channel = try Self.post()
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .contentTooLarge)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        let head = try channel.readOutbound(as: HTTPResponsePart.self)
        guard case .head(let head) = head else {
            Issue.record("an answer begins with its head")
            return
        }
        #expect(head.headerFields[.connection] == "close")
        for _ in 0..<9 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0x20, count: 1 << 20)))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("A connection on which nothing comes ends after 30 s, and at once when the server stops")
    func silence() throws {
        func handler() -> FirstRequestHandler {
            FirstRequestHandler(patience: .seconds(30)) { _ in throw CancellationError() }
        }
        let silent = try Self.open([handler()])
        silent.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(silent.isActive)
        silent.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!silent.isActive)

        let stopped = try Self.open([handler()])
        stopped.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(!stopped.isActive)

        // Once a request has come, others see to both.
        let served = try Self.open([handler()])
        try served.writeInbound(HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")))
        served.embeddedEventLoop.advanceTime(by: .seconds(60))
        served.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(served.isActive)
    }
}
