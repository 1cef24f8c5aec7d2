package import Logging
import Metrics
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// One multiplexed, pipelined connection to Redis, shared by everybody in the process.
///
/// Commands of many tasks leave in one packet where they meet, and are answered in order. The connection comes back by
/// itself; what was in flight when it ended fails with `.connectionLost` and is never repeated, what was not sent yet
/// waits for the next connection until its deadline. Subscriptions live on a second connection, made when the first of
/// them is.
///
/// Nothing is sent before ``run()``. On graceful shutdown no new command is taken and those accepted may end.
package final class RedisClient: Service, Sendable {
    typealias Waiter = CheckedContinuation<Result<[RedisReply], RedisError>, Never>
    typealias Machine = CommandStateMachine<Waiter>

    private struct State {
        var machine: Machine
        var channel: (any Channel)?
        /// Where ``run()`` waits for the end.
        var end: CheckedContinuation<Void, Never>?
    }

    package let configuration: RedisConfiguration
    private let state: Mutex<State>
    private let link: RedisLink
    private let eventLoop: any EventLoop
    private let nextID = Atomic<UInt64>(1)
    private let hasRun = Atomic<Bool>(false)
    private let subscriber: RedisSubscriber
    private let commandTimer = Timer(label: "tramline_redis_command_seconds")

    /// Makes a client; ``run()`` connects it.
    package init(
        configuration: RedisConfiguration,
        logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        eventLoop = eventLoopGroup.next()
        let machine = Machine(limit: configuration.pendingLimit, silence: TimeAmount(configuration.commandTimeout))
        state = Mutex(State(machine: machine))
        let relay = WeakRelay<RedisClient>()
        link = RedisLink(
            configuration: configuration,
            role: "commands",
            eventLoop: eventLoop,
            logger: logger
        ) { event in relay.target?.handle(event) }
        subscriber = RedisSubscriber(configuration: configuration, eventLoop: eventLoop, logger: logger)
        relay.set(self)
    }

    /// Connects and stays connected, until graceful shutdown or cancellation. Once.
    package func run() async throws {
        precondition(!hasRun.exchange(true, ordering: .relaxed), "A Redis client runs once")
        link.start()
        subscriber.start()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                    let isOver = state.withLock { state in
                        if state.machine.phase == .closed { return true }
                        state.end = continuation
                        return false
                    }
                    if isOver { continuation.resume() }
                }
            } onGracefulShutdown: {
                self.shutDown(now: false)
            }
        } onCancel: {
            self.shutDown(now: true)
        }
        link.stop()
        subscriber.stop()
    }

    // MARK: Commands

    /// Sends a command and waits for its reply.
    ///
    /// Cancelling the task gives up the place and leaves the connection to the others.
    ///
    /// - Parameter timeout: From now to the reply. Default ``RedisConfiguration/commandTimeout``.
    /// - Throws: ``RedisError``: `.unavailable`, `.overloaded` and `.closed` when it was not sent; `.timedOut`,
    ///   `.connectionLost` and `.cancelled` with ``RedisError/mayHaveRun`` as it is; `.server` for an error reply.
    package func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(RedisError) -> RedisReply {
        let reply = try await exchange([command], timeout: timeout)[0]
        if case .error(let text) = reply { throw .server(text) }
        return reply
    }

    /// Sends several commands together and waits for all replies, in order.
    ///
    /// Not a transaction: others' commands may run between them. Error replies are returned in their place, as
    /// ``RedisReply/error(_:)``; failures of the connection are thrown as by ``send(_:timeout:)``, for all of them.
    package func pipeline(
        _ commands: [RedisCommand],
        timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        commands.isEmpty ? [] : try await exchange(commands, timeout: timeout)
    }

    /// Runs a script by its digest, sending its source only when Redis does not have it.
    ///
    /// - Throws: As ``send(_:timeout:)``.
    package func evaluate(
        _ script: RedisScript,
        keys: [String],
        arguments: [RedisArgument],
        timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        let rest = [RedisArgument(keys.count)] + keys.map { RedisArgument($0) } + arguments
        do {
            return try await send(
                RedisCommand("EVALSHA", arguments: [RedisArgument(script.sha1)] + rest),
                timeout: timeout
            )
        } catch  where error.serverCode == "NOSCRIPT" {
            // NOSCRIPT says that nothing ran, so sending the source cannot run it twice.
            return try await send(
                RedisCommand("EVAL", arguments: [RedisArgument(script.source)] + rest),
                timeout: timeout
            )
        }
    }

    /// Succeeds when Redis answers in time.
    package func ping(timeout: Duration? = nil) async throws(RedisError) {
        _ = try await send(RedisCommand("PING"), timeout: timeout)
    }

    /// Sends a message to all who subscribe to a channel now. Returns how many connections that were.
    @discardableResult
    package func publish(_ message: RedisArgument, to channel: String) async throws(RedisError) -> Int {
        Int(try await send(RedisCommand("PUBLISH", RedisArgument(channel), message)).integer())
    }

    /// Listens to channels; returns when Redis has confirmed all of them.
    ///
    /// However many listen to a channel, Redis sees one subscription of this client.
    ///
    /// - Parameters:
    ///   - limit: The most events kept for a slow listener; older ones are dropped and counted. Default 256.
    ///   - timeout: For the confirmation. Default ``RedisConfiguration/commandTimeout``.
    /// - Throws: ``RedisError`` with `.unavailable` when Redis did not confirm in time, `.server` when it refused.
    package func subscribe(
        to channels: [String],
        limit: Int = 256,
        timeout: Duration? = nil
    ) async throws(RedisError) -> RedisSubscription {
        try await subscriber.subscribe(to: channels, limit: limit, timeout: timeout ?? configuration.commandTimeout)
    }

    /// Makes the subscriptions' connection anew: for whoever finds that it stands and nothing comes through it.
    ///
    /// Every subscription is told ``RedisSubscriptionEvent/resubscribed`` when it hears again.
    package func renewSubscriptions() { subscriber.renew() }

    // MARK: The shell

    private func exchange(_ commands: [RedisCommand], timeout: Duration?) async throws(RedisError) -> [RedisReply] {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        let start = NIODeadline.now()
        let deadline = start + TimeAmount(timeout ?? configuration.commandTimeout)
        var payload = ByteBuffer()
        for command in commands { RESPEncoder.encode(command, into: &payload) }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let action = state.withLock {
                    $0.machine.add(id, payload: payload, expected: commands.count, waiter: waiter, deadline: deadline)
                }
                carryOut(action, for: waiter)
                // Cancellation before `add` found nothing to cancel.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
        commandTimer.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        return try result.get()
    }

    private func carryOut(_ action: Machine.AddAction, for waiter: Waiter) {
        switch action {
        case .refuse(let code):
            let reason = code == .overloaded ? "too many commands wait for Redis" : "the Redis client is shut down"
            waiter.resume(returning: .failure(RedisError(code, reason)))
        case .accept(let flush, let timer):
            if let flush { eventLoop.execute { self.flush(flush) } }
            if let timer { plan(timer) }
        }
    }

    private func flush(_ id: RedisLink.ConnectionID) {
        let (bytes, channel) = state.withLock { ($0.machine.takeWritable(for: id, at: .now()), $0.channel) }
        if let bytes, let channel { channel.writeAndFlush(bytes, promise: nil) }
    }

    private func cancel(_ id: Machine.CommandID) {
        let failed = state.withLock { $0.machine.cancel(id) }
        guard let failed else { return }
        let error = RedisError(.cancelled, "the wait for Redis was cancelled", mayHaveRun: failed.wasWritten)
        failed.waiter.resume(returning: .failure(error))
        endIfClosed()
    }

    private func plan(_ timer: NIODeadline) {
        eventLoop.scheduleTask(deadline: timer) { self.expire(timer) }
    }

    private func expire(_ timer: NIODeadline) {
        let (expired, cause) = state.withLock { ($0.machine.expire(timer: timer, at: .now()), $0.machine.lastFault) }
        if let next = expired.timer { plan(next) }
        for failed in expired.failed {
            let error =
                failed.wasWritten
                ? RedisError(.timedOut, "Redis did not answer in time", mayHaveRun: true)
                : RedisError(.unavailable, "no connection to Redis in time", cause: cause)
            failed.waiter.resume(returning: .failure(error))
        }
        if let silent = expired.silent { link.drop(silent, because: RedisError(.timedOut, "Redis is silent")) }
        endIfClosed()
    }

    private func handle(_ event: RedisLink.Event) {
        switch event {
        case .up(let id, let channel):
            let hasWork = state.withLock { state in
                state.channel = channel
                return state.machine.connected(id, at: .now())
            }
            if hasWork { flush(id) }
        case .replies(let replies, let id):
            let received = state.withLock { $0.machine.received(replies, on: id, at: .now()) }
            for (waiter, replies) in received.finished { waiter.resume(returning: .success(replies)) }
            if received.isOutOfStep {
                link.drop(id, because: RedisError(.malformedReply, "Redis sent a reply that nobody asked for"))
            } else if replies.contains(where: \.saysReadOnly) {
                moveOn(from: id)
            }
            endIfClosed()
        case .down(let id, let fault):
            let lost = state.withLock { $0.machine.disconnected(id, because: fault) }
            for waiter in lost {
                let error = RedisError(.connectionLost, "the connection to Redis ended", cause: fault, mayHaveRun: true)
                waiter.resume(returning: .failure(error))
            }
            endIfClosed()
        }
    }

    /// A fail-over has made a replica of the server that we are at: whoever stays there writes nothing any more, while its name
    /// may lead to the new master. Subscriptions move too: an old master hears of nothing that happens at the new one.
    private func moveOn(from id: RedisLink.ConnectionID) {
        let fault = RedisError(.unavailable, "Redis has become a replica")
        link.drop(id, because: fault)
        subscriber.moveOn(because: fault)
    }

    private func shutDown(now isImmediate: Bool) {
        let failed = state.withLock { $0.machine.shutDown(now: isImmediate) }
        for failed in failed {
            let error = RedisError(.closed, "the Redis client is shut down", mayHaveRun: failed.wasWritten)
            failed.waiter.resume(returning: .failure(error))
        }
        endIfClosed()
    }

    private func endIfClosed() {
        let end = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.machine.phase == .closed else { return nil }
            state.channel = nil
            return state.end.take()
        }
        end?.resume()
    }
}

extension RedisReply {
    fileprivate var saysReadOnly: Bool {
        if case .error(let text) = self { text.hasPrefix("READONLY") } else { false }
    }
}

/// Breaks the circle between an object and the closure that it gives away in its own initialiser.
final class WeakRelay<Target: AnyObject & Sendable>: Sendable {
    private struct Reference: Sendable {
        weak var target: Target?
    }

    private let reference = Mutex(Reference())

    var target: Target? { reference.withLock { $0.target } }

    func set(_ target: Target) {
        reference.withLock { $0.target = target }
    }
}
