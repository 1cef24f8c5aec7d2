/// The rules of a pool of connections: who gets which, when one is opened and when one is closed. Pure: no socket, clock or task.
///
/// Always true: a caller waits only while no connection is idle; callers are served in the order in which they came; while the server is
/// away only one attempt to connect runs at a time.
struct PoolStateMachine {
    typealias Instant = ContinuousClock.Instant
    typealias ConnectionID = Int
    typealias WaiterID = UInt64

    struct Configuration {
        var maximumConnections: Int
        var acquireTimeout: Duration
        var maximumLifetime: Duration
        var idleTimeout: Duration
        var backoff = Backoff()
    }

    /// What the shell has to do, in this order, once it has let go of the lock.
    struct Actions: Equatable {
        struct Grant: Equatable {
            let waiter: WaiterID
            let connection: ConnectionID
        }

        var grants: [Grant] = []
        var opens: [ConnectionID] = []
        var closes: [ConnectionID] = []
        /// Waiters that get an error.
        var refusals: [WaiterID] = []
    }

    enum Acquisition: Equatable {
        case leased(ConnectionID)
        case waiting(WaiterID, Actions)
        case closed
    }

    private enum Condition {
        case opening
        case idle(since: Instant)
        case leased
    }

    private struct Entry {
        var condition = Condition.opening
        /// When it is due for replacement; set when it is open.
        var end: Instant?
    }

    private let configuration: Configuration
    private var entries: [ConnectionID: Entry] = [:]
    /// Idle connections, the one used last at the end: it is the warmest, and the others may age.
    private var idle: [ConnectionID] = []
    private var openings = 0
    private var nextConnection: ConnectionID = 1
    /// The deadlines of those who wait. Waiters are numbered in the order they come, so the numbers are the queue.
    private var waiters: [WaiterID: Instant] = [:]
    private var firstWaiter: WaiterID = 0
    private var nextWaiter: WaiterID = 0
    private(set) var failures = 0
    private(set) var isClosed = false

    init(_ configuration: Configuration) { self.configuration = configuration }

    var waiterCount: Int { waiters.count }
    var connectionCount: Int { entries.count }
    var idleConnections: [ConnectionID] { idle }
    var leasedCount: Int { entries.count - idle.count - openings }

    // MARK: Callers

    /// Takes an idle connection, if there is one: then nobody waits.
    mutating func leaseIdle() -> ConnectionID? {
        guard let id = idle.popLast() else { return nil }
        entries[id]?.condition = .leased
        return id
    }

    /// A caller wants a connection.
    mutating func acquire(at now: Instant) -> Acquisition {
        guard !isClosed else { return .closed }
        if let id = leaseIdle() { return .leased(id) }
        let waiter = nextWaiter
        nextWaiter += 1
        waiters[waiter] = now + configuration.acquireTimeout
        var actions = Actions()
        openIfNeeded(&actions)
        return .waiting(waiter, actions)
    }

    /// A caller waits no more.
    ///
    /// - Returns: Whether it was still waiting; if not, it has been answered.
    mutating func leave(_ waiter: WaiterID) -> Bool { waiters.removeValue(forKey: waiter) != nil }

    /// A caller is done.
    ///
    /// - Parameter isReusable: Whether the connection is whole and outside any transaction.
    mutating func release(_ id: ConnectionID, isReusable: Bool, at now: Instant) -> Actions {
        guard case .leased? = entries[id]?.condition else {
            preconditionFailure("connection \(id) was given back by somebody who did not hold it")
        }
        var actions = Actions()
        if isClosed || !isReusable || isOld(id, at: now) {
            remove(id, &actions)
            openIfNeeded(&actions)
        } else {
            place(id, &actions, at: now)
        }
        return actions
    }

    // MARK: Connections

