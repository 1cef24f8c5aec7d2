import Foundation
import Record
import TramlineModel

extension Job {
    /// A running export of nobody's.
    static func test(
        priority: JobPriority = .person,
        attempts: Int = 0,
        of maximum: Int = 5,
        deaths: Int = 0
    ) -> Job {
        Job(
            id: JobID(),
            kind: .export,
            state: .running,
            team: TeamID(),
            session: nil,
            site: nil,
            priority: priority,
            attempts: attempts,
            maximumAttempts: maximum,
            deaths: deaths,
            epoch: Epoch(rawValue: 1),
            worker: WorkerID(rawValue: "w"),
            createdAt: Date(timeIntervalSince1970: 0),
            startedAt: nil,
            finishedAt: nil,
            runAt: Date(timeIntervalSince1970: 0),
            cancelRequested: false,
            payload: "{}",
            fault: nil
        )
    }
}
