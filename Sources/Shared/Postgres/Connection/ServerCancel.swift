import CLibPQ
import Dispatch
import Synchronization

/// Asks servers to give up statements, on threads where blocking harms nobody.
///
/// `PQcancel` opens a connection of its own and has no time limit, so at most ``limit`` run at a time; more are dropped. That is
/// harmless: the connection is closed anyway, and the server notices when it next writes to it.
final class ServerCancel: Sendable {
    /// A `PGcancel`, freed once. libpq's manual: PQcancel "is thread-safe to call" on the copy that PQgetCancel made.
    final class Request: @unchecked Sendable {
        private let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) { self.pointer = pointer }

        deinit { PQfreeCancel(pointer) }

        fileprivate func send() {
            var complaint = [CChar](repeating: 0, count: 256)
            // Whether it was heard cannot be known (the manual says so), so its answer is of no use.
            _ = PQcancel(pointer, &complaint, Int32(complaint.count))
        }
    }

    static let shared = ServerCancel()

    private static let limit = 8
    private let running = Mutex(0)
    private let queue = DispatchQueue(label: "postgres.cancel", attributes: .concurrent)

    func send(_ request: Request) {
        let isAllowed = running.withLock { running in
            guard running < Self.limit else { return false }
            running += 1
            return true
        }
        guard isAllowed else { return }
        queue.async {
            request.send()
            self.running.withLock { $0 -= 1 }
        }
    }
}
