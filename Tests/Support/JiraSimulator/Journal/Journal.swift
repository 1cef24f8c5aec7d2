import Foundation
import Synchronization

/// The record of every request, in the order of arrival.
///
/// Arrivals and ends are entered on the event loop that does the reading and writing (one for the whole simulator), so intervals are
/// those of the wire: a request counts as ended *before* the first byte of its answer leaves, hence a client that waits for an answer
/// before it sends the next request never shows as two in flight.
final class Journal: Sendable {
    private struct State {
        var entries: [JournalEntry] = []
        var inFlight: [String: Int] = [:]
        var file: FileHandle?
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    /// Somebody who waits until the journal says something.
    private struct Waiter {
        let condition: @Sendable ([JournalEntry]) -> Bool
        let continuation: CheckedContinuation<[JournalEntry], any Error>
    }

    private let state: Mutex<State>
    private let start = ContinuousClock.now

    /// - Parameter file: Where ended requests are written as lines of JSON; nil for nowhere. A later line for the same sequence
    ///   number replaces the earlier one.
    init(file: FileHandle?) {
        state = Mutex(State(file: file))
    }

    /// The present instant.
    var now: JournalTime {
        JournalTime(
            monotonic: (ContinuousClock.now - start).microseconds,
            wall: Int(Date().timeIntervalSince1970 * 1_000_000)
        )
    }

    /// Enters a request whose head has arrived.
    ///
    /// - Returns: Its sequence number.
    func arrived(site: String, method: String, path: String, query: String, kind: JournalEntry.Kind) -> Int {
        let now = now
        return change { state in
            let sequence = state.entries.count + 1
            let inFlight = state.inFlight[site, default: 0] + 1
            state.inFlight[site] = inFlight
            state.entries.append(
                JournalEntry(
                    sequence: sequence,
                    site: site,
                    method: method,
                    path: path,
                    query: query,
                    kind: kind,
                    writes: kind == .write,
                    arrived: now,
                    inFlight: inFlight
                )
            )
            return sequence
        }
    }

    /// Enters that the body of a request is complete.
    func bodyComplete(_ sequence: Int) {
        let now = now
        change { $0.entries[sequence - 1].bodyComplete = now }
    }

    /// Enters the end of a request; the first end counts.
    func ended(_ sequence: Int, _ outcome: JournalEntry.Outcome, status: Int? = nil) {
        let now = now
        change { state in
            guard state.entries[sequence - 1].outcome == .open else { return }
            state.entries[sequence - 1].outcome = outcome
            state.entries[sequence - 1].status = status
            state.entries[sequence - 1].ended = now
            state.inFlight[state.entries[sequence - 1].site, default: 1] -= 1
            Self.write(state.entries[sequence - 1], to: state.file)
        }
    }

    /// Adds to what is known of a request; a request that has ended is written to the file once more.
    func note(_ sequence: Int, _ note: (inout JournalEntry) -> Void) {
        change { state in
            note(&state.entries[sequence - 1])
            if state.entries[sequence - 1].outcome != .open {
                Self.write(state.entries[sequence - 1], to: state.file)
            }
        }
    }

    /// Every request so far, in the order of arrival.
    var entries: [JournalEntry] {
        state.withLock { $0.entries }
    }

    /// Waits until the journal satisfies a condition, which is tried after every change.
    ///
    /// - Throws: `CancellationError` when cancelled; a test's time limit is its deadline.
    func entries(until condition: @escaping @Sendable ([JournalEntry]) -> Bool) async throws -> [JournalEntry] {
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

    /// Changes the state, then wakes those whose condition has come true.
    private func change<Result>(_ body: (inout State) -> Result) -> Result where Result: Sendable {
        let (result, ready, entries) = state.withLock { state in
            let result = body(&state)
            guard !state.waiters.isEmpty else { return (result, [Waiter](), [JournalEntry]()) }
            let ready = state.waiters.filter { $0.value.condition(state.entries) }
            for id in ready.keys { state.waiters[id] = nil }
            return (result, Array(ready.values), state.entries)
        }
        for waiter in ready { waiter.continuation.resume(returning: entries) }
        return result
    }

    /// Writes the requests that never ended and closes the file.
    func close() {
        state.withLock { state in
            for entry in state.entries where entry.outcome == .open { Self.write(entry, to: state.file) }
            // Nothing can be done about a file that does not close, and every line was written.
            try? state.file?.close()
            state.file = nil
        }
    }

    /// One entry as a line of JSON.
    static func line(_ entry: JournalEntry) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var data = try? encoder.encode(entry) else { preconditionFailure("a journal entry is always JSON") }
        data.append(UInt8(ascii: "\n"))
        return data
    }

    private static func write(_ entry: JournalEntry, to file: FileHandle?) {
        guard let file else { return }
        do {
            try file.write(contentsOf: line(entry))
        } catch {
            preconditionFailure("the journal's file cannot be written: \(error)")
        }
    }
}

extension Duration {
    /// Whole microseconds, rounded down.
    var microseconds: Int {
        Int(components.seconds) * 1_000_000 + Int(components.attoseconds / 1_000_000_000_000)
    }

    /// Seconds with their fraction.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
