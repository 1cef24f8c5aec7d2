import Logging
import NIOCore
import Synchronization

/// The subscription connection: made when somebody first listens, kept up from then on.
final class RedisSubscriber: Sendable {
    private typealias Machine = SubscriptionStateMachine

    private struct Listener {
        let mailbox: RedisMailbox
        /// Resumed once, when Redis has confirmed or refused, or nobody waits any more.
        var waiter: CheckedContinuation<Result<Void, RedisError>, Never>?
    }

    private struct State {
        var machine = Machine()
        var listeners: [Machine.ListenerID: Listener] = [:]
        var nextID: Machine.ListenerID = 1
        var channel: (any Channel)?
        var connection: RedisLink.ConnectionID?
        var isRunning = false
        var isLinked = false
        var isStopped = false
        var lastFault: RedisError?
    }

    private let configuration: RedisConfiguration
    private let eventLoop: any EventLoop
    private let state = Mutex(State())
    private let link: RedisLink

    init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        let relay = WeakRelay<RedisSubscriber>()
        link = RedisLink(
            configuration: configuration,
            role: "subscriptions",
            eventLoop: eventLoop,
            logger: logger
        ) { event in relay.target?.handle(event) }
        relay.set(self)
    }

    func start() {
        state.withLock { $0.isRunning = true }
        linkIfWanted()
    }

    /// Ends every subscription.
    func stop() {
        link.stop()
        let listeners = state.withLock { state in
            state.isStopped = true
            defer { state.listeners.removeAll() }
            return Array(state.listeners.values)
        }
        for listener in listeners {
            listener.mailbox.finish()
            listener.waiter?.resume(returning: .failure(RedisError(.closed, "the Redis client is shut down")))
        }
    }

    /// Gives the connection up; the next one takes all subscriptions over.
    func renew() {
        guard let connection = state.withLock({ $0.connection }) else { return }
        link.drop(connection, because: RedisError(.connectionLost, "the subscriptions are renewed"))
    }

    /// - SeeAlso: ``RedisClient/subscribe(to:limit:timeout:)``
    func subscribe(
        to names: [String],
        limit: Int,
        timeout: Duration
    ) async throws(RedisError) -> RedisSubscription {
        precondition(!names.isEmpty, "A subscription names a channel")
        let mailbox = RedisMailbox(limit: limit)
        let channels = Array(Set(names))
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let deadline = eventLoop.scheduleTask(in: TimeAmount(timeout)) { self.giveUp(id, .unavailable) }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                begin(id, channels, Listener(mailbox: mailbox, waiter: waiter))
                // Cancellation before `begin` found nobody.
                if Task.isCancelled { giveUp(id, .cancelled) }
            }
        } onCancel: {
            giveUp(id, .cancelled)
        }
        deadline.cancel()
        try result.get()
        return RedisSubscription(channels: channels, mailbox: mailbox) { [weak self] in self?.remove(id) }
    }

    private func begin(_ id: Machine.ListenerID, _ channels: [String], _ listener: Listener) {
        let result = state.withLock { state -> Result<Void, RedisError>? in
            guard !state.isStopped else { return .failure(RedisError(.closed, "the Redis client is shut down")) }
            let (commands, isEstablished) = state.machine.add(id, channels: channels)
            write(commands, &state)
            state.listeners[id] = listener
            if isEstablished { state.listeners[id]?.waiter = nil }
            return isEstablished ? .success(()) : nil
        }
        if let result { listener.waiter?.resume(returning: result) }
        linkIfWanted()
    }

    private func remove(_ id: Machine.ListenerID) {
        state.withLock { state in
            state.listeners[id] = nil
            write(state.machine.remove(id), &state)
        }
    }

    /// Gives up the connection; the next one takes all subscriptions up again.
    func moveOn(because fault: RedisError) {
        if let connection = state.withLock({ $0.connection }) { link.drop(connection, because: fault) }
    }

    /// Ends a wait for confirmation, if it still lasts.
    private func giveUp(_ id: Machine.ListenerID, _ code: RedisError.Code) {
        let (waiter, cause) = state.withLock { ($0.listeners[id]?.waiter.take(), $0.lastFault) }
        guard let waiter else { return }
        remove(id)
        let reason =
            code == .cancelled ? "the wait for Redis was cancelled" : "Redis did not confirm a subscription in time"
        waiter.resume(returning: .failure(RedisError(code, reason, cause: code == .cancelled ? nil : cause)))
    }

    private func linkIfWanted() {
        let isFirst = state.withLock { state in
            guard state.isRunning, !state.isLinked, !state.isStopped, state.machine.isWanted else { return false }
            state.isLinked = true
            return true
        }
        if isFirst {
            link.start()
            watch()
        }
    }

    /// Under the lock, so that the order of the bytes is that of the machine's queue; NIO only takes them here.
    private func write(_ commands: [Machine.Command], _ state: inout State) {
        guard let channel = state.channel, !commands.isEmpty else { return }
        var buffer = ByteBuffer()
        for command in commands {
            switch command {
            case .subscribe(let name): RESPEncoder.encode(RedisCommand("SUBSCRIBE", RedisArgument(name)), into: &buffer)
            case .unsubscribe(let name):
                RESPEncoder.encode(RedisCommand("UNSUBSCRIBE", RedisArgument(name)), into: &buffer)
            case .ping: RESPEncoder.encode(RedisCommand("PING"), into: &buffer)
            }
        }
        let bytes = buffer
        eventLoop.execute { channel.writeAndFlush(bytes, promise: nil) }
    }

    /// Asks for a sign of life every command time-out, and gives up a connection that was silent for two of them.
    private func watch() {
        eventLoop.scheduleTask(in: TimeAmount(configuration.commandTimeout)) {
            let silent = self.state.withLock { state -> RedisLink.ConnectionID? in
                guard let connection = state.connection else { return nil }
                let limit = TimeAmount(self.configuration.commandTimeout * 2) - .milliseconds(1)
                if NIODeadline.now() - state.machine.lastHeard >= limit { return connection }
                if let ping = state.machine.ping() { self.write([ping], &state) }
                return nil
            }
            if let silent { self.link.drop(silent, because: RedisError(.timedOut, "Redis is silent")) }
            if !self.state.withLock({ $0.isStopped }) { self.watch() }
        }
    }

    private func handle(_ event: RedisLink.Event) {
        switch event {
        case .up(let id, let channel):
            state.withLock { state in
                state.channel = channel
                state.connection = id
                write(state.machine.connected(id, at: .now()), &state)
            }
        case .replies(let replies, let id):
            for reply in replies {
                do {
                    let outcomes = try state.withLock { state throws(RedisError) in
                        state.connection == id ? try state.machine.received(reply, at: .now()) : []
                    }
                    for outcome in outcomes { carryOut(outcome) }
                } catch {
                    return link.drop(id, because: error)
                }
            }
        case .down(let id, let fault):
            state.withLock { state in
                state.lastFault = fault
                state.machine.disconnected(id)
                if state.connection == id {
                    state.connection = nil
                    state.channel = nil
                }
            }
        }
    }

    private func carryOut(_ outcome: Machine.Outcome) {
        switch outcome {
        case .established(let id):
            state.withLock { $0.listeners[id]?.waiter.take() }?.resume(returning: .success(()))
        case .resubscribed(let id):
            state.withLock { $0.listeners[id]?.mailbox }?.deliver(.resubscribed)
        case .refused(let id, let text):
            let listener = state.withLock { state in
                write(state.machine.remove(id), &state)
                return state.listeners.removeValue(forKey: id)
            }
            listener?.mailbox.finish()
            listener?.waiter?.resume(returning: .failure(.server(text)))
        case .message(let channel, let bytes, let ids):
            let mailboxes = state.withLock { state in ids.compactMap { state.listeners[$0]?.mailbox } }
            for mailbox in mailboxes { mailbox.deliver(.message(channel: channel, bytes: bytes)) }
        }
    }
}
