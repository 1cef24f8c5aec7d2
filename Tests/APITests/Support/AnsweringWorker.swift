import Delivery
import Jobs
import Logging
import Postgres
import Record
import ServiceLifecycle
import TramlineModel

@testable import API

/// Does what a worker does with questions and orders, without a Jira: a test says the answers.
struct AnsweringWorker<Payload: Decodable & Sendable>: JobHandler {
    /// - Returns: the outcome, and the answer as JSON.
    let answer: @Sendable (Payload) async throws -> (JobOutcome, String?)

    func run(_ run: JobRun) async throws -> JobOutcome {
        let (outcome, json) = try await answer(try AnswerJSON.decode(Payload.self, from: run.claim.job.payload))
        if let json {
            try await run.commit { connection in
                (try await run.jobs.storeResult(json, of: run.claim, on: connection), nil)
            }
        }
        return outcome
    }

    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? { nil }
}

extension APIFixture {
    /// Runs a worker that answers questions while `body` runs.
    func withWorker<Result: Sendable>(
        answering answer: @escaping @Sendable (SiteQuestion) async throws -> (JobOutcome, String?),
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withWorker(handling: [.validate: AnsweringWorker<SiteQuestion>(answer: answer)], body)
    }

    /// Runs a worker that does with consents what a test says, while `body` runs.
    func withWorker<Result: Sendable>(
        connecting answer: @escaping @Sendable (ConnectionOrder) async throws -> (JobOutcome, String?),
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withWorker(handling: [.connect: AnsweringWorker<ConnectionOrder>(answer: answer)], body)
    }

    private func withWorker<Result: Sendable>(
        handling handlers: [JobKind: any JobHandler],
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let lease = WorkerLease(worker: WorkerID(rawValue: "answering"))
        let runner = JobRunner(
            configuration: .init(),
            jobs: backend.jobs,
            delivery: backend.delivery,
            lease: lease,
            gates: GateKeeper(delivery: backend.delivery, lease: lease, logger: logger),
            handlers: handlers,
            logger: logger
        )
        let group = ServiceGroup(configuration: .init(services: [runner], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let result = try await body()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                tasks.cancelAll()
                throw error
            }
        }
    }

    /// Adds an integration for another site.
    func addSite(_ site: String) async throws {
        _ = try await backend.integrations.put(team: "team", site: site) { id, team in
            Integration(
                id: id,
                team: team,
                site: site,
                baseURL: "https://\(site).example",
                browseURL: "https://\(site).example",
                gate: SiteID(rawValue: "\(site).example"),
                authKind: .apiToken,
                accountEmail: "bot@\(site).example",
                sealedSecret: [1, 2, 3]
            )
        }
    }
}
