import Synchronization

/// A value that changes, and a way to wait until it satisfies a condition, which is tried after every change.
final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Value, any Error>
    }

    private struct State {
        var value: Value
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    func change(_ body: (inout Value) -> Void) { update { body(&$0.value) } }

    /// The test's time limit is the deadline.
    @discardableResult
    func wait(until condition: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                update { $0.waiters[id] = Waiter(condition: condition, continuation: continuation) }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }

    private func update(_ body: (inout State) -> Void) {
        let (ready, value) = state.withLock { state in
            body(&state)
            // Copied only where somebody waits: the value may be large.
            guard !state.waiters.isEmpty else { return ([Waiter](), nil as Value?) }
            let ready = state.waiters.filter { $0.value.condition(state.value) }
            for id in ready.keys { state.waiters[id] = nil }
            return (Array(ready.values), state.value)
        }
        guard let value else { return }
        for waiter in ready { waiter.continuation.resume(returning: value) }
    }
}
