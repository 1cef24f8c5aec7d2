import ArgumentParser
import Console
import Delivery
import Jobs
import Logging
import Record
import Settings
import TramlineModel

struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancels jobs: at once where they wait, after the current step where they run.",
        discussion: """
            What is in Jira stays. The session of an export becomes cancelled, as if its owner had cancelled it, and can be \
            retried at no cost. Safe to repeat.

            Needs DATABASE_URL. With REDIS_URL a running job hears of it at once; without it, or while Redis is away, within \
            seconds.
            """
    )

    @Argument(help: "The jobs' ids, or the first digits of each.")
    var job: [JobName]

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try OperatorSettings(queueIsRequired: false)
        var cancelled: [CancelledJob] = []
        let changes = try await CommandRecord.with(settings.record) { pool in
            let jobs = JobStore(pool: pool)
            var changes: [JobChange] = []
            for name in job {
                let id = try await name.find(in: jobs)
                changes.append(
                    try await JobChange.attempt(id) {
                        let outcome = try await jobs.cancel(id, by: .commandLine)
                        cancelled.append(outcome)
                        return outcome.job
                    }
                )
            }
            return changes
        }
        if let queue = settings.queue { await announce(cancelled, to: queue) }
        try JobChange.report(changes, json: output.json) { job in
            job.state == .cancelled ? "cancelled" : "stops after its current step"
        }
    }

    /// The fast way: what Redis does not hear of now, workers find in the record.
    private func announce(_ cancelled: [CancelledJob], to settings: QueueSettings) async {
        do {
            try await CommandQueue.with(settings) { delivery in
                let queue = JobQueue(delivery: delivery, logger: Logger(label: "tramline-command"))
                for outcome in cancelled {
                    await queue.announce(outcome.cancellation)
                    if let mark = outcome.mark {
                        await queue.announce(ProgressMark(session: mark.session, sequence: mark.sequence))
                    }
                }
            }
        } catch {
            // Only a REDIS_URL that cannot be read; the record has what matters.
            Logger(label: "tramline-command").debug("Redis was not told", metadata: ["error": "\(error)"])
        }
    }
}
