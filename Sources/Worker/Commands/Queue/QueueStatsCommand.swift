import ArgumentParser
import Console
import Delivery
import Record
import Settings
import TramlineModel

struct QueueStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts what is ready, delayed, held and paused, and what waits at each site.",
        discussion: """
            Needs DATABASE_URL and REDIS_URL. More workers help while RUNNABLE SITES are many and jobs stay ready; a \
            single site is never faster than one write for each spacing, whatever the number of workers.

            Where PostgreSQL and Redis disagree for longer than a moment, tramline-worker check says in what.
            """
    )

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try OperatorSettings(queueIsRequired: true)
        guard let queue = settings.queue else { preconditionFailure("a required setting is there") }
        let view = try await CommandRecord.with(settings.record) { pool in
            try await CommandQueue.with(queue) { delivery in
                try await QueueView.look(pool, delivery)
            }
        }
        print(output.json ? view.json.text : view.text)
    }
}
