import Redis
package import TramlineModel

/// The wakes of somebody who waits for a job's end: each says that the record is worth a look.
package struct EndWakes: AsyncSequence, Sendable {
    package typealias Element = Void
    package typealias Failure = Never

    let subscription: RedisSubscription

    /// Ends the sequence and the subscription.
    package func cancel() { subscription.cancel() }

    package func makeAsyncIterator() -> Iterator { Iterator(events: subscription.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        var events: RedisSubscription.Iterator

        package mutating func next() async -> Void? { await events.next().map { _ in } }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> Void? {
            await events.next(isolation: actor).map { _ in }
        }
    }
}

extension Delivery {
    /// Tells whoever waits for a job that it has ended, after the record says so. Nobody need listen.
    package func publishEnd(of job: JobID) async throws(DeliveryError) {
        do {
            try await redis.publish("ended", to: keys.end(of: job))
        } catch {
            throw DeliveryError(error, during: "publish_end")
        }
    }

    /// Listens to a job's end; returns when it surely hears, so that whoever then reads the record misses nothing.
    package func endWakes(of job: JobID) async throws(DeliveryError) -> EndWakes {
        EndWakes(subscription: try await subscribe([keys.end(of: job)], limit: 1))
    }
}
