import Synchronization

/// What has happened so far, in order, and a way to wait for more.
final class EventLog<Event: Sendable>: Sendable {
    private struct Waiter {
        let condition: @Sendable ([Event]) -> Bool
        let continuation: CheckedContinuation<[Event], any Error>
    }

    private struct State {
        var events: [Event] = []
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    var events: [Event] { state.withLock { $0.events } }

    func append(_ event: Event) {
        change { $0.events.append(event) }
    }

    /// Waits until the events satisfy a condition, which is tried after every one. The test's time limit is the deadline.
    @discardableResult
    func wait(until condition: @escaping @Sendable ([Event]) -> Bool) async throws -> [Event] {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                change { $0.waiters[id] = Waiter(condition: condition, continuation: continuation) }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }

    private func change(_ body: (inout State) -> Void) {
        let (ready, events) = state.withLock { state in
            body(&state)
            let ready = state.waiters.filter { $0.value.condition(state.events) }
            for id in ready.keys { state.waiters[id] = nil }
            return (Array(ready.values), state.events)
        }
        for waiter in ready { waiter.continuation.resume(returning: events) }
    }
}
