package import Delivery
package import Record
package import TramlineModel

/// Proves that PostgreSQL and Redis agree, on a live system.
///
/// The two are never read at one moment, and a healthy fleet passes through states that would be wrong if they lasted. So
/// what looks wrong is looked at again some seconds later, and counts when it is still the same: same job, same epoch, same
/// place.
package struct FleetCheck: Sendable {
    private let jobs: JobStore
    private let pauses: PauseStore
    private let delivery: Delivery

    package init(jobs: JobStore, delivery: Delivery) {
        self.jobs = jobs
        self.pauses = PauseStore(pool: jobs.pool)
        self.delivery = delivery
    }

    /// What a check has seen.
    package struct Report: Sendable {
        /// Live jobs of the record.
        package var liveJobs: Int
        package var stats: DeliveryStats
        package var server: RedisServer
        package var pauses: Set<PauseScope>
        package var findings: [CheckFinding]
    }

    /// Looks, and looks again at what seems wrong.
    ///
    /// - Parameter wait: Between the two looks; longer than a claim or a settlement takes when a server is slow.
    package func run(wait: Duration) async throws -> Report {
        var report = try await look()
        guard !report.findings.isEmpty else { return report }
        await Doorbell().sleep(until: .now + wait)
        let again = try await look(suspects: report.suspects, of: report.liveJobs)
        report.stats = again.stats
        report.findings = again.findings.filter { finding in report.findings.contains { finding.isSame(as: $0) } }
        return report
    }

    /// Mends what can be mended.
    ///
    /// - Returns: What was changed by it; what had changed by itself meanwhile is not among it.
    package func repair(_ findings: [CheckFinding]) async throws -> [CheckFinding] {
        var mended: [CheckFinding] = []
        for finding in findings {
            guard let mend = finding.mend, try await carryOut(mend) else { continue }
            mended.append(finding)
        }
        return mended
    }

    private func carryOut(_ mend: CheckMend) async throws -> Bool {
        switch mend {
        case .restore(let job):
            return try await delivery.restore([job]) == 1
        case .strike(let job, let place):
            return try await delivery.strike(job, seenAt: place)
        case .replace(let job, let place):
            guard try await delivery.strike(job.id, seenAt: place) else { return false }
            return try await delivery.restore([job]) == 1
        case .release(let job, let worker):
            return try await delivery.release(job, from: worker)
        case .lookAtGate(let site):
            return try await delivery.gateForecast(site) != nil
        case .enforcePauses:
            try await PauseKeeping(pauses: pauses, delivery: delivery).enforce()
            return true
        }
    }

    // MARK: One look

    /// - Parameters:
    ///   - suspects: The jobs to be looked at; `nil` for all.
    ///   - count: How many live jobs there are, where not all are looked at.
    private func look(suspects: [JobID]? = nil, of count: Int = 0) async throws -> Report {
        let stats = try await delivery.stats()
        let list = try await pauses.list()
        var report = Report(
            liveJobs: count,
            stats: stats,
            server: try await delivery.server(),
            pauses: list.scopes,
            findings: []
        )
        let living = Set(stats.workers.filter { $0.leaseLeft > .zero }.map(\.worker))
        report.findings += server(report.server)
        report.findings += fleet(stats, living)
        if stats.paused != list.scopes {
            report.findings.append(
                CheckFinding(
                    .pausesDiffer,
                    "pauses",
                    "PostgreSQL says \(Self.words(list.scopes)), Redis holds up \(Self.words(stats.paused))",
                    evidence: "\(list.revision)",
                    mend: .enforcePauses
                )
            )
        }
        if let suspects {
            report.findings += try await judge(suspects, living)
        } else {
            report.findings += try await judgeAll(living, &report.liveJobs)
        }
        if report.liveJobs > 0, living.isEmpty {
            report.findings.append(
                CheckFinding(.noWorker, "workers", "\(report.liveJobs) jobs wait and no worker lives")
            )
        }
        report.findings += try await gates()
        report.findings += try await sessions()
        return report
    }

    private func judgeAll(_ living: Set<WorkerID>, _ count: inout Int) async throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        var cursor: JobID?
        repeat {
            let page = try await jobs.live(after: cursor, limit: 1000)
            count += page.count
            findings += try await judge(page.map(\.id), rows: page, living)
            cursor = page.count == 1000 ? page.last?.id : nil
        } while cursor != nil
        // The other way round: what Redis has and the record does not.
        var walk: KnownCursor? = .start
        while let from = walk {
            let (page, next) = try await delivery.known(from: from)
            findings += try await judge(page, living).filter { $0.code == .ended }
            walk = next
        }
        return findings
    }

    /// Judges some jobs; the record is read before Redis.
    private func judge(_ ids: [JobID], _ living: Set<WorkerID>) async throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        var rest = Array(Set(ids))[...]
        while !rest.isEmpty {
            let page = Array(rest.prefix(1000))
            rest = rest.dropFirst(1000)
            findings += try await judge(page, rows: try await jobs.live(among: page), living)
        }
        return findings
    }

    private func judge(_ ids: [JobID], rows: [LiveJob], _ living: Set<WorkerID>) async throws -> [CheckFinding] {
        let live = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
        let places = try await delivery.places(of: ids)
        return ids.compactMap { id in
            JobJudgement(id: id, live: live[id], place: places[id] ?? .nowhere, living: living).finding
        }
    }

    private func gates() async throws -> [CheckFinding] {
        try await delivery.gateHolders().compactMap { holder in
            let evidence = "\(holder.turn) \(holder.worker)"
            if !holder.lives {
                return CheckFinding(
                    .gateOfDead,
                    "site \(holder.site)",
                    "its gate is \(holder.worker)'s, which does not live",
                    evidence: evidence,
                    mend: .lookAtGate(holder.site)
                )
            }
            guard !holder.hasJob else { return nil }
            return CheckFinding(
                .gateWithoutJob,
                "site \(holder.site)",
                "\(holder.worker) has its gate for job \(holder.job), which it does not have; restart that worker",
                evidence: evidence
            )
        }
    }

    private func sessions() async throws -> [CheckFinding] {
        let (sessions, jobs) = try await jobs.exportsOutOfStep(limit: 20)
        return sessions.map { session in
            CheckFinding(
                .sessionWithoutJob,
                "session \(session)",
                "says that it is exporting, and no live job exports it"
            )
        }
            + jobs.map { job in
                CheckFinding(
                    .jobWithoutSession,
                    "job \(job)",
                    "is live, and its session does not say that it is exporting"
                )
            }
    }

    private func server(_ server: RedisServer) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        if !server.isRecentEnough {
            findings.append(CheckFinding(.server, "Redis", "its version is \(server.version); it must be 7.0 or newer"))
        }
        if server.evictionPolicy != "noeviction" {
            findings.append(
                CheckFinding(
                    .server,
                    "Redis",
                    "its maxmemory-policy is “\(server.evictionPolicy)”; it must be noeviction, or a full memory loses jobs"
                )
            )
        }
        if server.isReplica {
            findings.append(CheckFinding(.server, "Redis", "it is a replica, which takes no writes"))
        }
        return findings
    }

    private func fleet(_ stats: DeliveryStats, _ living: Set<WorkerID>) -> [CheckFinding] {
        if !stats.hasGeneration {
            return [CheckFinding(.forgotten, "Redis", "it has lost its data, and no worker has begun anew: start one")]
        }
        if !living.isEmpty, stats.leader.map({ !living.contains($0) }) ?? true {
            return [CheckFinding(.noScheduler, "workers", "none of the \(living.count) living ones is the scheduler")]
        }
        return []
    }

    private static func words(_ scopes: Set<PauseScope>) -> String {
        scopes.isEmpty ? "nothing" : scopes.inOrder.map { "\($0)" }.joined(separator: ", ")
    }
}

extension FleetCheck.Report {
    /// The jobs that findings are about.
    fileprivate var suspects: [JobID] {
        findings.compactMap { finding in
            finding.subject.hasPrefix("job ") ? JobID(String(finding.subject.dropFirst(4))) : nil
        }
    }
}
