import ArgumentParser
import Console
import Delivery
import Foundation
import Record
import Settings
import TramlineModel

struct JobsRequeueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Queues failed and quarantined jobs again, once the reason of their end is gone.",
        discussion: """
            Attempts and deaths begin anew; what is done stays done: no ticket that is in Jira is created again. The \
            session of an export is exporting again, which costs none of its three retries. A job whose session has a \
            newer one is refused: look at that one.

            Needs DATABASE_URL. With REDIS_URL the job starts at once; without it, or while Redis is away, the scheduler \
            finds it within seconds.
            """
    )

    @Argument(help: "The jobs' ids, or the first digits of each.")
    var job: [JobName]

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try OperatorSettings(queueIsRequired: false)
        let outcomes = try await CommandRecord.with(settings.record) { pool in
            var outcomes: [JobChange] = []
            let jobs = JobStore(pool: pool)
            for name in job {
                let id = try await name.find(in: jobs)
                outcomes.append(
                    try await JobChange.attempt(id) { try await jobs.requeue(id, actor: .commandLine) }
                )
            }
            return outcomes
        }
        if let queue = settings.queue { await deliver(outcomes.compactMap(\.job), to: queue) }
        try JobChange.report(outcomes, json: output.json) { _ in "queued again" }
    }

    private func deliver(_ jobs: [Job], to queue: QueueSettings) async {
        do {
            _ = try await CommandQueue.with(queue) { delivery in
                try await delivery.enqueue(jobs.map { QueuedJob($0) })
            }
        } catch {
            // The record has it: the sweep is the sure half of the outbox, this was the fast one.
            let line = "Redis did not take it now; the scheduler will find it once Redis is back.\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }
}
