import Delivery
import HTTPTypes
import Logging
import Metrics
import Record
import ServiceLifecycle
import Synchronization
import Telemetry
import TramlineModel

/// Brings sessions' progress to their listeners: one subscription and one reading for each session, however many listen.
///
/// Publications only wake; what is sent is read from PostgreSQL. A slow look at all sessions that are listened to, one
/// query for all, makes a lost publication or a Redis that is away a delay and nothing more.
final class ProgressRelay: Service {
    struct Configuration: Sendable {
        /// How often it is looked for messages that no wake told of; default 5 s.
        var lookInterval: Duration = .seconds(5)
        /// How long after a subscription that failed the next is tried; default 1 s.
        var subscribeInterval: Duration = .seconds(1)
        /// The most listeners in this process; default 10,000.
        var maximumListeners: Int = 10_000
    }

    typealias ListenerID = ProgressFeedStateMachine.ListenerID

    private struct Feed {
        /// Tells a session's feed from an earlier one.
        let id: UInt64
        var machine = ProgressFeedStateMachine()
        /// Wakes the reading task.
        let bell: AsyncStream<Void>.Continuation
    }

    private struct State {
        var feeds: [SessionID: Feed] = [:]
        var waiting: [ListenerID: CheckedContinuation<Void, Never>] = [:]
        var nextID: UInt64 = 1
        var listeners = 0
        var isStopped = false
    }

    /// A feed to be served by ``run()``.
    private struct Start: Sendable {
        let session: SessionID
        let feed: UInt64
        let bells: AsyncStream<Void>
    }

    private let reader: ProgressReader
    private let delivery: Delivery
    private let configuration: Configuration
    private let logger: Logger
    private let state = Mutex(State())
    private let starts: AsyncStream<Start>
    private let starter: AsyncStream<Start>.Continuation
    private let gauge = Gauge(label: MetricName.progressClients)

    init(
        sessions: SessionStore,
        delivery: Delivery,
        configuration: Configuration = Configuration(),
        logger: Logger
    ) {
        reader = ProgressReader(sessions: sessions, spacing: delivery.spacing)
        self.delivery = delivery
        self.configuration = configuration
        self.logger = logger
        // There are no more feeds than listeners, so none is dropped.
        (starts, starter) = AsyncStream.makeStream(
            of: Start.self,
            bufferingPolicy: .bufferingOldest(configuration.maximumListeners)
        )
    }

    // MARK: Listening

