import Jobs
import Postgres
import Record
import TramlineModel

/// Does what a test wants done, and keeps the record of it.
struct TestHandler: JobHandler {
    enum Event: Sendable, Equatable {
        case began(JobID, WorkerID, Epoch)
        case ended(JobID, Epoch)
        case concluded(JobID, JobState)
    }

    let log = EventLog<Event>()
    let work: @Sendable (JobRun) async throws -> JobOutcome

    func run(_ run: JobRun) async throws -> JobOutcome {
        let claim = run.claim
        log.append(.began(claim.job.id, claim.worker, claim.epoch))
        defer { log.append(.ended(claim.job.id, claim.epoch)) }
        return try await work(run)
    }

    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? {
        log.append(.concluded(claim.job.id, settlement.state))
        return nil
    }
}

extension [TestHandler.Event] {
    /// How often a job has begun.
    func runs(of job: JobID) -> Int { epochs(of: job).count }

    func epochs(of job: JobID) -> [Int64] {
        compactMap { if case .began(job, _, let epoch) = $0 { epoch.rawValue } else { nil } }
    }

    func workers(of job: JobID) -> [WorkerID] {
        compactMap { if case .began(job, let worker, _) = $0 { worker } else { nil } }
    }

    /// The states in which runs of a job were settled.
    func conclusions(of job: JobID) -> [JobState] {
        compactMap { if case .concluded(job, let state) = $0 { state } else { nil } }
    }

    /// The most runs of one job that were under way at once.
    var mostRunsAtOnce: Int {
        var open: [JobID: Int] = [:]
        var most = 0
        for event in self {
            switch event {
            case .began(let job, _, _):
                open[job, default: 0] += 1
                most = Swift.max(most, open[job, default: 0])
            case .ended(let job, _): open[job, default: 0] -= 1
            case .concluded: break
            }
        }
        return most
    }
}

/// Sleeps until the task is cancelled.
func sleepUntilCancelled() async throws {
    try await Task.sleep(for: .seconds(600))
}
