import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// What a listener is told, as far as the tests look at it.
struct HeardMessage: Decodable, Sendable, Equatable {
    let type: String
    let sequence: Int64
    let snapshot: Bool?
    let ticketsCompleted: Int?
    let totalTickets: Int?
    let ticketsCreated: Int?

    var isSnapshot: Bool { snapshot == true }
    var isEnd: Bool { type != "export_progress" }
}

/// All that one listener heard, to the close of its connection.
struct HeardStream: Sendable {
    var messages: [HeardMessage] = []
    /// The close frame's code; nil when the connection just ended.
    var closeCode: UInt16?
}

/// A WebSocket client of the tests' own: it knows nothing of the server but RFC 6455.
enum ProgressClient {
    private enum Upgrade: Sendable {
        case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        case refused
    }

    /// Listens to a session until the server closes the connection.
    /// - Parameters:
    ///   - onMessage: gets each message as it comes.
    static func listen(
        port: Int,
        session: UUID,
        key: String,
        after sequence: Int64? = nil,
        onMessage: (HeardMessage) -> Void = { _ in }
    ) async throws -> HeardStream {
        var headers = HTTPHeaders([("Host", "127.0.0.1:\(port)"), ("Authorization", "Bearer \(key)")])
        headers.add(name: "User-Agent", value: "fleet-tests")
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: "/api/jira/export/progress/\(session.wire)" + (sequence.map { "?after=\($0)" } ?? ""),
            headers: headers
        )
        let upgrade = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(30))
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, head) }
            }
        guard case .webSocket(let channel) = try await upgrade.get() else {
            throw FleetFault("the WebSocket was refused")
        }
        return try await read(channel, onMessage)
    }

    private static func configure(_ channel: any Channel, _ head: HTTPRequestHead) throws -> EventLoopFuture<Upgrade> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade> { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                .webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
            }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head,
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.close(promise: nil)
                    return channel.eventLoop.makeSucceededFuture(.refused)
                }
            )
        )
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    private static func read(
        _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>,
        _ onMessage: (HeardMessage) -> Void
    ) async throws -> HeardStream {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try await channel.executeThenClose { inbound, outbound in
            var stream = HeardStream()
            for try await frame in inbound {
                var data = frame.unmaskedData
                switch frame.opcode {
                case .text:
                    let message = try decoder.decode(HeardMessage.self, from: Data(buffer: data))
                    stream.messages.append(message)
                    onMessage(message)
                case .ping:
                    try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: data))
                case .connectionClose:
                    stream.closeCode = data.readInteger()
                    let answer = WebSocketFrame(
                        fin: true,
                        opcode: .connectionClose,
                        maskKey: .random(),
                        data: frame.unmaskedData
                    )
                    try await outbound.write(answer)
                    return stream
                default:
                    throw FleetFault("a frame of the kind \(frame.opcode) came")
                }
            }
            return stream
        }
    }
}
