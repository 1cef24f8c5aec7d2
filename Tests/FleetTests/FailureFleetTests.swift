import Foundation
import JiraSimulator
import Postgres
import Redis
import TestEquipment
import Testing

@Suite("A fleet that loses parts", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct FailureFleetTests {
    /// When a worker is killed.
    enum Moment: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case midway
        case whileACreateIsInFlightThatJiraCarriesOut
        case whileACreateIsInFlightThatJiraDoesNot

        var testDescription: String { rawValue }

        /// What happens to the fifth create, which is under way when the worker dies.
        var fault: Fault? {
            switch self {
            case .midway: nil
            case .whileACreateIsInFlightThatJiraCarriesOut:
                .creating(.timeOut(milliseconds: 2500, commits: true), .nth(5))
            case .whileACreateIsInFlightThatJiraDoesNot:
                .creating(.timeOut(milliseconds: 2500, commits: false), .nth(5))
            }
        }
    }

    @Test(
        "When the worker that runs the export is killed, the other one goes on within 10 s",
        arguments: Moment.allCases
    )
    func kill(_ moment: Moment) async throws {
        try await Fleet.run { fleet in
            if let fault = moment.fault { fleet.jira.add(fault) }
            let session = try await fleet.export("K", count: 12)
            try await fleet.creates(5)
            let (holder, others) = try await fleet.holder(of: session)
            holder.signal(SIGKILL)
            let killed = Date.now.timeIntervalSince1970
            try #require(try await holder.ended() == .signal(SIGKILL))

            let next = try await fleet.jira.journal { entries in entries.contains { $0.arrivedAt > killed } }
            let first = try #require(next.first { $0.arrivedAt > killed })
            fleet.report("from kill -9 (\(moment.rawValue)) to the next request", first.arrivedAt - killed)
            try #require(first.arrivedAt - killed < 10)

            try await fleet.completed(session)
            try fleet.checkSite(issues: 12)
            if moment != .whileACreateIsInFlightThatJiraDoesNot { try fleet.checkNoRepetition() }
            let job = try await fleet.job(of: session)
            // A create that may still come is waited for, outside the worker, and claimed again.
            let claims = moment == .whileACreateIsInFlightThatJiraDoesNot ? 2...20 : 2...2
            try #require(job.state == "succeeded" && claims.contains(job.epoch) && job.attempts == 0)
            try #require(others.count == 1)
        }
    }

    @Test("A worker that is told to stop hands its export over and exits 0")
    func terminate() async throws {
        try await Fleet.run { fleet in
            let session = try await fleet.export("T", count: 12)
            try await fleet.creates(4)
            let holder = try await fleet.holder(of: session).holder
            let told = ContinuousClock.now
            holder.signal(SIGTERM)
            try #require(try await holder.ended() == .exit(0))
            let left = ContinuousClock.now - told
            fleet.report("from SIGTERM to the end of the process", left / .seconds(1))
            try #require(left < .seconds(4))
            try await fleet.completed(session)
            try fleet.checkSite(issues: 12)
            try fleet.checkSpacing()
            try fleet.checkNoRepetition()
            let job = try await fleet.job(of: session)
            try #require(job.epoch == 2 && job.attempts == 0 && job.deaths == 0)
        }
    }

    @Test("A worker that is stopped beyond its lease sends nothing and writes nothing when it wakes")
    func pause() async throws {
        try await Fleet.run(.init(lease: 2)) { fleet in
            // Under way when the worker is stopped: its answer waits in the socket until it wakes.
            fleet.jira.add(.creating(.latency(milliseconds: 500), .nth(4)))
            let session = try await fleet.export("P", count: 30)
            try await fleet.creates(4)
            let holder = try await fleet.holder(of: session).holder
            holder.signal(SIGSTOP)
            // The other one has taken over, and is busy.
            try await fleet.creates(9)
            holder.signal(SIGCONT)
            try await holder.line(containing: "dropped")
            try await fleet.completed(session)
            try fleet.checkSite(issues: 30)
            try fleet.checkSpacing()
            try fleet.checkNoRepetition()
            let late: Int = try await fleet.pool.query(
                """
                SELECT count(*) FROM job_steps AS late
                WHERE epoch = 1 AND finished_at > (SELECT min(finished_at) FROM job_steps WHERE epoch > 1)
                """
            ).scalar()
            try #require(late == 0)
            let job = try await fleet.job(of: session)
            try #require(job.epoch == 2 && job.attempts == 0)
        }
    }

    @Test("When Redis forgets everything, exports go on, and never two requests are in flight")
    func flush() async throws {
        try await Fleet.run(.init(lease: 2)) { fleet in
            let sessions = [
                try await fleet.export("A", count: 10), try await fleet.export("B", count: 10),
            ]
            try await fleet.creates(6)
            _ = try await fleet.redisClient.send(RedisCommand("FLUSHALL"))
            for session in sessions { try await fleet.completed(session) }
            try fleet.checkSite(issues: 20)
            try fleet.checkSpacing()
            try fleet.checkNoRepetition()
            for session in sessions {
                let job = try await fleet.job(of: session)
                // Whoever ran it kept it: it said so when it registered anew.
                try #require(job.epoch == 1 && job.attempts == 0 && job.deaths == 0)
            }
        }
    }

    @Test(
        "While Redis is away the API accepts exports and is not ready; what runs and what was accepted goes on when it is back"
    )
    func redisAway() async throws {
        try await Fleet.run(.init(lease: 2)) { fleet in
            let running = try await fleet.export("R", count: 12)
            try await fleet.creates(4)
            fleet.redis.kill()
            let accepted = try await fleet.export("A", count: 4)
            let ready = try await fleet.send("GET", "/ready", key: nil)
            try #require(ready.status == 503 && ready.retryAfter != nil)
            try #require(String(decoding: ready.body, as: UTF8.self).contains("redis"))
            try await fleet.redis.start()
            for session in [running, accepted] { try await fleet.completed(session) }
            try await fleet.queueIsEmpty()
            try fleet.checkSite(issues: 16)
            try fleet.checkNoRepetition()
            for session in [running, accepted] { try #require(try await fleet.job(of: session).attempts == 0) }
        }
    }
}