    /// A connection has been opened.
    ///
    /// - Parameter unit: A random number, 0..<1, that spreads the ends of lifetimes.
    mutating func opened(_ id: ConnectionID, unit: Double, at now: Instant) -> Actions {
        guard case .opening? = entries[id]?.condition else { preconditionFailure("connection \(id) was opened twice") }
        var actions = Actions()
        openings -= 1
        failures = 0
        entries[id]?.end = now + configuration.maximumLifetime * (0.9 + 0.2 * unit)
        if isClosed {
            remove(id, &actions)
        } else {
            place(id, &actions, at: now)
            openIfNeeded(&actions)
        }
        return actions
    }

    /// An attempt to connect failed.
    ///
    /// - Parameters:
    ///   - isTransient: Whether a later attempt may succeed; if not, all who wait are refused at once.
    ///   - unit: A random number, 0..<1, for the pause.
    /// - Returns: What to do, and the pause before the same connection tries again; nil gives it up.
    mutating func openFailed(_ id: ConnectionID, isTransient: Bool, unit: Double) -> (Actions, pause: Duration?) {
        guard case .opening? = entries[id]?.condition else { preconditionFailure("connection \(id) was not opening") }
        var actions = Actions()
        failures += 1
        if !isTransient { refuseAll(&actions) }
        guard !isClosed, !waiters.isEmpty, openings == 1 else {
            openings -= 1
            remove(id, &actions)
            return (actions, nil)
        }
        return (actions, configuration.backoff.pause(failures: failures, unit: unit))
    }

    // MARK: Time

    /// When the first waiter's time is up.
    mutating func nextDeadline() -> Instant? {
        while firstWaiter < nextWaiter {
            if let deadline = waiters[firstWaiter] { return deadline }
            firstWaiter += 1
        }
        return nil
    }

    /// Refuses those whose time is up.
    mutating func expire(at now: Instant) -> Actions {
        var actions = Actions()
        while let deadline = nextDeadline(), deadline <= now {
            waiters[firstWaiter] = nil
            actions.refusals.append(firstWaiter)
        }
        return actions
    }

    /// Closes idle connections that are old, long unused, or dead.
    mutating func retire(dead: Set<ConnectionID>, at now: Instant) -> Actions {
        var actions = Actions()
        for id in idle {
            guard case .idle(let since)? = entries[id]?.condition else { continue }
            guard dead.contains(id) || isOld(id, at: now) || now - since >= configuration.idleTimeout else { continue }
            remove(id, &actions)
        }
        idle.removeAll { entries[$0] == nil }
        return actions
    }

    /// Ends everything: those who wait are refused, idle connections closed, leased ones when they come back.
    mutating func close() -> Actions {
        var actions = Actions()
        isClosed = true
        refuseAll(&actions)
        for id in idle { remove(id, &actions) }
        idle.removeAll()
        return actions
    }

    // MARK: The rules

    /// Gives an open connection to the first who waits, or lays it aside.
    private mutating func place(_ id: ConnectionID, _ actions: inout Actions, at now: Instant) {
        if nextDeadline() != nil {
            waiters[firstWaiter] = nil
            entries[id]?.condition = .leased
            actions.grants.append(Actions.Grant(waiter: firstWaiter, connection: id))
        } else {
            entries[id]?.condition = .idle(since: now)
            idle.append(id)
        }
    }

    /// One opening for each who waits, up to the limit; one in all while the server is away.
    private mutating func openIfNeeded(_ actions: inout Actions) {
        let wanted = failures > 0 ? min(waiters.count, 1) : waiters.count
        while !isClosed, openings < wanted, entries.count < configuration.maximumConnections {
            let id = nextConnection
            nextConnection += 1
            openings += 1
            entries[id] = Entry()
            actions.opens.append(id)
        }
    }

    private mutating func refuseAll(_ actions: inout Actions) {
        actions.refusals += waiters.keys.sorted()
        waiters.removeAll()
    }

    private mutating func remove(_ id: ConnectionID, _ actions: inout Actions) {
        entries[id] = nil
        actions.closes.append(id)
    }

    private func isOld(_ id: ConnectionID, at now: Instant) -> Bool {
        entries[id]?.end.map { $0 <= now } ?? false
    }
}
