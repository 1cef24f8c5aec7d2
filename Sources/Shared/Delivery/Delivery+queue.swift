import Redis
package import TramlineModel

/// A job to be put on the road.
package struct QueuedJob: Sendable, Hashable {
    package let id: JobID
    package let priority: JobPriority
    package let kind: JobKind
    /// Teams take turns.
    package let team: TeamID
    /// Not to be claimed before so long from now; `nil` for at once.
    package let delay: Duration?

    package init(id: JobID, priority: JobPriority, kind: JobKind, team: TeamID, delay: Duration? = nil) {
        self.id = id
        self.priority = priority
        self.kind = kind
        self.team = team
        self.delay = delay
    }

    /// A job of the record.
    package init(_ job: Job, delay: Duration? = nil) {
        self.init(id: job.id, priority: job.priority, kind: job.kind, team: job.team, delay: delay)
    }
}

/// What a claim came back with.
package enum ClaimResult: Sendable, Equatable {
    /// The worker holds these jobs now: none, when nothing is ready.
    ///
    /// `nextDue` is how long until the next delayed job is due, `nil` when none is; `ready` is how many jobs are left.
    case claimed([JobID], nextDue: Duration?, ready: Int)
    /// The worker's lease does not stand: ``Delivery/register(_:holding:gates:)`` comes first.
    case lost
    /// Redis has lost its data: ``Delivery/createGeneration(clean:pauses:)`` comes first.
    case forgotten
}

/// How a claim ends.
package enum Settlement: Sendable, Equatable {
    /// The job has left the queue.
    case finished
    /// The job may be claimed again at once, at its old place.
    case ready(JobPriority)
    /// The job may be claimed again after so long. Its priority is `nil` for whoever does not know it: it stays what it was.
    case delayed(Duration, JobPriority?)
}

extension Delivery {
    /// Puts jobs into the queue and wakes the workers.
    ///
    /// A job that is ready, delayed or held already is left as it is, so repeating does no harm, and two who enqueue the same
    /// job add it once. A person's job has a head start of 1 min over a scheduled one, one that a request waits for 10 min.
    /// Within a priority teams take turns, job by job; a team's jobs are claimed in the order in which they were enqueued.
    ///
    /// - Returns: How many were added.
    @discardableResult
    package func enqueue(_ jobs: [QueuedJob]) async throws(DeliveryError) -> Int {
        try await put(jobs, scheduler: nil)
    }

    private func put(_ jobs: [QueuedJob], scheduler: WorkerID?) async throws(DeliveryError) -> Int {
        var added = 0
        var rest = jobs[...]
        while !rest.isEmpty {
            // Redis serves nobody else during a script; a thousand jobs take it a few milliseconds.
            let batch = rest.prefix(1000)
            rest = rest.dropFirst(1000)
            let arguments = batch.flatMap { job in
                [
                    RedisArgument("\(job.id)"), RedisArgument(job.priority.rawValue), RedisArgument(job.kind.rawValue),
                    RedisArgument("\(job.team)"), RedisArgument(max(0, job.delay?.milliseconds ?? 0)),
                ]
            }
            let owner = RedisArgument(scheduler?.rawValue ?? "")
            let count = try await run(Scripts.enqueue, [owner] + arguments) { reply throws(RedisError) in
                Int(try reply.integer())
            }
            guard count >= 0 else { throw DeliveryError(.leaseLost, "enqueue: another worker is the scheduler") }
            added += count
        }
        return added
    }

    /// Puts back what the queue should hold and does not: the sweep's half of the outbox.
    ///
    /// The same as ``enqueue(_:)``: a job that is on the road already, in whatever place, is left alone.
    ///
    /// - Parameter scheduler: Who sweeps: its jobs are taken only while it is the scheduler, so that one that was paused and
    ///   wakes late adds nothing. `nil` for an operator.
    /// - Returns: How many were missing.
    /// - Throws: ``DeliveryError`` with `.leaseLost` when somebody else is the scheduler.
    @discardableResult
    package func restore(
        _ jobs: [QueuedJob],
        as scheduler: WorkerID? = nil
    ) async throws(DeliveryError) -> Int {
        try await put(jobs, scheduler: scheduler)
    }

    /// Succeeds when jobs can be put into the queue now: Redis answers, is no replica and has room.
    package func ping(timeout: Duration) async throws(DeliveryError) {
        _ = try await run(Scripts.enqueue, [""], timeout: timeout) { reply throws(RedisError) in reply }
    }

