import NIOCore

/// A message as it is sent, the same bytes for every listener.
struct ProgressLine: Sendable, Equatable {
    let sequence: Int64
    /// Whether the stream ends with it.
    let isEnd: Bool
    let text: ByteBuffer
}

/// What a feed wants to know of its session.
struct ProgressRequest: Sendable, Equatable {
    /// Messages above this number; `nil` for none.
    let after: Int64?
    let wantsSnapshot: Bool
}

/// What it is told.
struct ProgressReading: Sendable, Equatable {
    /// The newest message's number.
    let sequence: Int64
    /// Whether the export has ended, so that nothing more will come.
    let isOver: Bool
    /// Whether the newest message says so.
    let endsWithEnd: Bool
    /// Messages above the number asked for, oldest first; not necessarily all.
    let lines: [ProgressLine]
    /// How it stands as of ``sequence``, where it was asked for; an end where the export has ended.
    let snapshot: ProgressLine?
}

/// Why a listener hears no more.
enum ProgressEnd: Sendable, Equatable {
    /// The end message was sent.
    case exportEnded
    /// The server is stopping.
    case goingAway
    /// The session is gone.
    case sessionGone
}

/// What a listener gets.
enum ProgressItem: Sendable, Equatable {
    case line(ProgressLine)
    case ended(ProgressEnd)
}

/// Gives the messages of one session to its listeners: each message once and in order, however many listen.
///
/// Every listener has a *position*, the number of the newest message that was put into its queue. A reading begins at the
/// lowest position of those that are ready for more, and each takes from it what lies above its own. So one reading serves
/// all, whether they follow, catch up or have just come; and since a reading is only begun once the subscription stands, no
/// message falls between the two.
///
/// Queues are short. A listener that does not keep up has its queue thrown away and begins anew with a snapshot, when it has
/// asked for more. One that resumes with `after` is different: it wants what is past, and is given it as fast as it takes it.
struct ProgressFeedStateMachine: Sendable {
    typealias ListenerID = UInt64

    /// The most lines that wait for one listener.
    static let queueLimit = 32

    fileprivate enum Need: Equatable {
        /// A snapshot.
        case snapshot
        /// Messages above the position, from the past.
        case history(Int64)
        /// Messages above the position, as they come.
        case live(Int64)
        /// Too slow: nothing until its queue is asked for, then a snapshot.
        case lagging
        case nothing
    }

    fileprivate struct Listener {
        var need: Need
        var queue = CircularBuffer<ProgressLine>()
        var end: ProgressEnd?
        var isWaiting = false
    }

    private var listeners: [ListenerID: Listener] = [:]
    /// Whether the subscription stands, or it was given up to wait for it.
    private var isSettled = false
    private var isReading = false
    /// After a failure, until ``look(at:)`` or a wake.
    private var isHeldBack = false
    private var mustRead = false
    /// The highest number that a wake has told since the last reading began.
    private var heard: Int64 = 0

    var isEmpty: Bool { listeners.isEmpty }
    var count: Int { listeners.count }

    // MARK: Listeners

    /// - Parameter sequence: the newest message that the listener has seen; `nil` for a snapshot.
    mutating func join(_ id: ListenerID, after sequence: Int64?) {
        listeners[id] = Listener(need: sequence.map { .history($0) } ?? .snapshot)
    }

    mutating func leave(_ id: ListenerID) { listeners[id] = nil }

    /// Takes the listener's next item; `nil` when it must wait.
    mutating func pull(_ id: ListenerID) -> ProgressItem? {
        guard var listener = listeners[id] else { return .ended(.goingAway) }
        defer { listeners[id] = listener }
        listener.isWaiting = false
        if let line = listener.queue.popFirst() { return .line(line) }
        if let end = listener.end { return .ended(end) }
        listener.isWaiting = true
        if listener.need == .lagging { listener.need = .snapshot }
        return nil
    }

    /// Whether the listener was told to wait, and nothing has come since.
    func isWaiting(_ id: ListenerID) -> Bool { listeners[id]?.isWaiting == true }

    /// Ends every listener now.
    /// - Returns: those that wait.
    mutating func end(_ end: ProgressEnd) -> [ListenerID] {
        for id in listeners.keys { listeners[id]!.finish(end, atOnce: true) }
        return takeWaiting()
    }

    /// Ends one listener now.
    mutating func end(_ id: ListenerID, _ end: ProgressEnd) {
        listeners[id]?.finish(end, atOnce: true)
        listeners[id]?.isWaiting = false
    }

    // MARK: Wakes

    /// The subscription stands, or there will be none for a while: readings may begin.
    mutating func settle() {
        isSettled = true
        isHeldBack = false
        mustRead = true
    }

