import Redis
package import TramlineModel

/// Where a job is on the road.
package enum JobPlace: Sendable, Equatable {
    case nowhere
    case ready
    /// Ready, but of a paused kind.
    case aside
    /// Not to be claimed before so long from now.
    case delayed(Duration)
    /// A worker has claimed it. `lives` says whether the worker's lease stands; `isListed`, whether the worker's own list has
    /// the job, by which it is freed when the worker dies.
    case held(WorkerID, lives: Bool, isListed: Bool)
}

/// Who has a site's gate.
package struct GateHolder: Sendable, Equatable {
    package let site: SiteID
    package let worker: WorkerID
    package let job: JobID
    /// The pass's number.
    package let turn: Int64
    /// Whether the worker's lease stands.
    package let lives: Bool
    /// Whether the worker holds the job, too.
    package let hasJob: Bool
}

/// How far a walk through the known jobs has come.
package struct KnownCursor: Sendable, Equatable {
    fileprivate var hash = "jobs"
    fileprivate var cursor = "0"

    package static let start = KnownCursor()
}

extension Delivery {
    /// Says where jobs are, all at one moment.
    ///
    /// - Parameter jobs: 1000 at most.
    package func places(of jobs: [JobID]) async throws(DeliveryError) -> [JobID: JobPlace] {
        guard !jobs.isEmpty else { return [:] }
        return try await run(Scripts.locate, jobs.map { RedisArgument("\($0)") }) { reply throws(RedisError) in
            let places = try reply.array(atLeast: jobs.count)
            var found: [JobID: JobPlace] = [:]
            for (job, place) in zip(jobs, places) { found[job] = try JobPlace(place) }
            return found
        }
    }

    /// A page of the jobs that are known here, some hundred; a job may come twice, and one that comes or goes meanwhile may be
    /// missing.
    ///
    /// - Returns: The page, and where the next one begins; `nil` at the end.
    package func known(from cursor: KnownCursor) async throws(DeliveryError) -> (jobs: [JobID], next: KnownCursor?) {
        let arguments = [RedisArgument(cursor.hash), RedisArgument(cursor.cursor), 500]
        return try await run(Scripts.known, arguments) { reply throws(RedisError) in
            let parts = try reply.array(atLeast: 1)
            var next = cursor
            next.cursor = try parts[0].string()
            let jobs = try jobIDs(parts[1...])
            guard next.cursor == "0" else { return (jobs, next) }
            next.hash = "holders"
            return (jobs, cursor.hash == "jobs" ? next : nil)
        }
    }

    /// Takes a job out that the record does not want run, if it is still where it was seen.
    ///
    /// - Returns: Whether it is out by this call.
    @discardableResult
    package func strike(_ job: JobID, seenAt place: JobPlace) async throws(DeliveryError) -> Bool {
        let (name, holder): (String, WorkerID?) =
            switch place {
            case .nowhere: ("", nil)
            case .ready: ("ready", nil)
            case .aside: ("aside", nil)
            case .delayed: ("delayed", nil)
            case .held(let worker, _, _): ("held", worker)
            }
        let arguments = [RedisArgument("\(job)"), RedisArgument(name), RedisArgument(holder?.rawValue ?? "")]
        return try await run(Scripts.strike, arguments) { reply throws(RedisError) in try reply.integer() == 1 }
    }

    /// Frees a job from a holder whose lease does not stand; a living one keeps it.
    ///
    /// - Returns: Whether it is free by this call.
    @discardableResult
    package func release(_ job: JobID, from worker: WorkerID) async throws(DeliveryError) -> Bool {
        try await run(Scripts.release, [RedisArgument("\(job)"), RedisArgument(worker.rawValue)]) {
            reply throws(RedisError) in try reply.integer() == 1
        }
    }

    /// Every gate that somebody has, as of one moment.
    package func gateHolders() async throws(DeliveryError) -> [GateHolder] {
        try await run(Scripts.lookAtGates, []) { reply throws(RedisError) in
            try reply.array().map { entry throws(RedisError) in
                let fields = try entry.array(atLeast: 5)
                // <worker>/<team>/<job>/<ticket>; a worker's name may have a slash in it.
                let words = try fields[1].string().split(separator: "/")
                guard words.count >= 4, let job = JobID(String(words[words.count - 2])) else {
                    throw RedisError(.malformedReply, "not a waiter")
                }
                return GateHolder(
                    site: SiteID(rawValue: try fields[0].string()),
                    worker: WorkerID(rawValue: words.dropLast(3).joined(separator: "/")),
                    job: job,
                    turn: try fields[2].integer(),
                    lives: try fields[3].integer() == 1,
                    hasJob: try fields[4].integer() == 1
                )
            }
        }
    }
}

extension JobPlace {
    fileprivate init(_ reply: RedisReply) throws(RedisError) {
        let fields = try reply.array(atLeast: 1)
        switch try fields[0].string() {
        case "": self = .nowhere
        case "ready": self = .ready
        case "aside": self = .aside
        case "delayed":
            self = .delayed(.milliseconds(try reply.array(atLeast: 2)[1].integer()))
        case "held":
            let parts = try reply.array(atLeast: 4)
            self = .held(
                WorkerID(rawValue: try parts[1].string()),
                lives: try parts[2].integer() > 0,
                isListed: try parts[3].integer() == 1
            )
        default: throw RedisError(.malformedReply, "not a place of a job")
        }
    }
}
