#if DEBUG
import CrashPoints
import Foundation
import JiraSimulator
import Postgres
import Redis
import Synchronization

/// Lets processes die or sleep at named boundaries, one after the other, each while it works on a small session of its own, and
/// lets others take over.
struct CrashPointRun: Sendable {
    let fleet: Fleet

    /// What a run has shown.
    struct Outcome: Sendable {
        var visits: [CrashVisit] = []
        var violations: [String] = []
    }

    /// Carries the plan out on fleets beside each other: most of the time they wait for a lease to end.
    static func carryOut(_ crashes: [PlannedCrash], fleets: Int) async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for place in 0..<fleets {
                let share = crashes.enumerated().filter { $0.offset % fleets == place }.map(\.element)
                if !share.isEmpty { group.addTask { try await carryOut(share) } }
            }
            return try await group.reduce(into: Outcome()) { all, part in
                all.visits += part.visits
                all.violations += part.violations
            }
        }
    }

    private static func carryOut(_ crashes: [PlannedCrash]) async throws -> Outcome {
        let outcome = Mutex(Outcome())
        let options = Fleet.Options(
            workers: 0,
            spacing: 0.02,
            lease: 1,
            journaledBody: 1 << 12,
            environment: [
                "JIRA_REQUEST_TIMEOUT_SECONDS": "1",
                "JIRA_SETTLE_SECONDS": "1",
                "JIRA_AUDIT_SECONDS": "1",
            ]
        )
        try await Fleet.run(options) { fleet in
            let run = CrashPointRun(fleet: fleet)
            for crash in crashes {
                let visit = try await run.visit(crash)
                print("figure: crash point \(visit.line)")
                outcome.withLock {
                    $0.visits.append(visit)
                    $0.violations += visit.violations
                }
            }
            // None is left behind by the dead.
            let last = try await fleet.startWorker()
            try await fleet.queueIsEmpty()
            try await run.stop(last)
            let judge = FaultRunJudge(evidence: try await FaultRunEvidence(of: fleet), hasLateCommits: false)
            outcome.withLock { $0.violations += judge.violations() }
        }
        return outcome.withLock { $0 }
    }

    // MARK: One interruption

    private func visit(_ crash: PlannedCrash) async throws -> CrashVisit {
        let start = ContinuousClock.now
        let before = fleet.jira.journal().count
        if crash.point == .beforeGeneration || crash.point == .afterGeneration {
            _ = try await fleet.redisClient.send(RedisCommand("FLUSHALL"))
        }
        let (wasReached, sessions, late) =
            if crash.isOfAPI {
                try await killAPI(crash)
            } else if crash.fate == .dies {
                try await killWorker(crash)
            } else {
                try await stopWorker(crash)
            }
        var visit = CrashVisit(crash: crash, wasReached: wasReached)
        for session in sessions {
            // One job each, also where the export was asked for twice.
            let job = try await fleet.job(of: session)
            visit.attempts += job.attempts
            visit.deaths += job.deaths
        }
        visit.repeated = Array(fleet.jira.journal().dropFirst(before)).repeatedWrites
        visit.late = late
        visit.seconds = (ContinuousClock.now - start) / .seconds(1)
        return visit
    }

    /// What an interruption comes back with: whether the point was reached, the sessions it worked on, late requests.
    private typealias Result = (wasReached: Bool, sessions: [UUID], late: Int)

    private func killWorker(_ crash: PlannedCrash) async throws -> Result {
        let session = try await exportFullSession("\(crash)")
        let victim = try await fleet.startWorker(environment: crash.environment)
        try await firstOf(
            { _ = try await victim.ended() },
            { try await fleet.wait(for: session) { $0.isOver } }
        )
        // It may be about to die when the session is over: what is left to do is done before it ends.
        victim.signal(SIGTERM)
        let died = try await victim.ended() == .signal(SIGKILL)
        let successor = try await fleet.startWorker()
        try await fleet.completed(session)
        try await stop(successor)
        return (died, [session], 0)
    }

    private func stopWorker(_ crash: PlannedCrash) async throws -> Result {
        let session = try await exportFullSession("\(crash)")
        let victim = try await fleet.startWorker(environment: crash.environment)
        try await firstOf(
            { try await victim.line(containing: Self.stop) },
            { try await fleet.wait(for: session) { $0.isOver } }
        )
        guard victim.log.contains(Self.stop) else {
            victim.signal(SIGTERM)
            // If it comes there on its last metres, it may go on at once.
            await victim.stopped()
            victim.signal(SIGCONT)
            guard try await victim.ended() == .exit(0) else { throw FleetFault("\(victim.name) did not stop") }
            return (victim.log.contains(Self.stop), [session], 0)
        }
        await victim.stopped()
        let job = try await fleet.job(of: session).id.wire
        let successor = try await fleet.startWorker()
        if crash.fate == .dozes {
            try await firstOf(
                { try await successor.line(containing: "job.id=\(job) job.kind=export") },
                { try await fleet.wait(for: session) { $0.isOver } }
            )
            victim.signal(SIGCONT)
            if crash.hasJob { try await letGo(victim) }
        }
        try await fleet.completed(session)
        // Nothing is left that a worker could do: looking for twins comes after the session.
        try await fleet.queueIsEmpty()
        try await stop(successor)
        let quiet = fleet.jira.journal().count
        if crash.fate == .sleeps {
            victim.signal(SIGCONT)
            if crash.hasJob { try await letGo(victim) }
        }
        let late = fleet.jira.journal().count - quiet
        // It is as good as new.
        let second = try await fleet.export("\(crash) afterwards", count: 2)
        try await fleet.completed(second)
        try await stop(victim)
        return (true, [session, second], late)
    }

    private func killAPI(_ crash: PlannedCrash) async throws -> Result {
        var sessions: [UUID] = []
        for number in 1...crash.passing { sessions.append(try await importFullSession("\(crash) \(number)")) }
        let victim = try await fleet.restartAPI(environment: crash.environment)
        for session in sessions.dropLast() { try await fleet.startExport(session) }
        do {
            try await fleet.startExport(sessions[crash.passing - 1])
        } catch is URLError {
            // The connection ended without an answer: the process has died.
        }
        let died = try await victim.ended() == .signal(SIGKILL)
        try await fleet.restartAPI()
        // A client that has heard nothing asks again, and gets the job that there is.
        try await fleet.startExport(sessions[crash.passing - 1])
        let worker = try await fleet.startWorker()
        for session in sessions { try await fleet.completed(session) }
        try await stop(worker)
        return (died, sessions, 0)
    }

    // MARK: Parts

    /// What a process says before it stops.
    private static let stop = "The process stops at"

    /// Tickets with all that makes steps of their own: a file, links, fields that are dropped, an answer that is lost.
    private func importFullSession(_ name: String) async throws -> UUID {
        var body = ImportBody(name, count: 4)
        body.tickets[0].attachments = [
            ImportAttachment(filename: "file.txt", contentBase64: Data("Some text.".utf8).base64EncodedString())
        ]
        body.tickets[2].priority = "No such priority"
        body.tickets[2].dependsOn = ["T1"]
        body.tickets[3].assignee = ImportAssignee(email: "nobody@acme.example")
        body.tickets[3].dependsOn = ["T1"]
        fleet.jira.add(.creating(.dropAfterCommit, title: body.tickets[1].title, .first(1)))
        return try await fleet.importSession(body)
    }

    private func exportFullSession(_ name: String) async throws -> UUID {
        let session = try await importFullSession(name)
        try await fleet.startExport(session)
        return session
    }

    /// Waits until a process that has woken lets go of its job: it is dropped, or its end is refused.
    private func letGo(_ victim: FleetProcess) async throws {
        try await firstOf(
            { try await victim.line(containing: "dropped") },
            { try await victim.line(containing: "another worker has claimed it") }
        )
    }

    private func stop(_ worker: FleetProcess) async throws {
        worker.signal(SIGTERM)
        guard try await worker.ended() == .exit(0) else { throw FleetFault("\(worker.name) did not stop") }
    }

    /// Whichever ends first ends the wait for the others.
    private func firstOf(
        _ one: @escaping @Sendable () async throws -> Void,
        _ other: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await one() }
            group.addTask { try await other() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
#endif
