import NIOCore

/// Which command waits, which is in flight, which reply is whose: the rules of one multiplexed connection, without a
/// socket, a clock or a lock.
///
/// A command is *waiting* until its bytes are taken for a connection, then *in flight* until its last reply. A caller may
/// leave at any time; a command that was waiting is then forgotten, one in flight keeps its place so that its replies are
/// counted and dropped. `Waiter` is what the shell resumes.
struct CommandStateMachine<Waiter> {
    typealias CommandID = UInt64

    enum Phase: Equatable {
        case disconnected
        case connected(RedisLink.ConnectionID)
        /// Shut down: no new commands; those that were accepted may end.
        case draining(RedisLink.ConnectionID)
        case closed
    }

    private struct Command {
        let waiter: Waiter
        let deadline: NIODeadline
        var isWritten = false
        var replies: [RedisReply] = []
    }

    private struct Unwritten {
        let id: CommandID
        let payload: ByteBuffer
        let expected: Int
    }

    private struct Written {
        let id: CommandID
        var remaining: Int
        let at: NIODeadline
    }

    /// A command that ended without its replies.
    struct Failed {
        let waiter: Waiter
        let wasWritten: Bool
    }

    private(set) var phase = Phase.disconnected
    private var commands: [CommandID: Command] = [:]
    private var waiting = CircularBuffer<Unwritten>()
    private var inFlight = CircularBuffer<Written>()
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)
    private var flushIsPlanned = false
    private var armed: NIODeadline?
    private let limit: Int
    private let silence: TimeAmount
    /// Why the last attempt to connect failed, for those who give up waiting.
    private(set) var lastFault: RedisError?

    /// - Parameters:
    ///   - limit: The most commands that wait or are in flight.
    ///   - silence: A connection that says nothing for so long while a reply is due is dead.
    init(limit: Int, silence: TimeAmount) {
        self.limit = limit
        self.silence = silence
    }

    var pendingCount: Int { max(commands.count, inFlight.count) }

    // MARK: Callers

    enum AddAction: Equatable {
        case refuse(RedisError.Code)
        /// Accepted. The shell plans a flush of `connection` and a timer, where given.
        case accept(flush: RedisLink.ConnectionID?, timer: NIODeadline?)
    }

    /// Takes a command (or a pipeline, which is one command with several replies).
    mutating func add(
        _ id: CommandID,
        payload: ByteBuffer,
        expected: Int,
        waiter: Waiter,
        deadline: NIODeadline
    ) -> AddAction {
        precondition(expected > 0, "A command has a reply")
        switch phase {
        case .draining, .closed: return .refuse(.closed)
        case .disconnected, .connected: break
        }
        guard pendingCount < limit else { return .refuse(.overloaded) }
        commands[id] = Command(waiter: waiter, deadline: deadline)
        waiting.append(Unwritten(id: id, payload: payload, expected: expected))
        return .accept(flush: planFlush(), timer: arm(deadline))
    }

    /// Takes a caller out. `nil` when its command has ended, or has not been added yet.
    mutating func cancel(_ id: CommandID) -> Failed? {
        guard let command = commands.removeValue(forKey: id) else { return nil }
        if !command.isWritten { forgetAbandoned() }
        return Failed(waiter: command.waiter, wasWritten: command.isWritten)
    }

    // MARK: The connection

    /// A connection is ready. Returns whether there is something to flush.
    mutating func connected(_ id: RedisLink.ConnectionID, at now: NIODeadline) -> Bool {
        guard phase == .disconnected else { return false }
        phase = .connected(id)
        lastHeard = now
        flushIsPlanned = false
        return planFlush() != nil
    }

    /// Takes all waiting bytes for a connection, in order; from now on they may have been executed.
    mutating func takeWritable(for id: RedisLink.ConnectionID, at now: NIODeadline) -> ByteBuffer? {
        guard phase == .connected(id) || phase == .draining(id) else { return nil }
        flushIsPlanned = false
        var bytes: ByteBuffer?
        while let next = waiting.popFirst() {
            guard commands[next.id] != nil else { continue }
            commands[next.id]?.isWritten = true
            inFlight.append(Written(id: next.id, remaining: next.expected, at: now))
            if bytes == nil {
                bytes = next.payload
            } else {
                bytes?.writeImmutableBuffer(next.payload)
            }
        }
        return bytes
    }

    struct Received {
        var finished: [(waiter: Waiter, replies: [RedisReply])] = []
        /// A reply came that nobody asked for: the order is lost, and with it the connection.
        var isOutOfStep = false
    }

    mutating func received(
        _ replies: [RedisReply],
        on id: RedisLink.ConnectionID,
        at now: NIODeadline
    ) -> Received {
        var result = Received()
        guard phase == .connected(id) || phase == .draining(id) else { return result }
        lastHeard = now
        for reply in replies {
            guard let head = inFlight.first else {
                result.isOutOfStep = true
                break
            }
            commands[head.id]?.replies.append(reply)
            guard head.remaining == 1 else {
                inFlight[inFlight.startIndex].remaining -= 1
                continue
            }
            inFlight.removeFirst()
            if let command = commands.removeValue(forKey: head.id) {
                result.finished.append((command.waiter, command.replies))
            }
        }
        closeIfDrained()
        return result
    }

    /// The connection ended, or could not be made. Returns those whose commands were in flight; the rest waits on.
    mutating func disconnected(_ id: RedisLink.ConnectionID, because fault: RedisError) -> [Waiter] {
        lastFault = fault
        switch phase {
        case .connected(id): phase = .disconnected
        case .draining(id): phase = .closed
        case .connected, .draining, .disconnected, .closed: return []
        }
        let lost = inFlight.compactMap { commands.removeValue(forKey: $0.id)?.waiter }
        inFlight.removeAll()
        return lost
    }

    // MARK: Time

    struct Expired {
        var failed: [Failed] = []
        /// When to look again.
        var timer: NIODeadline?
        /// A connection to give up: it has been silent for too long.
        var silent: RedisLink.ConnectionID?
    }

    /// A timer went off.
    mutating func expire(timer: NIODeadline, at now: NIODeadline) -> Expired {
        var result = Expired()
        // An earlier deadline took its place; the timer that stands now will do the work.
        guard timer == armed else { return result }
        armed = nil
        var next: NIODeadline?
        var expired: [CommandID] = []
        for (id, command) in commands {
            if command.deadline <= now {
                expired.append(id)
            } else {
                next = min(next ?? command.deadline, command.deadline)
            }
        }
        for id in expired {
            guard let command = commands.removeValue(forKey: id) else { continue }
            result.failed.append(Failed(waiter: command.waiter, wasWritten: command.isWritten))
        }
        if !expired.isEmpty { forgetAbandoned() }
        if let head = inFlight.first, case .connected(let id) = phase {
            let end = max(lastHeard, head.at) + silence
            if end <= now { result.silent = id } else { next = min(next ?? end, end) }
        }
        if let next { result.timer = arm(next) }
        closeIfDrained()
        return result
    }

    // MARK: The end

    /// Shuts down: now, or when what was accepted has ended. Returns the waiters that end at once.
    mutating func shutDown(now isImmediate: Bool) -> [Failed] {
        switch phase {
        case .connected(let id) where !isImmediate: phase = .draining(id)
        case .draining where !isImmediate: break
        case .disconnected, .connected, .draining, .closed: phase = .closed
        }
        closeIfDrained()
        guard phase == .closed else { return [] }
        defer {
            commands.removeAll()
            waiting.removeAll()
            inFlight.removeAll()
        }
        return commands.values.map { Failed(waiter: $0.waiter, wasWritten: $0.isWritten) }
    }

    // MARK: Parts

    private mutating func closeIfDrained() {
        if case .draining = phase, commands.isEmpty { phase = .closed }
    }

    private mutating func planFlush() -> RedisLink.ConnectionID? {
        guard case .connected(let id) = phase, !flushIsPlanned, !waiting.isEmpty else { return nil }
        flushIsPlanned = true
        return id
    }

    private mutating func arm(_ deadline: NIODeadline) -> NIODeadline? {
        if let armed, armed <= deadline { return nil }
        armed = deadline
        return deadline
    }

    /// Keeps the abandoned places below the number of real ones, at a constant price per command.
    private mutating func forgetAbandoned() {
        guard waiting.count > 2 * commands.count + 64 else { return }
        waiting = CircularBuffer(waiting.filter { commands[$0.id] != nil })
    }
}
