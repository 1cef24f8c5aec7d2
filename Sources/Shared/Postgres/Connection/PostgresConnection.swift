import Glibc
import Logging
import Synchronization

/// What statements can be sent to: a pool, or one connection of it.
package protocol PostgresClient: Sendable {
    /// Runs one statement.
    ///
    /// - Parameter timeout: nil for the configuration's.
    func query(_ query: PostgresQuery, timeout: Duration?) async throws(PostgresError) -> PostgresResult
}

extension PostgresClient {
    /// Runs one statement with the configuration's time limit.
    package func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresResult {
        try await self.query(query, timeout: nil)
    }

    /// Runs one statement for its effect.
    ///
    /// - Returns: The number of rows that were inserted, updated or deleted.
    @discardableResult
    package func execute(_ query: PostgresQuery) async throws(PostgresError) -> Int {
        try await self.query(query, timeout: nil).rowsAffected
    }
}

/// One connection, which runs its statements one after another on a thread of its own.
///
/// Cancelling a task that waits for a statement asks the server to give it up and returns at once; the connection is then of no further
/// use, and the pool replaces it. The same holds for a time limit that passes.
package actor PostgresConnection: PostgresClient {
    /// What the pool may know without waiting for the connection's thread.
    enum Condition: UInt8 {
        case ready, inTransaction, unusable
    }

    nonisolated let id: Int
    private nonisolated let thread: ConnectionThread
    private nonisolated let configuration: PostgresConfiguration
    private nonisolated let currentCondition = Atomic<UInt8>(Condition.unusable.rawValue)
    private nonisolated let currentSocket = Atomic<Int32>(-1)
    private nonisolated let currentProcess = Atomic<Int32>(0)
    /// The `BEGIN` that travels with the next statement.
    private nonisolated let opening = Mutex<TransactionOpening?>(nil)
    private let handle: PostgresHandle

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(id: Int, configuration: PostgresConfiguration, logger: Logger) {
        self.id = id
        self.configuration = configuration
        self.thread = ConnectionThread(name: "postgres-\(id)")
        self.handle = PostgresHandle(logger: logger)
    }

    deinit { thread.stop() }

    // MARK: Statements

    /// Runs one statement, prepared on its first use.
    ///
    /// - Throws: ``PostgresError``: `.server` with the SQLSTATE, `.timedOut`, `.cancelled`, `.connectionLost`, `.encoding`.
    package func query(
        _ query: PostgresQuery,
        timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresResult {
        try await exchange(timeout) { (handle, opening, wait) throws(PostgresError) in
            do throws(PostgresError) {
                return try handle.run([query], opening: opening, wait)[0]
            } catch {
                // The server refused before it began, so the statement may be sent again, prepared anew; not within a
                // transaction, which the refusal has ended.
                guard error.isStalePlan, !handle.isInTransaction else { throw error }
                return try handle.run([query], wait)[0]
            }
        }
    }

    /// Runs several statements in one round trip.
    ///
    /// Outside a transaction they stand or fall together, as in a transaction of their own.
    ///
    /// - Returns: A result for each, in order.
    /// - Throws: The first statement's error; the later ones were not run.
    package func pipeline(
        _ queries: [PostgresQuery],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresResult] {
        guard !queries.isEmpty else { return [] }
        return try await exchange(timeout) { (handle, opening, wait) throws(PostgresError) in
            try handle.run(queries, opening: opening, wait)
        }
    }

    /// Runs a script of several statements, without parameters or rows: for migrations.
    package func simple(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) {
        try await exchange(timeout) { (handle, opening, wait) throws(PostgresError) in
            if let opening { _ = try handle.run([], opening: opening, wait) }
            try handle.runScript(sql, wait)
        }
    }

    /// Runs one exchange on the connection's thread, with a deadline and ended by the task's cancellation.
    private func exchange<R: Sendable>(
        _ timeout: Duration?,
        _ body: (PostgresHandle, TransactionOpening?, Wait) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        let interrupt = Interrupt(thread.wakeUp)
        let outcome: Result<R, PostgresError> = await withTaskCancellationHandler {
            let deadline = ContinuousClock.now + (timeout ?? configuration.queryTimeout)
            let wait = Wait(deadline: deadline, interrupt: interrupt, wakeUp: thread.wakeUp)
            defer { note() }
            do throws(PostgresError) {
                // Nothing was sent yet, so the connection stays good.
                if interrupt.isSet {
                    throw PostgresError(.cancelled, "The task was cancelled before its statement was sent")
                }
                return .success(try body(handle, takeOpening(), wait))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            interrupt.set()
        }
        return try outcome.get()
    }

    private func takeOpening() -> TransactionOpening? {
        opening.withLock { opening in
            defer { opening = nil }
            return opening
        }
    }

    /// Publishes how the connection stands.
    private func note() {
        let condition: Condition = !handle.isUsable ? .unusable : handle.isInTransaction ? .inTransaction : .ready
        currentCondition.store(condition.rawValue, ordering: .releasing)
        currentSocket.store(handle.isUsable ? handle.socket : -1, ordering: .releasing)
        currentProcess.store(handle.processID, ordering: .releasing)
    }

    // MARK: For the pool

    /// How the connection stood after its last statement.
    nonisolated var condition: Condition {
        Condition(rawValue: currentCondition.load(ordering: .acquiring)) ?? .unusable
    }

    /// The server's process, as in `pg_stat_activity`; 0 before connecting.
    package nonisolated var processID: Int32 { currentProcess.load(ordering: .acquiring) }

    /// Whether an idle connection shows no sign of its end: nothing waits to be read.
    ///
    /// The server hardly ever speaks unasked but to say good-bye, so whatever it says is taken for that; replacing a healthy
    /// connection does no harm.
    ///
    /// Only for its present holder, between statements: the socket is then nobody else's.
    nonisolated var looksAlive: Bool {
        guard condition == .ready else { return false }
        var descriptor = pollfd(fd: currentSocket.load(ordering: .acquiring), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }

    /// Makes the next statement begin a transaction, in the same round trip.
    nonisolated func beginWithNextStatement(_ opening: TransactionOpening) {
        self.opening.withLock { $0 = opening }
    }

    /// Takes a `BEGIN` back that no statement has carried.
    ///
    /// - Returns: Whether there was one: then there is no transaction.
    nonisolated func withdrawBegin() -> Bool {
        opening.withLock { opening in
            defer { opening = nil }
            return opening != nil
        }
    }

    /// Connects, on the connection's thread, as often as `attempt` asks for it.
    ///
    /// - Parameters:
    ///   - interrupt: Ends connecting and pausing.
    ///   - attempted: Gets each outcome; answers with the pause before the next attempt, nil for an end.
    nonisolated func open(_ interrupt: Interrupt, _ attempted: @escaping @Sendable (PostgresError?) -> Duration?) {
        thread.perform {
            while let pause = attempted(self.assumeIsolated { $0.connect(interrupt) }) {
                let wait = Wait(deadline: .now + pause, interrupt: interrupt, wakeUp: self.thread.wakeUp)
                _ = wait.forSocket(-1, 0)
            }
        }
    }

    /// What stops ``open(_:_:)``.
    nonisolated func makeInterrupt() -> Interrupt { Interrupt(thread.wakeUp) }

    private func connect(_ interrupt: Interrupt) -> PostgresError? {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        defer { note() }
        do throws(PostgresError) {
            try handle.connect(configuration, Wait(deadline: deadline, interrupt: interrupt, wakeUp: thread.wakeUp))
            return nil
        } catch {
            return error
        }
    }

    /// Closes the connection when its thread has done what is enqueued. Later statements fail with `.connectionLost`.
    nonisolated func close() {
        thread.perform {
            self.assumeIsolated { connection in
                connection.handle.finish()
                connection.note()
            }
        }
    }
}
