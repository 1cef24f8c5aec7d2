import Redis
package import TramlineModel

/// Why a worker is woken.
package enum DeliveryWake: Sendable, Hashable {
    /// Jobs became ready.
    case jobs
    /// A turn at this site's gate has come for this one of the worker's waiters; ``GateKeeper`` sees to it.
    case gate(SiteID, member: String)
    /// Somebody wants a job cancelled that this worker runs: the record says which.
    case cancellation
    /// What the worker said to itself has come back: its subscription hears.
    case probe(UInt64)
    /// Wakes may have been missed: look at everything that one would have told.
    case anything
}

/// The wakes of one worker, in order, without end until the client stops.
package struct DeliveryWakes: AsyncSequence, Sendable {
    package typealias Element = DeliveryWake
    package typealias Failure = Never

    let subscription: RedisSubscription

    package func makeAsyncIterator() -> Iterator { Iterator(events: subscription.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        var events: RedisSubscription.Iterator

        package mutating func next() async -> DeliveryWake? {
            await events.next().map { DeliveryWake($0) }
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> DeliveryWake? {
            await events.next(isolation: actor).map { DeliveryWake($0) }
        }
    }
}

extension DeliveryWake {
    /// A message that this release does not know counts as a reason to look.
    init(_ event: RedisSubscriptionEvent) {
        guard case .message(_, let bytes) = event else {
            self = .anything
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 2)
        if words == ["jobs"] {
            self = .jobs
        } else if words == ["cancellation"] {
            self = .cancellation
        } else if words.count == 2, words[0] == "probe", let number = UInt64(words[1]) {
            self = .probe(number)
        } else if words.count == 3, words[0] == "gate" {
            self = .gate(SiteID(rawValue: String(words[2])), member: String(words[1]))
        } else {
            self = .anything
        }
    }
}

/// What a listener to a session's progress hears.
package enum ProgressWake: Sendable, Hashable {
    /// There are messages up to this sequence number in the record.
    case sequence(Int64)
    /// Wakes may have been missed: read the record.
    case anything
}

/// The progress wakes of one session.
package struct ProgressWakes: AsyncSequence, Sendable {
    package typealias Element = ProgressWake
    package typealias Failure = Never

    let subscription: RedisSubscription

    /// Ends the sequence and the subscription.
    package func cancel() { subscription.cancel() }

    package func makeAsyncIterator() -> Iterator { Iterator(events: subscription.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        var events: RedisSubscription.Iterator

        package mutating func next() async -> ProgressWake? {
            await events.next().map { ProgressWake($0) }
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> ProgressWake? {
            await events.next(isolation: actor).map { ProgressWake($0) }
        }
    }
}

extension ProgressWake {
    init(_ event: RedisSubscriptionEvent) {
        if case .message(_, let bytes) = event, let number = Int64(String(decoding: bytes, as: UTF8.self)) {
            self = .sequence(number)
        } else {
            self = .anything
        }
    }
}

extension Delivery {
    /// Listens to what wakes a worker; returns when it surely hears.
    ///
    /// Wakes are hints: each may come twice or in vain. Ready jobs are found by claiming.
    package func wakes(worker: WorkerID) async throws(DeliveryError) -> DeliveryWakes {
        DeliveryWakes(subscription: try await subscribe([keys.wake, keys.wake(of: worker)], limit: 1024))
    }

    /// Tells a worker that somebody wants a job cancelled that it runs. It need not hear: it looks into the record now and then.
    package func wakeForCancellation(_ worker: WorkerID) async throws(DeliveryError) {
        do {
            try await redis.publish("cancellation", to: keys.wake(of: worker))
        } catch {
            throw DeliveryError(error, during: "wake_for_cancellation")
        }
    }

    /// Wakes a worker with a number, which tells it that it hears.
    package func probe(_ worker: WorkerID, _ number: UInt64) async throws(DeliveryError) {
        do {
            try await redis.publish("probe \(number)", to: keys.wake(of: worker))
        } catch {
            throw DeliveryError(error, during: "probe")
        }
    }

    /// Says a number on a process's own channel.
    func say(_ number: UInt64, to process: String) async throws(DeliveryError) {
        do {
            try await redis.publish(RedisArgument("\(number)"), to: keys.saying(to: process))
        } catch {
            throw DeliveryError(error, during: "say")
        }
    }

    /// Listens to a process's own channel.
    func sayings(to process: String) async throws(DeliveryError) -> some AsyncSequence<UInt64, Never> {
        try await subscribe([keys.saying(to: process)], limit: 16).compactMap { event in
            if case .message(_, let bytes) = event { UInt64(String(decoding: bytes, as: UTF8.self)) } else { nil }
        }
    }

    /// Makes the connection anew by which this process hears, with all its subscriptions: each is told that it may have missed
    /// something.
    package func renewSubscriptions() { redis.renewSubscriptions() }

    /// Tells a session's listeners that its progress messages up to a number are in the record. Nobody need listen.
    package func publishProgress(session: SessionID, sequence: Int64) async throws(DeliveryError) {
        do {
            try await redis.publish(RedisArgument(sequence), to: keys.progress(of: session))
        } catch {
            throw DeliveryError(error, during: "publish_progress")
        }
    }

    /// Listens to a session's progress; returns when it surely hears, so that whoever then reads the record misses nothing.
    ///
    /// Only the newest wake is kept for a slow listener: it says all that the older ones did.
    package func progressWakes(session: SessionID) async throws(DeliveryError) -> ProgressWakes {
        ProgressWakes(subscription: try await subscribe([keys.progress(of: session)], limit: 1))
    }

    func subscribe(_ channels: [String], limit: Int) async throws(DeliveryError) -> RedisSubscription {
        do {
            return try await redis.subscribe(to: channels, limit: limit)
        } catch {
            throw DeliveryError(error, during: "subscribe")
        }
    }
}