    /// Begins to listen to a session.
    ///
    /// - Parameter sequence: the newest message that the listener has seen; `nil` for a snapshot first.
    /// - Throws: ``APIError`` with 503 when the relay is full or has stopped.
    func listen(to session: SessionID, after sequence: Int64?) throws(APIError) -> ProgressListener {
        let joined = state.withLock { state -> (ListenerID, Start?)? in
            guard !state.isStopped, state.listeners < configuration.maximumListeners else { return nil }
            var start: Start?
            if state.feeds[session] == nil {
                let (bells, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                state.feeds[session] = Feed(id: state.nextID, bell: bell)
                start = Start(session: session, feed: state.nextID, bells: bells)
                state.nextID += 1
            }
            let id = state.nextID
            state.nextID += 1
            state.listeners += 1
            state.feeds[session]!.machine.join(id, after: sequence)
            state.feeds[session]!.bell.yield()
            gauge.record(state.listeners)
            return (id, start)
        }
        guard let (id, start) = joined else {
            throw APIError(
                status: .serviceUnavailable,
                code: .overloaded,
                message: "No more clients can listen at the moment.",
                headers: [.retryAfter: "5"]
            )
        }
        if let start { starter.yield(start) }
        return ProgressListener(relay: self, session: session, id: id)
    }

    /// The listener's next item; `nil` when the task is cancelled.
    fileprivate func next(_ id: ListenerID, of session: SessionID) async -> ProgressItem? {
        while !Task.isCancelled {
            let item = state.withLock { state in
                guard state.feeds[session] != nil else { return ProgressItem?.some(.ended(.goingAway)) }
                let item = state.feeds[session]!.machine.pull(id)
                // An empty queue may be a reason to read.
                if item == nil { state.feeds[session]!.bell.yield() }
                return item
            }
            if let item { return item }
            await sleep(id, of: session)
        }
        return nil
    }

    private func sleep(_ id: ListenerID, of session: SessionID) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAwake = state.withLock { state in
                    // Something may have come since it was pulled, or the task was cancelled.
                    if Task.isCancelled || state.feeds[session]?.machine.isWaiting(id) != true { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isAwake { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }

    /// Ends one listener, as a shutdown does.
    fileprivate func end(_ id: ListenerID, of session: SessionID) {
        let waiting = state.withLock { state in
            state.feeds[session]?.machine.end(id, .goingAway)
            return state.waiting.removeValue(forKey: id)
        }
        waiting?.resume()
    }

    fileprivate func leave(_ id: ListenerID, _ session: SessionID) {
        let (waiting, bell) = state.withLock { state in
            state.listeners -= 1
            gauge.record(state.listeners)
            state.feeds[session]?.machine.leave(id)
            let isLast = state.feeds[session]?.machine.isEmpty == true
            let bell = isLast ? state.feeds.removeValue(forKey: session)?.bell : nil
            return (state.waiting.removeValue(forKey: id), bell)
        }
        waiting?.resume()
        bell?.finish()
    }

    // MARK: Serving

    /// Serves feeds until graceful shutdown or cancellation.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.keepLooking() }
                for await start in starts {
                    group.addTask { await self.serve(start) }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.stop()
        }
        stop()
    }

    private func stop() {
        let (waiting, bells) = state.withLock { state in
            state.isStopped = true
            var ready: [ListenerID] = []
            for session in state.feeds.keys { ready += state.feeds[session]!.machine.end(.goingAway) }
            return (ready.compactMap { state.waiting.removeValue(forKey: $0) }, state.feeds.values.map(\.bell))
        }
        for continuation in waiting { continuation.resume() }
        for bell in bells { bell.finish() }
        starter.finish()
    }

    /// Reads for a feed until its last listener has left.
    private func serve(_ start: Start) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.hear(start) }
            for await _ in start.bells {
                while let request = self.update(start, { $0.nextRequest() }) ?? nil {
                    await self.read(request, start)
                }
            }
            group.cancelAll()
        }
    }

    private func read(_ request: ProgressRequest, _ start: Start) async {
        do {
            let reading = try await reader.read(start.session, request)
            wake(start) { $0.finish(request, with: reading) }
        } catch {
            logger.debug(
                "progress not read; the next look tries again",
                metadata: [LogKey.sessionID: "\(start.session)", LogKey.error: "\(String(reflecting: error))"]
            )
            update(start) { $0.fail() }
        }
    }

    /// Keeps a subscription, and rings for each wake.
    private func hear(_ start: Start) async {
        while !Task.isCancelled {
            do {
                let wakes = try await delivery.progressWakes(session: start.session)
                ring(start) { $0.settle() }
                for await wake in wakes {
                    switch wake {
                    case .sequence(let number): ring(start) { $0.wake(number) }
                    case .anything: ring(start) { $0.wake(nil) }
                    }
                }
            } catch {
                logger.debug(
                    "no subscription to a session's progress",
                    metadata: [LogKey.sessionID: "\(start.session)", LogKey.error: "\(error)"]
                )
            }
            // Deaf for a while: the slow look sees what the wakes would have told.
            ring(start) { $0.settle() }
            // It throws when the task is cancelled, and then the loop ends.
            try? await Task.sleep(for: configuration.subscribeInterval)
        }
    }

    private func keepLooking() async {
        while !Task.isCancelled {
            // As above.
            try? await Task.sleep(for: configuration.lookInterval)
            await look()
        }
    }

    /// Asks once for all sessions that are listened to whether anything was missed.
    private func look() async {
        let sessions = state.withLock { Array($0.feeds.keys) }
        guard !sessions.isEmpty else { return }
        do {
            let marks = try await reader.sessions.progressMarks(of: sessions)
            let found = Dictionary(marks.map { ($0.session, $0) }) { first, _ in first }
            state.withLock { state in
                for session in sessions {
                    guard let mark = found[session] else {
                        // Gone: the next reading says so.
                        state.feeds[session]?.machine.wake(nil)
                        state.feeds[session]?.bell.yield()
                        continue
                    }
                    state.feeds[session]?.machine.look(sequence: mark.sequence, isOver: mark.status.isOver)
                    state.feeds[session]?.bell.yield()
                }
            }
        } catch {
            logger.debug("no look at the sessions that are listened to", metadata: [LogKey.error: "\(error)"])
        }
    }

    // MARK: The lock

    /// Changes a feed, if it is still the same.
    @discardableResult
    private func update<Result: Sendable>(
        _ start: Start,
        _ change: (inout ProgressFeedStateMachine) -> Result
    ) -> Result? {
        state.withLock { state in
            guard state.feeds[start.session]?.id == start.feed else { return nil }
            return change(&state.feeds[start.session]!.machine)
        }
    }

    /// Changes a feed and has it look whether there is something to read.
    private func ring(_ start: Start, _ change: (inout ProgressFeedStateMachine) -> Void) {
        state.withLock { state in
            guard state.feeds[start.session]?.id == start.feed else { return }
            change(&state.feeds[start.session]!.machine)
            state.feeds[start.session]!.bell.yield()
        }
    }

    /// Changes a feed and wakes the listeners that have something now.
    private func wake(_ start: Start, _ change: (inout ProgressFeedStateMachine) -> [ListenerID]) {
        let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.feeds[start.session]?.id == start.feed else { return [] }
            return change(&state.feeds[start.session]!.machine).compactMap { state.waiting.removeValue(forKey: $0) }
        }
        for continuation in ready { continuation.resume() }
    }
}

/// One client's place at the relay. Dropping it leaves.
final class ProgressListener: Sendable {
    private let relay: ProgressRelay
    private let session: SessionID
    private let id: ProgressRelay.ListenerID

    fileprivate init(relay: ProgressRelay, session: SessionID, id: ProgressRelay.ListenerID) {
        self.relay = relay
        self.session = session
        self.id = id
    }

    deinit { relay.leave(id, session) }

    /// Waits for the next item; for one task at a time.
    /// - Returns: `nil` when the task is cancelled.
    func next() async -> ProgressItem? { await relay.next(id, of: session) }

    /// Makes the next item the last one: ``ProgressEnd/goingAway``.
    func end() { relay.end(id, of: session) }
}
