import ArgumentParser
import Console
import Record
import Settings
import TramlineModel

struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists jobs, newest first.",
        discussion: """
            Needs DATABASE_URL only. What to look for:
              --state failed --state quarantined   what has stopped for good; jobs show ID says why
              --state retrying                     what waits for its next attempt
              --state running                      what workers have now

            The first digits of an id are enough for the other commands. TRIES are transient faults since the last \
            progress, of how many are allowed; a † stands for each death of a worker that ran the job.
            """
    )

    /// What a terminal shows without breaking lines.
    private static let width = 100

    @Option(help: "Only jobs in this state. Repeat it for several.")
    var state: [JobState] = []

    @Option(help: "Only jobs of this kind. Repeat it for several.")
    var kind: [JobKind] = []

    @Option(help: "Only this team's jobs, by its name.")
    var team: String?

    @Option(help: "How many at most, 1 to 1000.")
    var limit = 50

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
    }

    func run() async throws {
        let filter = JobFilter(states: state, kinds: kind, team: team, limit: limit)
        let entries = try await CommandRecord.with(try RecordSettings()) { pool in
            try await JobStore(pool: pool).list(filter)
        }
        if output.json {
            print(JSONValue.members(["jobs": .array(entries.map(JobView.json))]).text)
        } else if entries.isEmpty {
            print("There are no such jobs.")
        } else {
            let table = TextTable(
                ["ID", "STATE", "KIND", "TEAM", "SITE", "AGE", "TRIES", "NOTE"],
                entries.map(JobView.cells)
            )
            print(table.text(width: Self.width))
            if entries.count == limit { print("These are the newest \(limit); --limit shows more.") }
        }
    }
}
