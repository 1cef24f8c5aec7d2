import ArgumentParser
import Console
import Record
import Settings
import TramlineModel

struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Lists, explains, re-queues and cancels jobs: what runs, what ran, what went wrong.",
        subcommands: [JobsListCommand.self, JobsShowCommand.self, JobsRequeueCommand.self, JobsCancelCommand.self]
    )
}

extension JobState: ExpressibleByArgument {}
extension JobKind: ExpressibleByArgument {}

/// A job as an operator names it: its id, or the first digits as `jobs list` shows them.
struct JobName: ExpressibleByArgument, Sendable {
    private let prefix: JobPrefix

    init?(argument: String) {
        guard let prefix = JobPrefix(argument) else { return nil }
        self.prefix = prefix
    }

    /// The one job that the name means.
    func find(in jobs: JobStore) async throws -> JobID {
        let found = try await jobs.jobs(withPrefix: prefix)
        guard let first = found.first else { throw CommandFault("there is no job \(prefix)") }
        guard found.count == 1 else {
            let ids = found.map { "\n  \($0)" }.joined()
            throw CommandFault("\(prefix) is the beginning of several jobs; give more of the one you mean:\(ids)")
        }
        return first
    }
}
