import Redis
package import TramlineModel

/// The answer to a registration.
package enum Registration: Sendable, Equatable {
    /// The lease stands. `taken` are jobs that the worker runs and others hold by now: they must be dropped.
    case registered(taken: [JobID])
    /// Redis has lost its data: ``Delivery/createGeneration(clean:pauses:)`` comes first.
    case forgotten
}

/// The answer to a heartbeat.
package enum HeartbeatReply: Sendable, Equatable {
    /// The lease is extended.
    case standing(Heartbeat)
    /// The lease had ended, and others may have what the worker held: it drops all its jobs, then registers anew.
    case lost
    /// Redis has lost its data, or had and began anew: create a generation, then register with all jobs and passes held.
    case forgotten
}

/// What a heartbeat found and did.
package struct Heartbeat: Sendable, Equatable {
    /// Delayed jobs that became ready by it.
    package let promoted: Int
    /// Dead workers that it buried, with the jobs that are ready again.
    package let reaped: [DeadWorker]
    /// How long until the next delayed job is due; `nil` when none is.
    package let nextDue: Duration?
    /// Ready jobs.
    package let ready: Int
    /// Whether this worker is the scheduler, as long as its lease stands.
    package let isLeader: Bool
    /// What must not run now.
    package let paused: Set<PauseScope>

    package struct DeadWorker: Sendable, Equatable {
        package let worker: WorkerID
        package let jobs: [JobID]
    }
}

extension Delivery {
    /// Begins a worker's lease; also takes it up again, with all that the worker still runs, when Redis has forgotten it.
    ///
    /// - Parameters:
    ///   - lease: Stands afterwards, unless the answer is `.forgotten`.
    ///   - jobs: What the worker runs now. Each is held by it again unless another worker has it.
    ///   - gates: The keeper whose passes are in use; a gate that has not been opened again is theirs again.
    package func register(
        _ lease: WorkerLease,
        holding jobs: [QueuedJob] = [],
        gates: GateKeeper? = nil
    ) async throws(DeliveryError) -> Registration {
        let asked = ContinuousClock.now
        let passes = gates?.heldPasses ?? []
        var arguments = [
            RedisArgument(lease.worker.rawValue), leaseArgument, spacingArgument,
            RedisArgument(lease.facts?.text ?? ""), RedisArgument(jobs.count),
        ]
        for job in jobs {
            arguments += [
                RedisArgument("\(job.id)"), RedisArgument(job.priority.rawValue), RedisArgument(job.kind.rawValue),
                RedisArgument("\(job.team)"),
            ]
        }
        for pass in passes {
            arguments += [RedisArgument(pass.site.rawValue), RedisArgument(pass.member), pass.isSpaced ? 1 : 0]
        }
        return try await run(Scripts.register, arguments, timeout: beatTimeout) { reply throws(RedisError) in
            guard try reply.array(atLeast: 1)[0].string() == "registered" else { return .forgotten }
            var parts = try reply.array(atLeast: 3)[1...]
            let generation = try parts.removeFirst().integer()
            let count = Int(try parts.removeFirst().integer())
            guard count >= 0, parts.count == count + passes.count else {
                throw RedisError(.malformedReply, "the answer to a registration has a wrong length")
            }
            let taken = try jobIDs(parts.prefix(count))
            for (pass, turn) in zip(passes, parts.dropFirst(count)) { pass.renew(turn: try turn.integer()) }
            lease.begin(until: asked + knownLease, generation: generation)
            return .registered(taken: taken)
        }
    }

    /// Extends a worker's lease; promotes due jobs and buries dead workers for everybody.
    ///
    /// Once a second, or every sixth of the lease, whichever is shorter. A worker that has died is noticed by the first
    /// heartbeat of another after its lease has ended.
    ///
    /// - Parameter campaigning: Whether the worker stands for election as the scheduler.
    /// - Throws: ``DeliveryError``; the lease then stands as long as it stood, see ``WorkerLease/stands(at:)``.
    package func heartbeat(
        _ lease: WorkerLease,
        campaigning: Bool = true
    ) async throws(DeliveryError) -> HeartbeatReply {
        // A worker that was never registered, or lost its lease and knows, has nothing to extend.
        guard let generation = lease.generation else { return .lost }
        let asked = ContinuousClock.now
        let arguments = [
            RedisArgument(lease.worker.rawValue), leaseArgument, spacingArgument, RedisArgument(generation),
            campaigning ? 1 : 0,
        ]
        let answer = try await run(Scripts.heartbeat, arguments, timeout: beatTimeout) { reply throws(RedisError) in
            try HeartbeatReply(reply)
        }
        switch answer {
        case .standing: lease.extend(until: asked + knownLease)
        case .lost: lease.lose()
        // What it holds stays its own until the lease's end: no gate opens before that.
        case .forgotten: break
        }
        return answer
    }

    /// Ends a worker's lease at once and gives back whatever it still holds.
    package func retire(_ lease: WorkerLease) async throws(DeliveryError) {
        lease.lose()
        let arguments = [RedisArgument(lease.worker.rawValue), leaseArgument, spacingArgument]
        _ = try await run(Scripts.retire, arguments, timeout: beatTimeout) { reply throws(RedisError) in reply }
    }

    /// Makes a worker the scheduler when there is none. ``heartbeat(_:campaigning:)`` does it on the way.
    ///
    /// - Returns: Whether the worker is the scheduler, as long as its lease stands.
    package func campaign(worker: WorkerID) async throws(DeliveryError) -> Bool {
        try await run(Scripts.campaign, [RedisArgument(worker.rawValue)]) { reply throws(RedisError) in
            try reply.integer() == 1
        }
    }

    /// What a worker may count on: scripts count whole milliseconds and begin with the one that is running.
    private var knownLease: Duration { lease - .milliseconds(1) }

    /// A heartbeat that takes longer is better repeated while the lease stands.
    private var beatTimeout: Duration { max(lease / 3, .milliseconds(50)) }
}

extension HeartbeatReply {
    fileprivate init(_ reply: RedisReply) throws(RedisError) {
        switch try reply.array(atLeast: 1)[0].string() {
        case "forgotten": self = .forgotten
        case "lost": self = .lost
        default:
            let parts = try reply.array(atLeast: 6)
            var reaped: [Heartbeat.DeadWorker] = []
            for dead in parts[6...] {
                let names = try dead.array(atLeast: 1)
                let worker = WorkerID(rawValue: try names[0].string())
                reaped.append(Heartbeat.DeadWorker(worker: worker, jobs: try jobIDs(names[1...])))
            }
            self = .standing(
                Heartbeat(
                    promoted: Int(try parts[1].integer()),
                    reaped: reaped,
                    nextDue: try Duration(orNone: parts[2]),
                    ready: Int(try parts[3].integer()),
                    isLeader: try parts[4].integer() == 1,
                    paused: try Delivery.scopes(parts[5])
                )
            )
        }
    }
}
