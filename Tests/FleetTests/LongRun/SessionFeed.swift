import Foundation
import JiraSimulator
import Postgres
import Synchronization

/// Keeps a fleet busy: whenever a session is over, another one is imported and exported, by a client that asks again until it is
/// heard.
final class SessionFeed: Sendable {
    /// Sessions under way at once, on each site.
    private static let depth = 2

    private let run: LongRun
    private let random: Mutex<SplitMix>
    private let state = Mutex(State())

    private struct State {
        var sessions: [UUID: String] = [:]
        var next = 1
    }

    init(_ run: LongRun) {
        self.run = run
        random = Mutex(SplitMix(seed: run.plan.seed &+ 1))
    }

    private var fleet: Fleet { run.fleet }

    /// Feeds until the time is over.
    func run(until end: ContinuousClock.Instant) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for site in fleet.options.sites {
                for _ in 0..<Self.depth {
                    group.addTask {
                        while ContinuousClock.now < end { try await self.exportOne(at: site) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Waits for what is still under way, a while at most; what is not over then is the judge's to tell.
    func finish() async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        for session in state.withLock({ Array($0.sessions.keys) }) {
            _ = try await over(session, until: deadline)
        }
    }

    /// Exports one session to its end, or to the end of the run.
    private func exportOne(at site: String) async throws {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        let size = random.withLock { Int.random(in: 4...16, using: &$0) }
        let body = random.withLock { FaultRunPlan.session("S\(number)", tickets: size, site: site, using: &$0) }
        guard let session = try await imported(body, key: "long-run-\(number)") else { return }
        state.withLock { $0.sessions[session] = site }
        run.tally.withLock { tally in
            tally.sessions += 1
            tally.tickets += size
        }
        try await ask("POST", "/api/jira/export-session/\(session.wire)", for: 202)
        _ = try await over(session, until: .now + .seconds(120))
    }

    private struct Imported: Decodable {
        let sessionId: UUID
    }

    private func imported(_ body: ImportBody, key: String) async throws -> UUID? {
        let answer = try await ask("POST", "/api/sessions", body: try body.json, key: key, for: 201, or: 200)
        return try answer.decode(Imported.self).sessionId
    }

    /// Asks the API until it answers as it should: as a client does that is told to come again, or is not answered at all.
    @discardableResult
    private func ask(
        _ method: String,
        _ path: String,
        body: Data? = nil,
        key: String? = nil,
        for status: Int,
        or other: Int? = nil
    ) async throws -> APIAnswer {
        while true {
            do {
                let headers = key.map { ["Idempotency-Key": $0] } ?? [:]
                let answer = try await fleet.send(method, path, key: fleet.key, body: body, headers: headers)
                run.tally.withLock { $0.answers[answer.status, default: 0] += 1 }
                if answer.status == status || answer.status == other { return answer }
                guard answer.status == 503 || answer.status == 429 else {
                    throw FleetFault("\(method) \(path) was answered with \(answer.status)")
                }
                if answer.retryAfter == nil { throw FleetFault("a \(answer.status) does not say when to come again") }
            } catch is URLError {
                run.tally.withLock { $0.answers[0, default: 0] += 1 }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Waits until a session is over; retries it, as a person would, when it failed for no reason but the run's faults.
    private func over(_ session: UUID, until deadline: ContinuousClock.Instant) async throws -> Bool {
        while ContinuousClock.now < deadline {
            do {
                let row = try await fleet.pool.query(
                    "SELECT status, error_category, error_code FROM sessions WHERE id = \(session)"
                ).only()
                let status: String = try row.get("status")
                if status == "completed" { return true }
                if status == "export_failed" {
                    let category: String? = try row.get("error_category")
                    let code: String? = try row.get("error_code")
                    guard category == "temporary" || code == "worker_died" else { return false }
                    let path = "/api/jira/retry-failed/\(session.wire)"
                    if try await fleet.send("POST", path, key: fleet.key, body: Data("{}".utf8)).status == 202 {
                        run.tally.withLock { $0.retries += 1 }
                    }
                }
            } catch let error as PostgresError where error.isTransient {
                // PostgreSQL is in trouble: look again.
            } catch is URLError {
                // So is the API.
            }
            try await Task.sleep(for: .milliseconds(250))
        }
        return false
    }
}