    /// Takes the first ready jobs for a worker; due ones become ready on the way. Jobs of a paused kind wait aside and keep
    /// their places; of a paused queue nothing is taken.
    ///
    /// A claim whose answer was lost is asked for again, for a lease at most: otherwise its jobs would be held by a worker
    /// that does not know of them. After that the lease has ended and they are ready again.
    ///
    /// - Parameters:
    ///   - limit: How many at most, 0...1000.
    ///   - reserved: How many more, 0...1000, of those that a request waits for.
    package func claim(
        upTo limit: Int,
        reserved: Int = 0,
        worker: WorkerID
    ) async throws(DeliveryError) -> ClaimResult {
        let token = String(UInt64.random(in: .min ... .max), radix: 36)
        let arguments = [
            RedisArgument(worker.rawValue), RedisArgument(min(max(limit, 0), 1000)), RedisArgument(token),
            RedisArgument(min(max(reserved, 0), 1000)),
        ]
        let end = ContinuousClock.now + lease
        while true {
            do throws(DeliveryError) {
                return try await run(Scripts.claim, arguments) { reply throws(RedisError) in try ClaimResult(reply) }
            } catch  where error.mayHaveRun && error.code == .unavailable && ContinuousClock.now < end {
                do {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 50...250)))
                } catch {
                    throw DeliveryError(.cancelled, "the claim was cancelled", cause: error)
                }
            }
        }
    }

    /// Ends a worker's claim of a job, if the worker has it.
    ///
    /// - Returns: Whether the worker had it. When not, nothing has changed: another worker has it, or Redis has forgotten it
    ///   and the sweep will see to it.
    @discardableResult
    package func settle(
        _ job: JobID,
        worker: WorkerID,
        as settlement: Settlement
    ) async throws(DeliveryError) -> Bool {
        let outcome: [RedisArgument] =
            switch settlement {
            case .finished: ["finished"]
            case .ready(let priority): ["ready", RedisArgument(priority.rawValue)]
            case .delayed(let delay, let priority):
                [
                    "delayed", priority.map { RedisArgument($0.rawValue) } ?? "",
                    RedisArgument(max(0, delay.milliseconds)),
                ]
            }
        let arguments = [RedisArgument("\(job)"), RedisArgument(worker.rawValue)] + outcome
        return try await run(Scripts.settle, arguments) { reply throws(RedisError) in try reply.integer() == 1 }
    }

    /// What a worker has claimed and not settled.
    package func held(by worker: WorkerID) async throws(DeliveryError) -> [JobID] {
        try await run(Scripts.held, [RedisArgument(worker.rawValue)]) { reply throws(RedisError) in
            try jobIDs(try reply.array()[...])
        }
    }

    /// Takes a ready or delayed job out of the queue. A job that is held stays: its worker must be told otherwise.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    package func remove(_ job: JobID) async throws(DeliveryError) -> Bool {
        try await run(Scripts.remove, [RedisArgument("\(job)")]) { reply throws(RedisError) in try reply.integer() == 1
        }
    }

    /// Begins to remember, after Redis has lost its data; the first call wins, the others do nothing.
    ///
    /// - Parameters:
    ///   - clean: Whether no job can be running anywhere, by the record. Then gates open at once; otherwise each stays
    ///     closed for a lease and a spacing, until everything that was under way must have ended.
    ///   - pauses: What the record says is paused: in force before anything can be claimed or granted.
    /// - Returns: Whether this call created it.
    @discardableResult
    package func createGeneration(clean: Bool, pauses: PauseList) async throws(DeliveryError) -> Bool {
        let arguments = [clean ? 1 : 0, RedisArgument(pauses.revision)] + Self.names(of: pauses)
        return try await run(Scripts.createGeneration, arguments) { reply throws(RedisError) in
            try reply.array(atLeast: 2)[0].integer() == 1
        }
    }
}

extension ClaimResult {
    fileprivate init(_ reply: RedisReply) throws(RedisError) {
        switch try reply.array(atLeast: 1)[0].string() {
        case "forgotten": self = .forgotten
        case "lost": self = .lost
        default:
            let parts = try reply.array(atLeast: 3)
            self = .claimed(
                try jobIDs(parts[3...]),
                nextDue: try Duration(orNone: parts[1]),
                ready: Int(try parts[2].integer())
            )
        }
    }
}

/// Reads job identifiers.
func jobIDs(_ replies: ArraySlice<RedisReply>) throws(RedisError) -> [JobID] {
    var jobs: [JobID] = []
    for reply in replies {
        guard let job = JobID(try reply.string()) else { throw RedisError(.malformedReply, "not the id of a job") }
        jobs.append(job)
    }
    return jobs
}

extension Duration {
    /// Milliseconds of a script; negative is none.
    init?(orNone reply: RedisReply) throws(RedisError) {
        let milliseconds = try reply.integer()
        guard milliseconds >= 0 else { return nil }
        self = .milliseconds(milliseconds)
    }
}
