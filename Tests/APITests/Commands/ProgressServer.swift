import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// A WebSocket server that plays a script: for each connection, what it says before it goes away.
final class ProgressServer: Sendable {
    enum Part: Sendable {
        case text(String)
        case pieces([String])
        case ping
        /// Closes the connection without a word, once all that came before has been heard.
        case vanish
        /// Answers the handshake with an HTTP status instead.
        case refuse(Int, String)
    }

    private struct State {
        var scripts: [[Part]]
        var targets: [String] = []
        var keys: [String] = []
        var pongs = 0
    }

    private let state: Mutex<State>
    private let channel: NIOAsyncChannel<EventLoopFuture<Upgrade>, Never>

    private enum Upgrade: Sendable {
        case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, [Part])
        case plain(NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, [Part])
    }

    var port: Int { channel.channel.localAddress?.port ?? 0 }
    /// The targets of the requests so far.
    var targets: [String] { state.withLock(\.targets) }
    /// The credentials of the requests so far.
    var keys: [String] { state.withLock(\.keys) }
    var pongs: Int { state.withLock(\.pongs) }

    private init(scripts: [[Part]], channel: NIOAsyncChannel<EventLoopFuture<Upgrade>, Never>, box: Box) {
        self.state = Mutex(State(scripts: scripts))
        self.channel = channel
        box.server.withLock { $0 = self }
    }

    private final class Box: Sendable {
        let server = Mutex<ProgressServer?>(nil)
        func take(_ head: HTTPRequestHead) -> [Part] {
            server.withLock { $0 }?.take(head) ?? []
        }
    }

    private func take(_ head: HTTPRequestHead) -> [Part] {
        state.withLock { state in
            state.targets.append(head.uri)
            state.keys.append(head.headers.first(name: "Authorization") ?? "")
            return state.scripts.isEmpty ? [.refuse(404, "")] : state.scripts.removeFirst()
        }
    }

    /// Serves for the length of a closure.
    static func run(_ scripts: [[Part]], _ body: (ProgressServer) async throws -> Void) async throws {
        let box = Box()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.configure(channel, box: box) }
            }
        let server = ProgressServer(scripts: scripts, channel: channel, box: box)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.accept() }
            do {
                try await body(server)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    private static func configure(_ channel: any Channel, box: Box) throws -> EventLoopFuture<Upgrade> {
        let scripts = NIOLockedScripts()
        let upgrader = NIOTypedWebSocketServerUpgrader<Upgrade>(
            shouldUpgrade: { channel, head in
                let script = box.take(head)
                scripts.script.withLock { $0 = script }
                if case .refuse = script.first { return channel.eventLoop.makeSucceededFuture(nil) }
                return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    .webSocket(
                        try NIOAsyncChannel(wrappingChannelSynchronously: channel),
                        scripts.script.withLock { $0 }
                    )
                }
            }
        )
        return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(
                upgradeConfiguration: .init(upgraders: [upgrader]) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        .plain(
                            try NIOAsyncChannel(wrappingChannelSynchronously: channel),
                            scripts.script.withLock { $0 }
                        )
                    }
                }
            )
        )
    }

    private final class NIOLockedScripts: Sendable {
        let script = Mutex<[Part]>([])
    }

    private func accept() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await channel.executeThenClose { inbound in
                for try await upgrade in inbound {
                    group.addTask {
                        // A client that goes away early is what some tests want.
                        try? await self.play(try await upgrade.get())
                    }
                }
            }
        }
    }

    private func play(_ upgrade: Upgrade) async throws {
        switch upgrade {
        case .plain(let channel, let script):
            guard case .refuse(let status, let body) = script.first else { return }
            try await channel.executeThenClose { _, outbound in
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: .init(statusCode: status),
                    headers: ["Content-Length": "\(body.utf8.count)", "Connection": "close"]
                )
                try await outbound.write(.head(head))
                try await outbound.write(.body(.byteBuffer(ByteBuffer(string: body))))
                try await outbound.write(.end(nil))
            }
        case .webSocket(let channel, let script):
            try await channel.executeThenClose { inbound, outbound in
                for part in script {
                    switch part {
                    case .text(let text):
                        try await outbound.write(
                            WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
                        )
                    case .pieces(let pieces):
                        for (index, piece) in pieces.enumerated() {
                            let frame = WebSocketFrame(
                                fin: index == pieces.count - 1,
                                opcode: index == 0 ? .text : .continuation,
                                data: ByteBuffer(string: piece)
                            )
                            try await outbound.write(frame)
                        }
                    case .ping:
                        try await outbound.write(
                            WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "?"))
                        )
                    case .vanish:
                        let ping = WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "heard?"))
                        try await outbound.write(ping)
                        for try await frame in inbound where frame.opcode == .pong { break }
                        return
                    case .refuse:
                        return
                    }
                }
                for try await frame in inbound {
                    switch frame.opcode {
                    case .pong where frame.unmaskedData == ByteBuffer(string: "?"): state.withLock { $0.pongs += 1 }
                    case .connectionClose: return
                    default: continue
                    }
                }
            }
        }
    }
}
