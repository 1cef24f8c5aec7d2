import NIOCore
import NIOPosix
import NIOWebSocket
import Testing

/// A TCP connection of a test's own: sends any bytes, and reads HTTP heads and WebSocket frames.
struct RawConnection {
    /// A frame as it came.
    struct Frame: Equatable {
        let opcode: WebSocketOpcode
        let payload: ByteBuffer

        var text: String { String(buffer: payload) }
        /// Of a close.
        var code: UInt16? { payload.getInteger(at: payload.readerIndex) }
    }

    struct Head {
        let status: Int
        let headers: [String: String]
    }

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var buffer = ByteBuffer()

    /// Connects for the length of the closure.
    static func open<Result: Sendable>(
        port: Int,
        receiveBufferBytes: Int? = nil,
        _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        var bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        if let receiveBufferBytes {
            bootstrap = bootstrap.channelOption(
                .socketOption(.so_rcvbuf),
                value: SocketOptionValue(receiveBufferBytes)
            )
        }
        let channel = try await bootstrap.connect(host: "localhost", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(
                        backPressureStrategy: .init(lowWatermark: 1, highWatermark: 1),
                        isOutboundHalfClosureEnabled: true
                    )
                )
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    private init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// Sends nothing more; what comes may still be read.
    func finish() { outbound.finish() }

    /// Asks for a WebSocket.
    /// - Returns: the answer's head; 101 where it was opened.
    mutating func openProgress(_ path: String, headers: [String]) async throws -> Head {
        let lines =
            [
                "GET /api/jira/export/progress/\(path) HTTP/1.1", "Host: localhost", "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            ] + headers
        try await send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return try await readHead()
    }

    /// Sends a frame, masked as a client must.
    func send(_ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isMasked: Bool = true, fin: Bool = true) async throws
    {
        let code: UInt8 =
            switch opcode {
            case .continuation: 0
            case .text: 1
            case .binary: 2
            case .connectionClose: 8
            case .ping: 9
            default: 10
            }
        var bytes: [UInt8] = [(fin ? 0x80 : 0) | code]
        let mask: UInt8 = isMasked ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(mask | UInt8(payload.count))
        } else {
            bytes += [mask | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        if isMasked {
            let key: [UInt8] = [1, 2, 3, 4]
            bytes += key + payload.enumerated().map { $1 ^ key[$0 % 4] }
        } else {
            bytes += payload
        }
        try await send(bytes)
    }

    /// The next whole frame; `nil` when the connection has ended.
    mutating func readFrame() async throws -> Frame? {
        guard let head = try await read(2) else { return nil }
        let (first, second) = (head[0], head[1])
        var length = Int(second & 0x7F)
        if length == 126 || length == 127 {
            guard let bytes = try await read(length == 126 ? 2 : 8) else { return nil }
            length = bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = try await read(length) else { return nil }
        #expect(second & 0x80 == 0, "a server does not mask")
        let opcode = try #require(WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F))
        return Frame(opcode: opcode, payload: ByteBuffer(bytes: payload))
    }

    /// The next text; fails on anything else but a ping.
    mutating func readText() async throws -> String {
        while true {
            let frame = try #require(try await readFrame())
            if frame.opcode == .ping { continue }
            try #require(frame.opcode == .text)
            return frame.text
        }
    }

    /// All texts up to the close, and the close's code.
    mutating func readToClose() async throws -> (texts: [String], code: UInt16?) {
        var texts: [String] = []
        while let frame = try await readFrame() {
            switch frame.opcode {
            case .text: texts.append(frame.text)
            case .connectionClose: return (texts, frame.code)
            default: continue
            }
        }
        return (texts, nil)
    }

    /// The head of an answer.
    mutating func readHead() async throws -> Head {
        var text = ""
        while !text.hasSuffix("\r\n\r\n") {
            guard let byte = try await read(1) else { break }
            text.append(Character(Unicode.Scalar(byte[0])))
        }
        let lines = text.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        let status = words.count > 1 ? Int(words[1]) : nil
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        return Head(status: status ?? 0, headers: headers)
    }

    /// The body that the head announces.
    mutating func readBody(_ head: Head) async throws -> String {
        let length = try #require(head.headers["content-length"].flatMap { Int($0) })
        return String(decoding: try #require(try await read(length)), as: UTF8.self)
    }

    /// Whether the connection ends without another byte.
    mutating func isAtEnd() async throws -> Bool { try await read(1) == nil }

    private mutating func read(_ count: Int) async throws -> [UInt8]? {
        while buffer.readableBytes < count {
            do {
                guard var more = try await inbound.next(isolation: #isolation) else { return nil }
                buffer.writeBuffer(&more)
            } catch is IOError {
                return nil
            }
        }
        return buffer.readBytes(length: count)
    }
}
