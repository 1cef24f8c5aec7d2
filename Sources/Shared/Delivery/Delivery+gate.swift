import Redis
package import TramlineModel

/// Who waits at a gate: one request of a job.
package struct GateWaiter: Sendable {
    package let team: TeamID
    package let job: JobID
    package let lease: WorkerLease
    package let priority: JobPriority
    package let isSpaced: Bool
    /// Tells the requests of one worker apart.
    package let ticket: UInt64

    package init(team: TeamID, job: JobID, lease: WorkerLease, priority: JobPriority, isSpaced: Bool, ticket: UInt64) {
        self.team = team
        self.job = job
        self.lease = lease
        self.priority = priority
        self.isSpaced = isSpaced
        self.ticket = ticket
    }

    var member: String { "\(lease.worker)/\(team)/\(job)/\(ticket)" }

    /// What a request costs in the virtual times of a site and of a team there: 8 / weight. A person's job weighs 4 times a scheduled one, one that a
    /// request waits for 8 times.
    var cost: Int {
        switch priority {
        case .scheduled: 8
        case .person: 2
        case .waiting: 1
        }
    }
}

/// The answer at a gate.
package enum GateAnswer: Sendable {
    case granted(GatePass)
    /// Not yet. `until` is when to ask again, if that is known; else a wake will come. `behind` is how many go before.
    case wait(until: Duration?, behind: Int)
    /// The worker's lease does not stand.
    case lost
    /// Redis has lost its data: ``Delivery/createGeneration(clean:pauses:)`` comes first.
    case forgotten
}

/// How a gate stands.
package struct GateForecast: Sendable, Equatable {
    /// Spaced requests that wait.
    package let spacedWaiting: Int
    /// Other requests that wait.
    package let unspacedWaiting: Int
    /// Whether a request is in flight.
    package let isHeld: Bool
    /// How long until the next spaced request may start, by spacing alone.
    package let nextIn: Duration
    /// How long Jira wants the gate closed.
    package let closedFor: Duration
    /// Whether an operator has paused the site: nothing is granted.
    package let isPaused: Bool
}

/// What a look at a gate shows to a keeper.
struct GateView: Sendable {
    let generation: Int64
    /// Who has the gate; empty for nobody.
    let holder: String
    /// Who is next once nobody has it; empty while somebody does, or nobody waits.
    let nextMember: String
    let nextIn: Duration?
    let forecast: GateForecast
}

extension Delivery {
    /// Asks for a site's gate; queues for it at the first asking. The place is kept until it is granted or withdrawn, or
    /// the worker's lease ends.
    ///
    /// It is granted when nobody living holds it, Jira has not closed it, nobody has paused the site, the spacing has passed
    /// (for a spaced request) and nobody is before the waiter. Turns are by start-time fair queuing, first over teams, then
    /// over a team's jobs.
    ///
    /// ``GateKeeper`` is the way to wait; this is one asking.
    package func enterGate(_ site: SiteID, as waiter: GateWaiter) async throws(DeliveryError) -> GateAnswer {
        try await ask(site, as: waiter).answer
    }

    /// As ``enterGate(_:as:)``, with the era that the answer is good in.
    func ask(
        _ site: SiteID,
        as waiter: GateWaiter
    ) async throws(DeliveryError) -> (answer: GateAnswer, era: GateEra?) {
        let askedAt = ContinuousClock.now
        let term = waiter.lease.term
        let arguments = [
            RedisArgument(site.rawValue), RedisArgument(waiter.member), RedisArgument(waiter.cost),
            waiter.isSpaced ? 1 : 0, spacingArgument, leaseArgument,
        ]
        return try await run(Scripts.enterGate, arguments) { reply throws(RedisError) in
            switch try reply.array(atLeast: 1)[0].string() {
            case "forgotten": return (.forgotten, nil)
            case "lost": return (.lost, nil)
            case "granted":
                let parts = try reply.array(atLeast: 4)
                let pass = GatePass(
                    waiter: waiter,
                    site: site,
                    term: term,
                    turn: try parts[1].integer(),
                    grantedMilliseconds: try parts[2].integer(),
                    askedAt: askedAt
                )
                return (.granted(pass), GateEra(generation: try parts[3].integer(), term: term))
            default:
                let parts = try reply.array(atLeast: 4)
                let until = try Duration(orNone: parts[1])
                let era = GateEra(generation: try parts[3].integer(), term: term)
                return (.wait(until: until, behind: Int(try parts[2].integer())), era)
            }
        }
    }

