import Synchronization

/// Lets so many fleets run at once, in the order of their coming: tests run beside each other, and a machine with two cores
/// that starts thirty processes at once tells little about seconds.
final class Turnstile: Sendable {
    static let fleets = Turnstile(places: 3)

    private struct State {
        var free: Int
        var waiters: [Promise<Bool>] = []
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(free: places)) }

    func withPlace<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        let turn = state.withLock { state -> Promise<Bool>? in
            guard state.free == 0 else {
                state.free -= 1
                return nil
            }
            let turn = Promise<Bool>()
            state.waiters.append(turn)
            return turn
        }
        if let turn {
            do {
                _ = try await turn.value()
            } catch {
                let hadTurn = state.withLock { state in
                    let count = state.waiters.count
                    state.waiters.removeAll { $0 === turn }
                    return state.waiters.count == count
                }
                if hadTurn { leave() }
                throw error
            }
        }
        defer { leave() }
        return try await body()
    }

    private func leave() {
        let next = state.withLock { state -> Promise<Bool>? in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.fulfil(true)
    }
}
