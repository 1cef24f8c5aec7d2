import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server of HTTP/1 that does to each request what a script says, and can break off at any moment.
///
/// Unlike a real one it never repairs what the script spells wrong: that is what it is for.
final class ScriptedServer: Sendable {
    /// What happens to one request, in the order of their arrival.
    enum Act: Sendable {
        /// These bytes are the answer; the connection stays.
        case answer(String)
        case answerBytes([UInt8])
        /// These bytes, then the end of the connection.
        case answerThenClose(String)
        /// The end of the connection as soon as the head is here, or the whole request.
        case closeAfterHead
        case closeAfterRequest
        /// The same by a reset.
        case resetAfterRequest
        /// Nothing, for ever.
        case hang
    }

    struct Received: Sendable {
        /// The request line and the headers.
        let head: String
        /// What came of the body.
        let body: [UInt8]
        let isWhole: Bool
        /// Which connection it came on, from 0.
        let connection: Int

        var requestLine: String { head.split(separator: "\r\n").first.map(String.init) ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts[0].lowercased() == name.lowercased() { return parts[1].trimmingCharacters(in: .whitespaces) }
            }
            return nil
        }
    }

    /// What the connections share: the script and the journal.
    final class Journal: Sendable {
        private struct State {
            var script: ArraySlice<Act>
            var received: [Received] = []
            var connections = 0
        }

        private let state: Mutex<State>
        private let otherwise: Act
        let arrivals: AsyncStream<Received>
        private let arrived: AsyncStream<Received>.Continuation

        init(_ script: [Act], otherwise: Act) {
            state = Mutex(State(script: script[...]))
            self.otherwise = otherwise
            (arrivals, arrived) = AsyncStream.makeStream(of: Received.self)
        }

        var received: [Received] { state.withLock { $0.received } }

        func nextConnection() -> Int {
            state.withLock { state in
                defer { state.connections += 1 }
                return state.connections
            }
        }

        func nextAct() -> Act { state.withLock { $0.script.popFirst() ?? otherwise } }

        func note(_ received: Received) {
            state.withLock { $0.received.append(received) }
            arrived.yield(received)
        }
    }

    let journal: Journal
    let port: Int

    var baseURL: String { "http://127.0.0.1:\(port)" }
    var received: [Received] { journal.received }

    /// Runs a server for the length of `body`.
    /// - Parameters:
    ///   - script: an act for each request.
    ///   - otherwise: the act for requests beyond the script.
    static func run<Result>(
        _ script: [Act],
        otherwise: Act = .answer(HTTP.answer(500, "the script is at its end")),
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let journal = Journal(script, otherwise: otherwise)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(journal))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(journal: journal, port: channel.localAddress!.port!)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            // The body's error is the one that counts.
            try? await channel.close()
            throw error
        }
    }

    private init(journal: Journal, port: Int) {
        self.journal = journal
        self.port = port
    }

    /// The next request that is done with arriving.
    func nextArrival() async -> Received? {
        var iterator = journal.arrivals.makeAsyncIterator()
        return await iterator.next()
    }
}

/// One connection: collects a request, asks for its act, carries it out.
private final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let journal: ScriptedServer.Journal
    private let number: Int
    private var bytes = ByteBuffer()
    /// The head of the request that is coming in, its act, and how long its body is.
    private var current: (head: String, act: ScriptedServer.Act, length: Int)?

    init(_ journal: ScriptedServer.Journal) {
        self.journal = journal
        number = journal.nextConnection()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        bytes.writeBuffer(&part)
        while takeRequest(context) {}
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let current {
            note(head: current.head, body: Array(bytes.readableBytesView), isWhole: false)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func takeRequest(_ context: ChannelHandlerContext) -> Bool {
        if current == nil {
            let view = bytes.readableBytesView
            guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
            let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
            bytes.moveReaderIndex(forwardBy: view.distance(from: view.startIndex, to: end.upperBound))
            let length =
                head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
            let act = journal.nextAct()
            if case .closeAfterHead = act {
                note(head: head, body: [], isWhole: length == 0)
                context.close(promise: nil)
                return false
            }
            current = (head, act, length)
        }
        guard let (head, act, length) = current, let body = bytes.readBytes(length: length) else { return false }
        current = nil
        note(head: head, body: body, isWhole: true)
        carryOut(act, context)
        return true
    }

    private func note(head: String, body: [UInt8], isWhole: Bool) {
        journal.note(.init(head: head, body: body, isWhole: isWhole, connection: number))
    }

    private func carryOut(_ act: ScriptedServer.Act, _ context: ChannelHandlerContext) {
        switch act {
        case .answer(let text):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .answerBytes(let bytes):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .answerThenClose(let text):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            context.close(promise: nil)
        case .closeAfterHead, .closeAfterRequest:
            context.close(promise: nil)
        case .resetAfterRequest:
            // To linger for no time is to reset.
            let channel = context.channel
            (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .whenComplete { _ in channel.close(promise: nil) }
        case .hang:
            break
        }
    }
}

/// Spells answers.
enum HTTP {
    static func answer(
        _ status: Int,
        _ body: String,
        headers: [(String, String)] = [],
        type: String = "application/json"
    )
        -> String
    {
        let lines = [("Content-Type", type), ("Content-Length", String(body.utf8.count))] + headers
        return head(status, lines) + body
    }

    static func head(_ status: Int, _ headers: [(String, String)]) -> String {
        "HTTP/1.1 \(status) Said\r\n" + headers.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n"
    }

    static let created = answer(
        201,
        #"{"id":"10000","key":"PROJ-24","self":"https://acme.example/rest/api/3/issue/10000"}"#
    )
}
