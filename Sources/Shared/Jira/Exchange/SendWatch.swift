import NIOCore
import Synchronization

/// Knows whether bytes of a request's body were given to the connection: what tells *refused* from *uncertain*.
///
/// AsyncHTTPClient asks a body for its first bytes when a connection is there and the head was written; see
/// ``JiraConnections``. So as long as ``hand()`` has not happened, no server can have acted on the request, whatever
/// went wrong. After ``close()`` no byte can be handed over any more: there is no moment at which the answer could
/// change behind the caller's back.
final class SendWatch: Sendable {
    private enum State {
        case waiting
        case handed(ContinuousClock.Instant)
        case closed(handed: ContinuousClock.Instant?)
    }

    private let state = Mutex(State.waiting)
    private let onSend: (@Sendable () throws -> Void)?

    init(onSend: (@Sendable () throws -> Void)?) { self.onSend = onSend }

    /// Calls the hook, once, and marks the moment before the first bytes go.
    /// - Throws: what the hook throws, and `CancellationError` when the request has ended already: no byte goes then.
    func hand() throws {
        guard state.withLock({ if case .handed = $0 { false } else { true } }) else { return }
        try onSend?()
        let now = ContinuousClock.now
        try state.withLock { state in
            switch state {
            case .waiting: state = .handed(now)
            case .handed: break
            case .closed: throw CancellationError()
            }
        }
    }

    /// Forbids any further handing over. Safe to repeat.
    /// - Returns: When the first bytes went; `nil` when none did, and none ever will.
    func close() -> ContinuousClock.Instant? {
        state.withLock { state in
            switch state {
            case .waiting:
                state = .closed(handed: nil)
                return nil
            case .handed(let instant):
                state = .closed(handed: instant)
                return instant
            case .closed(let handed):
                return handed
            }
        }
    }
}

/// A body in memory, given whole.
struct WatchedBytes: AsyncSequence, Sendable {
    let bytes: ByteBuffer
    let watch: SendWatch

    struct AsyncIterator: AsyncIteratorProtocol {
        var bytes: ByteBuffer?
        let watch: SendWatch

        mutating func next() async throws -> ByteBuffer? {
            guard let bytes = bytes.take() else { return nil }
            try watch.hand()
            return bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(bytes: bytes, watch: watch) }
}

/// A body between two frames in memory: the way a file is uploaded without being held whole.
struct WatchedStream: AsyncSequence, Sendable {
    let head: ByteBuffer
    let chunks: JiraUpload.Chunks
    let tail: ByteBuffer
    let watch: SendWatch

    struct AsyncIterator: AsyncIteratorProtocol {
        var head: ByteBuffer?
        var chunks: () async throws -> [UInt8]?
        var tail: ByteBuffer?
        let watch: SendWatch

        mutating func next() async throws -> ByteBuffer? {
            if let head = head.take() {
                try watch.hand()
                return head
            }
            while let chunk = try await chunks() {
                if !chunk.isEmpty { return ByteBuffer(bytes: chunk) }
            }
            return tail.take()
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(head: head, chunks: chunks.makeIterator(), tail: tail, watch: watch)
    }
}
