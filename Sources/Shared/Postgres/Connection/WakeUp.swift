import CLibPQ
import Glibc
import Synchronization

/// A descriptor by which another thread ends a `poll(2)`: Linux's eventfd.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no descriptor for waking a connection's thread: errno \(errno)")
    }

    deinit { close(descriptor) }

    /// Ends the present wait, or the next one. From any thread.
    func signal() {
        // It fails only when 2^64 - 1 signals are already waiting.
        _ = eventfd_write(descriptor, 1)
    }

    /// Takes the signals back, after a wait.
    func reset() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}

/// One caller's wish to stop waiting.
final class Interrupt: Sendable {
    private let flag = Atomic<Bool>(false)
    private let wakeUp: WakeUp

    init(_ wakeUp: WakeUp) { self.wakeUp = wakeUp }

    var isSet: Bool { flag.load(ordering: .acquiring) }

    /// Ends the wait that watches this interrupt. From any thread; a wait of somebody else only looks up and goes on.
    func set() {
        flag.store(true, ordering: .releasing)
        wakeUp.signal()
    }
}

/// How long a thread waits at a socket, and who may end it.
struct Wait {
    enum End { case ready, timedOut, interrupted }

    let deadline: ContinuousClock.Instant
    let interrupt: Interrupt
    let wakeUp: WakeUp

    /// Blocks the calling thread, which must be a connection's own, until the socket is ready.
    ///
    /// - Parameters:
    ///   - socket: -1 waits for the deadline only.
    ///   - events: `POLLIN`, `POLLOUT` or both.
    func forSocket(_ socket: Int32, _ events: Int32) -> End {
        while true {
            if interrupt.isSet { return .interrupted }
            let left = deadline - .now
            guard left > .zero else { return .timedOut }
            var descriptors = (
                pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket, events: Int16(events), revents: 0)
            )
            let count = withUnsafeMutableBytes(of: &descriptors) {
                poll($0.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, left.pollMilliseconds)
            }
            if count < 0 {
                precondition(errno == EINTR || errno == EAGAIN, "poll: errno \(errno)")
                continue
            }
            if descriptors.0.revents != 0 { wakeUp.reset() }
            if interrupt.isSet { return .interrupted }
            if descriptors.1.revents != 0 { return .ready }
        }
    }
}

extension Duration {
    /// Milliseconds, rounded up, so that a wait never ends before its deadline.
    fileprivate var pollMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
