import ArgumentParser
import Console
import Delivery
import Record
import Settings
import TramlineModel

struct JobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows everything that is known of a job.",
        discussion: """
            Its state and fault, the session that it exports, the deaths of workers under it (who, when, after which step, \
            while creating what), the steps that it has done, the create requests whose end is not a created issue. Needs \
            DATABASE_URL only.
            """
    )

    @Argument(help: "The job's id, or the first digits of it. An export's task id is its job's id.")
    var job: JobName

    @Option(help: "How many steps and requests to show, 1 to 1000.")
    var limit = 10

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
    }

    func run() async throws {
        let view = try await CommandRecord.with(try RecordSettings()) { pool in
            let jobs = JobStore(pool: pool)
            let id = try await job.find(in: jobs)
            guard let detail = try await jobs.detail(of: id, limit: limit) else {
                throw CommandFault("there is no job \(id)")
            }
            return JobDetailView(detail: detail)
        }
        print(output.json ? view.json.text : view.text)
    }
}
