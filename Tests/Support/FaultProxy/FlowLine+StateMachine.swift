import NIOCore

/// One direction of one connection: what has come in and not gone out yet, and when it may. Without a socket or a clock.
struct FlowLine {
    /// What a sender does.
    enum Item {
        case bytes(ByteBuffer)
        /// It sends no more, and may go on reading.
        case end
        /// It is gone.
        case abort
    }

    /// What is to be done at the other end, in the order of the members.
    struct Output {
        var writes: [ByteBuffer] = []
        var ends = false
        var resets = false
        /// When to call ``FlowLine/advance(at:)``, if nothing happens before.
        var wake: NIODeadline?
    }

    private var flow: Flow
    /// Whether there is somebody to receive yet.
    private var isOpen = false
    private var items = CircularBuffer<(item: Item, at: NIODeadline)>()
    private var nextTrickle = NIODeadline.uptimeNanoseconds(0)
    private var hasLost = false
    /// Bytes that wait in it.
    private(set) var waiting = 0

    init(_ flow: Flow) { self.flow = flow }

    /// The receiver is there.
    mutating func open(at now: NIODeadline) -> Output {
        isOpen = true
        return advance(at: now)
    }

    /// Changes what becomes of the bytes, those that wait included.
    mutating func set(_ flow: Flow, at now: NIODeadline) -> Output {
        self.flow = flow
        if hasLost, flow != .drop { return Output(resets: true) }
        return advance(at: now)
    }

    /// Takes what the sender did.
    mutating func take(_ item: Item, at now: NIODeadline) -> Output {
        if case .bytes(let bytes) = item { waiting += bytes.readableBytes }
        items.append((item, now))
        return advance(at: now)
    }

    /// Says what is to be done now.
    mutating func advance(at now: NIODeadline) -> Output {
        var output = Output()
        // What is lost is lost whether or not somebody would have received it.
        guard isOpen || flow == .drop else { return output }
        while let (item, since) = items.first, !output.resets {
            switch flow {
            case .pass: release(item, into: &output)
            case .delay(let delay):
                let due = since + TimeAmount(delay)
                guard due <= now else {
                    output.wake = due
                    return output
                }
                release(item, into: &output)
            case .trickle(let count, let pause):
                if case .bytes = item, nextTrickle > now {
                    output.wake = nextTrickle
                    return output
                }
                if releaseBytes(count, into: &output) { nextTrickle = now + TimeAmount(pause) }
            case .hold: return output
            case .drop:
                items.removeAll()
                waiting = 0
                hasLost = true
            case .reset(let count):
                guard count > 0 else {
                    output.resets = true
                    return output
                }
                let before = waiting
                _ = releaseBytes(count, into: &output)
                flow = .reset(after: count - (before - waiting))
            }
        }
        if case .reset(0) = flow { output.resets = true }
        return output
    }

    /// Lets the first item go.
    private mutating func release(_ item: Item, into output: inout Output) {
        items.removeFirst()
        switch item {
        case .bytes(let bytes):
            waiting -= bytes.readableBytes
            output.writes.append(bytes)
        case .end: output.ends = true
        case .abort: output.resets = true
        }
    }

    /// Lets the first item go, or so many bytes of it.
    /// - Returns: Whether it was bytes.
    private mutating func releaseBytes(_ count: Int, into output: inout Output) -> Bool {
        guard case .bytes(var bytes) = items[items.startIndex].item else {
            release(items[items.startIndex].item, into: &output)
            return false
        }
        if let part = bytes.readSlice(length: count) {
            waiting -= part.readableBytes
            output.writes.append(part)
            items[items.startIndex].item = .bytes(bytes)
            if bytes.readableBytes == 0 { items.removeFirst() }
        } else {
            release(.bytes(bytes), into: &output)
        }
        return true
    }
}
