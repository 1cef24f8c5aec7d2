/// What has happened so far, in order, and a way to wait for more.
final class EventLog<Event: Sendable>: Sendable {
    private let log = Watched<[Event]>([])

    var events: [Event] { log.value }

    func append(_ event: Event) { log.change { $0.append(event) } }

    /// Waits until the events satisfy a condition, which is tried after every one. The test's time limit is the deadline.
    @discardableResult
    func wait(until condition: @escaping @Sendable ([Event]) -> Bool) async throws -> [Event] {
        try await log.wait(until: condition)
    }
}
