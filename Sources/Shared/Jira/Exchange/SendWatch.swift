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
    private let onSend: (@Sendable () -> Void)?

    init(onSend: (@Sendable () -> Void)?) { self.onSend = onSend }

    /// Marks the moment before the first bytes go, and calls the hook, once.
    /// - Throws: `CancellationError` when the request has ended already.
    func hand() throws {
        let now = ContinuousClock.now
        let isFirst = try state.withLock { state in
            switch state {
            case .waiting:
                state = .handed(now)
                return true
            case .handed:
                return false
            case .closed:
                throw CancellationError()
            }
        }
        if isFirst { onSend?() }
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
