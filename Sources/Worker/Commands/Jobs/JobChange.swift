import ArgumentParser
import Console
import Record
import TramlineModel

/// What came of asking for a change of one job, of several that a command names.
struct JobChange: Sendable {
    let id: JobID
    /// The job as it stands now; `nil` when the change was refused.
    let job: Job?
    /// Why it was refused.
    let refusal: String?

    /// Makes a change; a refusal of one job does not keep the others from theirs.
    static func attempt(_ id: JobID, _ change: () async throws -> Job) async throws -> JobChange {
        do {
            return JobChange(id: id, job: try await change(), refusal: nil)
        } catch let error as RecordError {
            return JobChange(id: id, job: nil, refusal: error.message)
        } catch let error as ExportRefusal {
            return JobChange(id: id, job: nil, refusal: error.message)
        }
    }

    /// Prints what came of all of them.
    ///
    /// - Parameter done: What is said of a job that was changed.
    /// - Throws: The exit status of a failure when one was refused.
    static func report(_ changes: [JobChange], json: Bool, _ done: (Job) -> String) throws {
        if json {
            let list = changes.map { change in
                JSONValue.members([
                    "job_id": .text(change.id), "state": change.job.map { .string($0.state.rawValue) },
                    "refused": change.refusal.map(JSONValue.string),
                ])
            }
            print(JSONValue.members(["jobs": .array(list)]).text)
        } else {
            for change in changes {
                print("\(change.id): \(change.job.map(done) ?? "refused. \(change.refusal ?? "")")")
            }
        }
        if changes.contains(where: { $0.refusal != nil }) { throw ExitCode.failure }
    }
}
