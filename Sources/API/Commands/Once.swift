import Synchronization

/// Runs something once in a process, however many ask for it.
final class Once: Sendable {
    private let isDone = Mutex(false)

    func run(_ action: () -> Void) {
        isDone.withLock { isDone in
            guard !isDone else { return }
            isDone = true
            action()
        }
    }
}