    /// There are messages up to a number; `nil` when nobody knows.
    mutating func wake(_ sequence: Int64?) {
        isHeldBack = false
        if let sequence { heard = max(heard, sequence) } else { mustRead = true }
    }

    /// The slow look, for wakes that were lost.
    mutating func look(sequence: Int64, isOver: Bool) {
        isHeldBack = false
        if isOver { mustRead = true } else { heard = max(heard, sequence) }
    }

    // MARK: Readings

    /// Begins a reading, if one is wanted and none is under way.
    mutating func nextRequest() -> ProgressRequest? {
        guard isSettled, !isReading, !isHeldBack else { return nil }
        var lowest: Int64?
        var isWanted = false
        var wantsSnapshot = false
        for listener in listeners.values {
            switch listener.need {
            case .snapshot:
                wantsSnapshot = true
            case .history(let position) where listener.queue.isEmpty:
                isWanted = true
                lowest = min(lowest ?? position, position)
            case .live(let position):
                if mustRead || heard > position { isWanted = true }
                lowest = min(lowest ?? position, position)
            case .history, .lagging, .nothing:
                continue
            }
        }
        guard isWanted || wantsSnapshot else { return nil }
        isReading = true
        mustRead = false
        heard = 0
        return ProgressRequest(after: lowest, wantsSnapshot: wantsSnapshot)
    }

    /// - Parameter reading: `nil` when there is no such session.
    /// - Returns: those who waited and have something now.
    mutating func finish(_ request: ProgressRequest, with reading: ProgressReading?) -> [ListenerID] {
        precondition(isReading, "a reading ends that was begun")
        isReading = false
        guard let reading else { return end(.sessionGone) }
        for id in listeners.keys {
            listeners[id]!.take(request, reading)
            if case .live(let position) = listeners[id]!.need, position < reading.sequence { mustRead = true }
        }
        return takeWaiting()
    }

    /// The reading failed; nothing is read until somebody wakes the feed.
    mutating func fail() {
        isReading = false
        isHeldBack = true
        mustRead = true
    }

    private mutating func takeWaiting() -> [ListenerID] {
        var ready: [ListenerID] = []
        for (id, listener) in listeners
        where listener.isWaiting && (!listener.queue.isEmpty || listener.end != nil) {
            ready.append(id)
        }
        for id in ready { listeners[id]!.isWaiting = false }
        return ready
    }
}

extension ProgressFeedStateMachine.Listener {
    fileprivate mutating func finish(_ reason: ProgressEnd, atOnce: Bool = false) {
        if atOnce { queue.removeAll() }
        need = .nothing
        if end == nil { end = reason }
    }

    /// Takes from a reading what is this listener's.
    fileprivate mutating func take(_ request: ProgressRequest, _ reading: ProgressReading) {
        switch need {
        case .snapshot:
            guard let snapshot = reading.snapshot else { return }
            queue.append(snapshot)
            if snapshot.isEnd { finish(.exportEnded) } else { need = .live(reading.sequence) }
        case .history(let position):
            guard queue.isEmpty else { return }
            take(after: position, request, reading)
        case .live(let position):
            take(after: position, request, reading)
        case .lagging, .nothing:
            return
        }
    }

    private mutating func take(after position: Int64, _ request: ProgressRequest, _ reading: ProgressReading) {
        // The listener came, or was done with its queue, after the reading had begun.
        guard let after = request.after, after <= position else { return }
        // Such a number was never given.
        guard position <= reading.sequence else {
            need = .snapshot
            return
        }
        let fresh = reading.lines.drop { $0.sequence <= position }
        guard let first = fresh.first else {
            guard position == reading.sequence else {
                need = .snapshot
                return
            }
            need = .live(position)
            guard reading.isOver else { return }
            // It has seen the end message, or there is none and the snapshot is made to be one.
            if reading.endsWithEnd { finish(.exportEnded) } else { need = .snapshot }
            return
        }
        // What lies between is not kept any more.
        guard first.sequence == position + 1 else {
            need = .snapshot
            return
        }
        append(fresh)
    }

    private mutating func append(_ lines: ArraySlice<ProgressLine>) {
        let room = ProgressFeedStateMachine.queueLimit - queue.count
        if lines.count > room, case .live = need, !isWaiting {
            queue.removeAll()
            need = .lagging
            return
        }
        for line in lines.prefix(room) {
            queue.append(line)
            if line.isEnd { return finish(.exportEnded) }
            need = .live(line.sequence)
        }
        // More than fits, for one who does keep up: the rest is read again when this is gone.
        if lines.count > room, case .live(let position) = need { need = .history(position) }
    }
}
