import Synchronization

/// What has gone through a proxy, all connections together.
package struct ProxyTraffic: Sendable, Hashable {
    /// Connections made so far.
    package var made = 0
    /// Connections that stand.
    package var open = 0
    /// Bytes that their senders have got rid of.
    package var taken: [FlowDirection: Int] = [:]
    /// Bytes that have been let through.
    package var given: [FlowDirection: Int] = [:]

    /// Bytes that wait in the proxy, or were lost there.
    package func kept(_ direction: FlowDirection) -> Int { taken[direction, default: 0] - given[direction, default: 0] }
}

/// Lets tests wait for traffic.
final class TrafficWatch: Sendable {
    private struct Waiter {
        let condition: @Sendable (ProxyTraffic) -> Bool
        let continuation: CheckedContinuation<ProxyTraffic, any Error>
    }

    private struct State {
        var traffic = ProxyTraffic()
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    var traffic: ProxyTraffic { state.withLock { $0.traffic } }

    func change(_ body: (inout ProxyTraffic) -> Void) { update { body(&$0.traffic) } }

    func wait(until condition: @escaping @Sendable (ProxyTraffic) -> Bool) async throws -> ProxyTraffic {
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
        let (ready, traffic) = state.withLock { state in
            body(&state)
            let ready = state.waiters.filter { $0.value.condition(state.traffic) }
            for id in ready.keys { state.waiters[id] = nil }
            return (ready.values, state.traffic)
        }
        for waiter in ready { waiter.continuation.resume(returning: traffic) }
    }
}
