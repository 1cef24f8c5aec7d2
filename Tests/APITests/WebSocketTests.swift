import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import API

@Suite("The WebSocket's protocol")
struct WebSocketTests {
    /// A channel with the handler on it, past the handshake.
    private static func open() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: WebSocketHandler.maximumFrameBytes)),
            WebSocketHandler(configuration: WebSocketHandler.Configuration()),
        ])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    /// A client's frame.
    private static func frame(_ first: UInt8, _ payload: [UInt8] = [], isMasked: Bool = true) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: [first, (isMasked ? 0x80 : 0) | UInt8(payload.count)])
        let key: [UInt8] = [9, 8, 7, 6]
        if isMasked { buffer.writeBytes(key) }
        buffer.writeBytes(isMasked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload)
        return buffer
    }

    private static func sent(_ channel: EmbeddedChannel) throws -> [(WebSocketOpcode, [UInt8])] {
        var frames: [(WebSocketOpcode, [UInt8])] = []
        while let frame = try channel.readOutbound(as: WebSocketFrame.self) {
            #expect(frame.maskKey == nil)
            frames.append((frame.opcode, Array(frame.data.readableBytesView)))
        }
        return frames
    }

    private static func closeCode(_ frame: (WebSocketOpcode, [UInt8])?) -> UInt16? {
        guard let (opcode, payload) = frame, opcode == .connectionClose, payload.count >= 2 else { return nil }
        return UInt16(payload[0]) << 8 | UInt16(payload[1])
    }

    @Test("A ping is answered with its payload")
    func ping() throws {
        let channel = try Self.open()
        try channel.writeInbound(Self.frame(0x89, [1, 2, 3]))
        let frames = try Self.sent(channel)
        #expect(frames.map(\.0) == [.pong])
        #expect(frames.first?.1 == [1, 2, 3])
        #expect(channel.isActive)
    }

    @Test("Pings are sent every 20 s; who does not answer one is left")
    func keepAlive() throws {
        let channel = try Self.open()
        for _ in 0..<3 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            #expect(try Self.sent(channel).map(\.0) == [.ping])
            try channel.writeInbound(Self.frame(0x8A))
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(try Self.sent(channel).map(\.0) == [.ping])
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(!channel.isActive)
    }

    @Test("A client's close is answered with its code, and the connection ends")
    func clientCloses() throws {
        let channel = try Self.open()
        try channel.writeInbound(Self.frame(0x88, [0x03, 0xE9] + Array("bye".utf8)))
        let frames = try Self.sent(channel)
        #expect(frames.map(\.0) == [.connectionClose])
        #expect(frames.first?.1 == [0x03, 0xE9])
        #expect(!channel.isActive)
    }

    @Test("A close without a code is answered without one")
    func bareClose() throws {
        let channel = try Self.open()
        try channel.writeInbound(Self.frame(0x88))
        #expect(try Self.sent(channel).first?.1 == [])
        #expect(!channel.isActive)
    }

    @Test("After the server's close the client has 5 s to answer, and its other frames do not matter")
    func serverCloses() throws {
        let channel = try Self.open()
        try channel.writeOutbound(WebSocketOutput.text(ByteBuffer(string: "last")))
        try channel.writeOutbound(WebSocketOutput.close(.normal, reason: "done"))
        try channel.writeOutbound(WebSocketOutput.text(ByteBuffer(string: "never")))
        let frames = try Self.sent(channel)
        #expect(frames.map(\.0) == [.text, .connectionClose])
        #expect(Self.closeCode(frames.last) == 1000)
        try channel.writeInbound(Self.frame(0x89, [1]))
        #expect(try Self.sent(channel).isEmpty)
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!channel.isActive)

        let other = try Self.open()
        try other.writeOutbound(WebSocketOutput.close(.goingAway, reason: "stopping"))
        try other.writeInbound(Self.frame(0x88, [0x03, 0xE9]))
        #expect(!other.isActive)
    }

    struct Bad: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [ByteBuffer]
        let code: UInt16
    }

    @Test(
        "What a client may not send closes the connection, with the code that says why",
        arguments: [
            Bad(testDescription: "unmasked", bytes: [frame(0x81, [65], isMasked: false)], code: 1002),
            Bad(testDescription: "a reserved bit", bytes: [frame(0xC1, [65])], code: 1002),
            Bad(testDescription: "an unknown opcode", bytes: [frame(0x83)], code: 1002),
            Bad(testDescription: "an unknown control opcode", bytes: [frame(0x8B)], code: 1002),
            Bad(testDescription: "nothing to continue", bytes: [frame(0x80, [65])], code: 1002),
            Bad(testDescription: "a message within a message", bytes: [frame(0x01), frame(0x81)], code: 1002),
            Bad(testDescription: "a ping in pieces", bytes: [frame(0x09)], code: 1002),
            Bad(testDescription: "a binary message", bytes: [frame(0x82, [1])], code: 1003),
            Bad(testDescription: "a close of one byte", bytes: [frame(0x88, [3])], code: 1002),
            Bad(
                testDescription: "a close with a code that cannot be sent",
                bytes: [frame(0x88, [3, 0xED])],
                code: 1002
            ),
            Bad(testDescription: "a close whose reason is no text", bytes: [frame(0x88, [3, 0xE8, 0xFF])], code: 1002),
            Bad(
                testDescription: "a frame that announces a gigabyte",
                bytes: [ByteBuffer(bytes: [0x81, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])],
                code: 1009
            ),
            Bad(
                testDescription: "a length of more than 63 bits",
                bytes: [ByteBuffer(bytes: [0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
                code: 1009
            ),
        ]
    )
    func bad(_ bad: Bad) throws {
        let channel = try Self.open()
        for bytes in bad.bytes { try channel.writeInbound(bytes) }
        #expect(Self.closeCode(try Self.sent(channel).last) == bad.code)
        // What follows bytes that were no frame is not looked at, and the connection ends.
        try channel.writeInbound(ByteBuffer(bytes: [1, 2, 3, 4, 5]))
        channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!channel.isActive)
    }

    @Test("Text is read and ignored, in one piece or several")
    func text() throws {
        let channel = try Self.open()
        try channel.writeInbound(Self.frame(0x81, Array("hello".utf8)))
        try channel.writeInbound(Self.frame(0x01, [1]))
        try channel.writeInbound(Self.frame(0x89))
        try channel.writeInbound(Self.frame(0x80, [2]))
        #expect(try Self.sent(channel).map(\.0) == [.pong])
        #expect(channel.isActive)
    }

    @Test("While a client does not read, only its newest ping is kept for an answer")
    func pingFlood() throws {
        let channel = try Self.open()
        channel.isWritable = false
        for byte in 1...100 as ClosedRange<UInt8> { try channel.writeInbound(Self.frame(0x89, [byte])) }
        #expect(try Self.sent(channel).isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try Self.sent(channel).map(\.1) == [[100]])
    }
}
