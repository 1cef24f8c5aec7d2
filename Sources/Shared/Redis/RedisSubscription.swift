import NIOCore
import Synchronization

/// What a listener hears.
package enum RedisSubscriptionEvent: Sendable, Hashable {
    case message(channel: String, bytes: [UInt8])
    /// The connection was lost and is back, all channels with it. Messages may have been missed: read the source of truth
    /// again.
    case resubscribed
    /// The listener was too slow and the oldest events were dropped, so many. The same: read again.
    case lagged(dropped: Int)
}

/// Events of some channels, for one consumer, until it is dropped, cancelled or the client ends.
///
/// The sequence never throws: a lost connection is an event. It finishes when the client is shut down, the consuming task
/// is cancelled or ``cancel()`` is called. Dropping it unsubscribes.
package final class RedisSubscription: AsyncSequence, Sendable {
    package typealias Element = RedisSubscriptionEvent
    package typealias Failure = Never

    package let channels: [String]
    let mailbox: RedisMailbox
    private let release: @Sendable () -> Void

    init(channels: [String], mailbox: RedisMailbox, release: @escaping @Sendable () -> Void) {
        self.channels = channels
        self.mailbox = mailbox
        self.release = release
    }

    deinit { cancel() }

    /// Stops listening. Safe to repeat.
    package func cancel() {
        mailbox.finish()
        release()
    }

    package func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    package struct Iterator: AsyncIteratorProtocol {
        /// Keeps the subscription alive while somebody iterates.
        let subscription: RedisSubscription

        package mutating func next() async -> RedisSubscriptionEvent? {
            await subscription.mailbox.next()
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> RedisSubscriptionEvent? {
            await subscription.mailbox.next()
        }
    }
}

/// A bounded queue of events for one consumer: the newest are kept, the dropped are counted.
final class RedisMailbox: Sendable {
    private struct State {
        var events = CircularBuffer<RedisSubscriptionEvent>()
        var dropped = 0
        var waiter: CheckedContinuation<RedisSubscriptionEvent?, Never>?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) {
        precondition(limit > 0, "A mailbox holds something")
        self.limit = limit
    }

    func deliver(_ event: RedisSubscriptionEvent) {
        let waiter = state.withLock { state -> CheckedContinuation<RedisSubscriptionEvent?, Never>? in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter.take() { return waiter }
            if state.events.count == limit {
                state.events.removeFirst()
                state.dropped += 1
            }
            state.events.append(event)
            return nil
        }
        waiter?.resume(returning: event)
    }

    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    /// The next event; `nil` at the end, and when the waiting task is cancelled.
    func next() async -> RedisSubscriptionEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> RedisSubscriptionEvent?? in
                    if state.dropped > 0 {
                        defer { state.dropped = 0 }
                        return .lagged(dropped: state.dropped)
                    }
                    if let event = state.events.popFirst() { return event }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    precondition(state.waiter == nil, "A subscription has one consumer")
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(returning: nil)
        }
    }
}
