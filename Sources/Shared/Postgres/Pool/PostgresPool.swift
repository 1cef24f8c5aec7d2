import Dispatch
package import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// A pool of connections to one database.
///
/// Connections are opened when they are needed, on their own threads, with backoff while the server is away; callers are served in the
/// order they come and wait at most ``PostgresConfiguration/acquireTimeout``. The pool works as soon as it is made; ``run()`` adds upkeep
/// (dead, old and unused connections go) and closes it on graceful shutdown.
package final class PostgresPool: Service, PostgresClient {
    private typealias Waiter = CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>

    private struct State {
        var machine: PoolStateMachine
        var connections: [Int: PostgresConnection] = [:]
        var interrupts: [Int: Interrupt] = [:]
        var waiters: [UInt64: Waiter] = [:]
        /// Why the last attempt to connect failed, while none has succeeded since.
        var lastFailure: PostgresError?
        var hasTimer = false
    }

    package let configuration: PostgresConfiguration
    private let logger: Logger
    private let metrics = PoolMetrics()
    private let state: Mutex<State>

    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.state = Mutex(
            State(
                machine: PoolStateMachine(
                    PoolStateMachine.Configuration(
                        maximumConnections: configuration.maximumConnections,
                        acquireTimeout: configuration.acquireTimeout,
                        maximumLifetime: configuration.maximumLifetime,
                        idleTimeout: configuration.idleTimeout
                    )
                )
            )
        )
    }

    deinit { close() }

    // MARK: Running

    /// How often idle connections are looked at.
    private static let upkeepInterval = Duration.seconds(5)

    /// Keeps the pool healthy until graceful shutdown or cancellation, then closes it.
    package func run() async throws {
        defer { close() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // It throws on cancellation only.
                do { try await Task.sleep(for: Self.upkeepInterval) } catch { return }
                self.maintain()
            }
        }
    }

    /// Closes idle connections that are dead, old or long unused: what ``run()`` does now and then, for whoever knows that the
    /// server has been away.
    package func maintain() {
        let actions = state.withLock { state in
            // Nobody else can take an idle connection while we hold the lock, so its socket is ours to look at.
            let dead = state.machine.idleConnections.filter { state.connections[$0]?.looksAlive != true }
            return (state.machine.retire(dead: Set(dead), at: .now), state.machine)
        }
        metrics.record(actions.1)
        carryOut(actions.0)
    }

    /// Closes the pool: callers that wait fail with `.poolClosed`, leased connections are closed when they come back. Safe to repeat.
    package func close() {
        let (actions, interrupts) = state.withLock { ($0.machine.close(), Array($0.interrupts.values)) }
        for interrupt in interrupts { interrupt.set() }
        carryOut(actions)
    }

    // MARK: Using

    /// Lends a connection for the length of a closure.
    ///
    /// A connection that comes back broken or inside a transaction is closed, which rolls the transaction back.
    ///
    /// - Throws: The closure's error, or ``PostgresError``: `.connectionFailed` or `.poolExhausted` when there was no connection in time,
    ///   `.cancelled`, `.poolClosed`.
    package func withConnection<R: Sendable>(
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        let connection = try await acquire()
        defer { release(connection) }
        return try await body(connection)
    }

    /// Runs one statement on any connection.
    package func query(
        _ query: PostgresQuery,
        timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresResult {
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.query(query, timeout: timeout)
    }

    /// Runs several statements in one round trip, as a transaction: see ``PostgresConnection/pipeline(_:timeout:)``.
    package func pipeline(
        _ queries: [PostgresQuery],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresResult] {
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.pipeline(queries, timeout: timeout)
    }

    /// Asks the server for a sign of life, within 2 s once there is a connection.
    package func ping() async throws(PostgresError) {
        _ = try await query("SELECT 1", timeout: .seconds(2))
    }

    // MARK: Leasing

    /// Takes a connection that looks alive; ``release(_:)`` must follow.
    func acquire() async throws(PostgresError) -> PostgresConnection {
        while true {
            let idle = state.withLock { state in
                state.machine.leaseIdle().map { state.connections[$0]! }
            }
            guard let connection = idle else { return try await acquireByWaiting() }
            if connection.looksAlive { return connection }
            logger.debug("An idle connection had ended", metadata: ["postgres.connection": "\(connection.id)"])
            carryOut(state.withLock { $0.machine.release(connection.id, isReusable: false, at: .now) })
        }
    }

    /// Gives a connection back.
    func release(_ connection: PostgresConnection) {
        // A BEGIN that nothing carried means a transaction that never was.
        _ = connection.withdrawBegin()
        let isReusable = connection.condition == .ready
        carryOut(state.withLock { $0.machine.release(connection.id, isReusable: isReusable, at: .now) })
    }

    private func acquireByWaiting() async throws(PostgresError) -> PostgresConnection {
        let began = ContinuousClock.now
        let place = Mutex<UInt64?>(nil)
        let outcome: Result<PostgresConnection, PostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in self.enqueue(waiter, place) }
        } onCancel: {
            // Without a place it is not in the queue yet, and sees the cancellation itself.
            if let id = place.withLock({ $0 }) { self.leave(id) }
        }
        metrics.waited(ContinuousClock.now - began)
        return try outcome.get()
    }

    private func enqueue(_ waiter: Waiter, _ place: borrowing Mutex<UInt64?>) {
        var answer: Result<PostgresConnection, PostgresError>?
        var actions = PoolStateMachine.Actions()
        var deadline: ContinuousClock.Instant?
        let id: UInt64? = state.withLock { state in
            switch state.machine.acquire(at: .now) {
            case .leased(let id): answer = .success(state.connections[id]!)
            case .closed: answer = .failure(Self.closedError)
            case .waiting(let id, let wanted):
                state.waiters[id] = waiter
                actions = wanted
                if !state.hasTimer {
                    state.hasTimer = true
                    deadline = state.machine.nextDeadline()
                }
                return id
            }
            return nil
        }
        if let answer { return waiter.resume(returning: answer) }
        place.withLock { $0 = id }
        if let deadline { expire(after: deadline) }
        carryOut(actions)
        if Task.isCancelled, let id { leave(id) }
    }

    private func leave(_ id: UInt64) {
        let waiter = state.withLock { $0.machine.leave(id) ? $0.waiters.removeValue(forKey: id) : nil }
        waiter?.resume(returning: .failure(PostgresError(.cancelled, "Waiting for a connection was cancelled")))
    }

    /// One timer for all: those who came first are due first.
    private func expire(after deadline: ContinuousClock.Instant) {
        let pause = max(.zero, deadline - .now)
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(pause.nanoseconds)) { [weak self] in
            guard let self else { return }
            let (actions, next) = self.state.withLock { state in
                let actions = state.machine.expire(at: .now)
                let next = state.machine.nextDeadline()
                state.hasTimer = next != nil
                return (actions, next)
            }
            self.carryOut(actions)
            if let next { self.expire(after: next) }
        }
    }

    // MARK: Carrying out

    private func carryOut(_ actions: PoolStateMachine.Actions) {
        guard actions != PoolStateMachine.Actions() else { return }
        var answers: [(Waiter, Result<PostgresConnection, PostgresError>)] = []
        var opened: [(PostgresConnection, Interrupt)] = []
        var closed: [PostgresConnection] = []
        state.withLock { state in
            for grant in actions.grants {
                answers.append(
                    (state.waiters.removeValue(forKey: grant.waiter)!, .success(state.connections[grant.connection]!))
                )
            }
            for id in actions.opens {
                let connection = PostgresConnection(id: id, configuration: configuration, logger: logger)
                let interrupt = connection.makeInterrupt()
                state.connections[id] = connection
                state.interrupts[id] = interrupt
                opened.append((connection, interrupt))
            }
            for id in actions.closes {
                state.interrupts[id] = nil
                if let connection = state.connections.removeValue(forKey: id) { closed.append(connection) }
            }
            for id in actions.refusals {
                guard let waiter = state.waiters.removeValue(forKey: id) else { continue }
                answers.append((waiter, .failure(refusal(state))))
            }
        }
        for (connection, interrupt) in opened { open(connection, interrupt) }
        for connection in closed { connection.close() }
        for (waiter, answer) in answers { waiter.resume(returning: answer) }
    }

    private func open(_ connection: PostgresConnection, _ interrupt: Interrupt) {
        connection.open(interrupt) { error in
            var pause: Duration?
            let unit = Double.random(in: 0..<1)
            let actions = self.state.withLock { state in
                state.lastFailure = error
                guard let error else {
                    state.interrupts[connection.id] = nil
                    return state.machine.opened(connection.id, unit: unit, at: .now)
                }
                let (actions, next) = state.machine.openFailed(
                    connection.id,
                    isTransient: error.isTransient,
                    unit: unit
                )
                pause = next
                return actions
            }
            if let error {
                self.logger.debug(
                    "A connection could not be opened",
                    metadata: ["postgres.connection": "\(connection.id)", "error": "\(error)"]
                )
            }
            self.carryOut(actions)
            return pause
        }
    }

    private static var closedError: PostgresError { PostgresError(.poolClosed, "The pool of connections is closed") }

    /// Why somebody who waited gets nothing.
    private func refusal(_ state: borrowing State) -> PostgresError {
        if state.machine.isClosed { return Self.closedError }
        if let failure = state.lastFailure {
            return PostgresError(failure.code, failure.message, sqlState: failure.sqlState, cause: failure)
        }
        let limit = configuration.maximumConnections
        guard state.machine.leasedCount >= limit else {
            return PostgresError(
                .connectionFailed,
                "The database did not answer within \(configuration.acquireTimeout)"
            )
        }
        return PostgresError(.poolExhausted, "All \(limit) connections stayed busy for \(configuration.acquireTimeout)")
    }
}

extension Duration {
    fileprivate var nanoseconds: Int {
        let (seconds, attoseconds) = components
        return Int(min(seconds, 1_000_000_000)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
}
