import Synchronization

/// Wakes one sleeper before its alarm. Ringing while nobody sleeps is remembered, once.
package final class Doorbell: Sendable {
    private struct State {
        var hasRung = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let sleeper = state.withLock { state in
            let sleeper = state.sleeper.take()
            state.hasRung = sleeper == nil
            return sleeper
        }
        sleeper?.resume()
    }

    /// Sleeps until it rings, the instant has come, or the task is cancelled.
    package func sleep(until alarm: ContinuousClock.Instant?) async {
        await withTaskGroup(of: Void.self) { group in
            if let alarm {
                // The only error is cancellation, which ends the sleep all the same.
                group.addTask { try? await Task.sleep(until: alarm, tolerance: .zero, clock: .continuous) }
            }
            group.addTask { await self.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.hasRung || Task.isCancelled {
                        state.hasRung = false
                        return true
                    }
                    precondition(state.sleeper == nil, "A doorbell wakes one sleeper")
                    state.sleeper = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleeper.take() }?.resume()
        }
    }
}
