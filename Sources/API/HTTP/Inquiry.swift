import Delivery
import Logging
import Postgres
import Record
import Telemetry
import TramlineModel

/// Has a worker find something out ahead of the queue, and waits for it.
///
/// Pub/sub wakes; the record is looked at as well, since a wake may be lost. A job for which nobody waits any more is
/// cancelled, whatever the reason.
struct Inquiry: Sendable {
    let pool: PostgresPool
    let delivery: Delivery
    let logger: Logger

    private var jobs: JobStore { JobStore(pool: pool) }

    /// Asks a question to a Jira site.
    ///
    /// - Parameters:
    ///   - actor: who asks.
    ///   - patience: how long an answer may take.
    /// - Returns: How the job ended; `nil` when no worker had an answer in time.
    /// - Throws: what the record throws; ``DeliveryError`` when there is no way to a worker.
    func ask(
        _ question: SiteQuestion,
        of integration: Integration,
        by actor: AuditActor,
        patience: Duration
    ) async throws -> JobEnd? {
        let new = NewJob(
            kind: .validate,
            team: integration.team,
            site: integration.gate,
            priority: .waiting,
            // Whoever waits is better served by an answer that says "later" than by waiting for the pauses between attempts.
            maximumAttempts: 1,
            payload: try AnswerJSON.encode(question)
        )
        let job = try await pool.withTransaction(by: actor) { try await jobs.insert(new, on: $0).job }
        return try await end(of: job, by: actor, patience: patience)
    }

    /// Delivers a job that is in the record, and waits for its end.
    ///
    /// - Returns: How it ended; `nil` when that did not come in time.
    func end(of job: Job, by actor: AuditActor, patience: Duration) async throws -> JobEnd? {
        let deadline = ContinuousClock.now + patience
        do {
            if let end = try await wait(for: job, until: deadline) { return end }
            await abandon(job.id, actor)
            return nil
        } catch {
            await abandon(job.id, actor)
            throw error
        }
    }

    private func wait(for job: Job, until deadline: ContinuousClock.Instant) async throws -> JobEnd? {
        // Subscribed before anybody can answer, so that no wake is missed.
        let wakes = try await delivery.endWakes(of: job.id)
        defer { wakes.cancel() }
        _ = try await delivery.enqueue([QueuedJob(job)])
        let bell = Doorbell()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in wakes { bell.ring() } }
            defer { group.cancelAll() }
            while true {
                if let end = try await jobs.end(of: job.id) { return end }
                guard .now < deadline else { return nil }
                await bell.sleep(until: min(deadline, .now + Self.lookInterval))
                try Task.checkCancellation()
            }
        }
    }

    /// How often the record is looked at while no wake comes.
    private static let lookInterval = Duration.seconds(1)

    private func abandon(_ job: JobID, _ actor: AuditActor) async {
        // In a task of its own: it must be done also where the request was cancelled.
        await Task {
            do {
                try await jobs.abandon(job, by: actor)
            } catch {
                // It does nothing but read: a worker that still runs it disturbs nobody.
                logger.notice(
                    "a job that nobody waits for was not cancelled",
                    metadata: [LogKey.jobID: "\(job)", LogKey.error: "\(error)"]
                )
            }
        }.value
    }
}

extension Backend {
    /// As ``Inquiry/ask(_:of:by:patience:)``.
    func ask(
        _ question: SiteQuestion,
        of integration: Integration,
        by actor: AuditActor,
        patience: Duration,
        _ logger: Logger
    ) async throws -> JobEnd? {
        try await Inquiry(pool: pool, delivery: delivery, logger: logger).ask(
            question,
            of: integration,
            by: actor,
            patience: patience
        )
    }

    /// As ``Inquiry/end(of:by:patience:)``.
    func end(of job: Job, by actor: AuditActor, patience: Duration, _ logger: Logger) async throws -> JobEnd? {
        try await Inquiry(pool: pool, delivery: delivery, logger: logger).end(of: job, by: actor, patience: patience)
    }
}
