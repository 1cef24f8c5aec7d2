import Logging
import Metrics
import NIOCore
import NIOPosix
import NIOSSL

/// Keeps one connection up: connects, greets, and connects again after a pause whenever it ends.
///
/// Everything happens on one event loop, where the events are delivered in order: `up`, then `replies`, then `down`; only
/// then the next `up`. All methods may be called from anywhere.
final class RedisLink: Sendable {
    typealias ConnectionID = Int

    enum Event {
        /// The connection is greeted and takes commands.
        case up(ConnectionID, any Channel)
        case replies([RedisReply], ConnectionID)
        /// The connection is gone, or could not be made (then there was no `up`). Another attempt follows by itself.
        case down(ConnectionID, RedisError)
    }

    private enum Phase {
        case idle
        case connecting(ConnectionID)
        case greeting(ConnectionID, any Channel)
        case up(ConnectionID, any Channel, since: NIODeadline)
        case pausing
        case stopped
    }

    private struct State {
        var phase = Phase.idle
        var backoff: RedisBackoff
        var nextID: ConnectionID = 1
    }

    let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let role: String
    private let logger: Logger
    private let state: NIOLoopBoundBox<State>
    private let report: @Sendable (Event) -> Void
    private let attempts: Counter

    /// - Parameters:
    ///   - role: Distinguishes the connections of one client, in Redis's `CLIENT LIST`, logs and metrics.
    ///   - report: Takes the events, on the event loop.
    init(
        configuration: RedisConfiguration,
        role: String,
        eventLoop: any EventLoop,
        logger: Logger,
        report: @escaping @Sendable (Event) -> Void
    ) {
        self.configuration = configuration
        self.role = role
        self.eventLoop = eventLoop
        self.report = report
        var logger = logger
        logger[metadataKey: "redis.server"] = "\(configuration)"
        logger[metadataKey: "redis.role"] = "\(role)"
        self.logger = logger
        state = .makeBoxSendingValue(State(backoff: configuration.backoff), eventLoop: eventLoop)
        attempts = Counter(label: "tramline_redis_connects_total", dimensions: [("role", role)])
    }

    /// Begins to connect. Once.
    func start() {
        onLoop { link in
            guard case .idle = link.state.value.phase else { return }
            link.connect()
        }
    }

    /// Closes for good. The connection's `down` still comes, if it was up.
    func stop() {
        onLoop { link in
            let phase = link.state.value.phase
            link.state.value.phase = .stopped
            switch phase {
            case .greeting(_, let channel):
                channel.close(promise: nil)
            case .up(let id, let channel, _):
                channel.close(promise: nil)
                link.report(.down(id, RedisError(.closed, "the Redis client is shut down")))
            case .idle, .connecting, .pausing, .stopped:
                break
            }
        }
    }

    /// Gives up a connection that is no longer of use, if it is still the current one.
    func drop(_ id: ConnectionID, because fault: RedisError) {
        onLoop { $0.ended(id, fault) }
    }

    private func onLoop(_ body: @escaping @Sendable (RedisLink) -> Void) {
        eventLoop.execute { body(self) }
    }

    private func connect() {
        let id = state.value.nextID
        state.value.nextID += 1
        state.value.phase = .connecting(id)
        attempts.increment()
        let timeout = TimeAmount(configuration.connectTimeout)
        let deadline = eventLoop.scheduleTask(in: timeout) {
            self.ended(id, RedisError(.unavailable, "no greeting from Redis in time"))
        }
        ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connect(host: configuration.host, port: configuration.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.greet(channel, id, deadline)
                case .failure(let error):
                    deadline.cancel()
                    self.ended(id, RedisError(.unavailable, "cannot connect to Redis", cause: error))
                }
            }
    }

    private func greet(_ channel: any Channel, _ id: ConnectionID, _ deadline: Scheduled<Void>) {
        guard case .connecting(id) = state.value.phase else {
            // Stopped, or past the deadline, while connecting.
            deadline.cancel()
            return channel.close(promise: nil)
        }
        state.value.phase = .greeting(id, channel)
        let handler = RedisConnectionHandler(
            greeting: RedisGreeting.steps(for: configuration, role: role),
            replyLimit: configuration.replyLimit
        ) { event in
            switch event {
            case .ready:
                deadline.cancel()
                self.greeted(id)
            case .replies(let replies):
                self.report(.replies(replies, id))
            case .closed(let fault):
                deadline.cancel()
                self.ended(id, fault)
            }
        }
        do {
            // Added to a connection that already stands, not while it is being made: where a name has several addresses,
            // NIO tries several connections and keeps one, and only that one may greet.
            if configuration.usesTLS { try channel.pipeline.syncOperations.addHandler(makeTLSHandler()) }
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            deadline.cancel()
            ended(id, RedisError(.configuration, "cannot set up the connection", cause: error))
        }
    }

    private func makeTLSHandler() throws -> NIOSSLClientHandler {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = configuration.certificateAuthorityFile { tls.trustRoots = .file(file) }
        // A server name must be a name; for an address NIOSSL checks the certificate against the peer's address. What cannot be
        // read as an address is a name: the error says just that.
        let isAddress = (try? SocketAddress(ipAddress: configuration.host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: tls),
            serverHostname: isAddress ? nil : configuration.host
        )
    }

    private func greeted(_ id: ConnectionID) {
        guard case .greeting(id, let channel) = state.value.phase else { return }
        state.value.phase = .up(id, channel, since: .now())
        logger.debug("Connected to Redis")
        report(.up(id, channel))
    }

    /// Settles the end of a connection or of an attempt, once, and plans the next one.
    private func ended(_ id: ConnectionID, _ fault: RedisError) {
        switch state.value.phase {
        case .connecting(id):
            break
        case .greeting(id, let channel):
            channel.close(promise: nil)
        case .up(id, let channel, let since):
            channel.close(promise: nil)
            // A server that greets and then drops us at once must not be asked again in a tight circle.
            if .now() - since >= TimeAmount(configuration.backoff.longest) { state.value.backoff.reset() }
        default:
            return
        }
        state.value.phase = .pausing
        logger.debug("Lost Redis", metadata: ["error": "\(fault.debugDescription)"])
        var generator = SystemRandomNumberGenerator()
        let pause = state.value.backoff.next(using: &generator)
        report(.down(id, fault))
        eventLoop.scheduleTask(in: TimeAmount(pause)) {
            guard case .pausing = self.state.value.phase else { return }
            self.connect()
        }
    }
}