    /// Gives a pass back and wakes the next waiter.
    ///
    /// A spaced request may start one spacing, and the round trip up to 0.6 % of the spacing, after this one did:
    /// requests are as far apart when they arrive at Jira as when they leave, also when the second one travels faster.
    ///
    /// - Parameters:
    ///   - startedAfter: From asking for the pass to the start of its request; `nil` when none was sent.
    ///   - roundTrip: From the start of the request to its answer.
    ///   - closeFor: What a 429 asks for, from now.
    /// - Returns: Whether the pass was the newest. A stale one frees nothing; the rest still counts.
    @discardableResult
    package func leaveGate(
        _ pass: GatePass,
        startedAfter: Duration?,
        roundTrip: Duration?,
        closeFor: Duration? = nil
    ) async throws(DeliveryError) -> Bool {
        let departure = GateDeparture(
            turn: pass.departure().turn,
            startedAfter: startedAfter,
            roundTrip: roundTrip,
            closeFor: closeFor
        )
        return try await leave(pass, departure).wasHolder
    }

    /// As ``leaveGate(_:startedAfter:roundTrip:closeFor:)``, with who is next.
    func leave(
        _ pass: GatePass,
        _ departure: GateDeparture
    ) async throws(DeliveryError) -> (wasHolder: Bool, nextMember: String) {
        let arguments = [
            RedisArgument(pass.site.rawValue), RedisArgument(pass.member), RedisArgument(departure.turn),
            RedisArgument(pass.grantedMilliseconds), pass.isSpaced ? 1 : 0,
            RedisArgument(departure.startedAfter?.milliseconds ?? -1),
            RedisArgument(departure.roundTrip?.milliseconds ?? 0),
            RedisArgument(departure.closeFor?.milliseconds ?? 0),
            spacingArgument, leaseArgument,
        ]
        return try await run(Scripts.leaveGate, arguments) { reply throws(RedisError) in
            let parts = try reply.array(atLeast: 3)
            return (try parts[0].integer() == 1, try parts[1].string())
        }
    }

    /// Takes a waiter out of a gate's queue, also one that was granted the gate without hearing of it.
    package func withdraw(_ waiter: GateWaiter, from site: SiteID) async throws(DeliveryError) {
        _ = try await withdraw(member: waiter.member, from: site)
    }

    /// As ``withdraw(_:from:)``, with who is next.
    func withdraw(
        member: String,
        from site: SiteID
    ) async throws(DeliveryError) -> (wasThere: Bool, nextMember: String) {
        let arguments = [RedisArgument(site.rawValue), RedisArgument(member), spacingArgument, leaseArgument]
        return try await run(Scripts.withdraw, arguments) { reply throws(RedisError) in
            let parts = try reply.array(atLeast: 3)
            return (try parts[0].integer() == 1, try parts[1].string())
        }
    }

    /// How many wait at a gate, and how long it stays shut: (requests ahead + a job's own) × spacing foretells its end.
    ///
    /// - Returns: `nil` when Redis has lost its data.
    package func gateForecast(_ site: SiteID) async throws(DeliveryError) -> GateForecast? {
        try await look(at: site, for: nil)?.forecast
    }

    /// Looks at a gate; frees it from a dead holder and wakes the next waiter if it is overdue.
    func look(at site: SiteID, for worker: WorkerID?) async throws(DeliveryError) -> GateView? {
        let arguments = [
            RedisArgument(site.rawValue), RedisArgument(worker?.rawValue ?? ""), spacingArgument, leaseArgument,
        ]
        return try await run(Scripts.lookAtGate, arguments) { reply throws(RedisError) in
            guard try reply.array(atLeast: 1)[0].string() == "gate" else { return nil }
            let parts = try reply.array(atLeast: 10)
            return GateView(
                generation: try parts[1].integer(),
                holder: try parts[2].string(),
                nextMember: try parts[3].string(),
                nextIn: try Duration(orNone: parts[4]),
                forecast: GateForecast(
                    spacedWaiting: Int(try parts[5].integer()),
                    unspacedWaiting: Int(try parts[6].integer()),
                    isHeld: try !parts[2].string().isEmpty,
                    nextIn: .milliseconds(try parts[7].integer()),
                    closedFor: .milliseconds(try parts[8].integer()),
                    isPaused: try parts[9].integer() == 1
                )
            )
        }
    }
}
