import Delivery
package import TramlineModel

/// Whether a worker gets the jobs that there are: what its parts have done and when, without a clock of its own.
///
/// A worker is not ready when its lease does not stand, its subscription hears nothing, its claims fail, or jobs are ready,
/// it has room, and it claims none of them. Each shows within half a minute: a heartbeat comes every second, a probe every
/// five.
struct WorkerHealth {
    typealias Instant = ContinuousClock.Instant

    /// How long jobs may be ready, or claims fail, before the worker counts as not getting any. Well above a claim's own
    /// time-outs, so that one slow answer is no alarm.
    static let patience = Duration.seconds(15)

    var hearing: HearingProbe
    /// Since when jobs were said to be ready while there was room, without a claim that was answered.
    private var readySince: Instant?
    /// Since when claims fail, and why.
    private var failure: (since: Instant, reason: String)?
    /// What is paused, as the last heartbeat said.
    private(set) var paused: Set<PauseScope> = []

    init(hearing: HearingProbe = HearingProbe()) {
        self.hearing = hearing
    }

    /// Notes what a heartbeat said.
    mutating func beat(ready: Int, hasRoom: Bool, paused: Set<PauseScope>, at now: Instant) {
        self.paused = paused
        readySince = ready > 0 && hasRoom ? readySince ?? now : nil
    }

    /// Notes that a claim was answered, by the queue and the record, with whatever number of jobs.
    mutating func claimed(at now: Instant) {
        failure = nil
        if readySince != nil { readySince = now }
    }

    /// Notes that a claim failed.
    mutating func claimFailed(_ reason: String, at now: Instant) {
        failure = (failure?.since ?? now, reason)
    }

    /// What is the matter with claims; `nil` while nothing is.
    func faultOfClaims(at now: Instant) -> String? {
        if let failure, failure.since.duration(to: now) >= Self.patience {
            return "claims have failed for \(failure.since.duration(to: now).components.seconds) s: \(failure.reason)"
        }
        if let readySince, readySince.duration(to: now) >= Self.patience {
            let seconds = readySince.duration(to: now).components.seconds
            return "jobs have been ready for \(seconds) s, and none was claimed although there is room"
        }
        return nil
    }
}

/// How a worker stands, part by part.
package struct WorkerReadiness: Sendable {
    /// One thing that a worker needs.
    package struct Part: Sendable, Equatable {
        package let name: String
        /// What is wrong with it; `nil` while nothing is.
        package let fault: String?

        package init(_ name: String, fault: String?) {
            self.name = name
            self.fault = fault
        }
    }

    package let worker: WorkerID
    package var parts: [Part]
    package let jobs: Int
    package let isScheduler: Bool
    /// What an operator has paused; no fault.
    package let paused: Set<PauseScope>

    package init(worker: WorkerID, parts: [Part], jobs: Int, isScheduler: Bool, paused: Set<PauseScope>) {
        self.worker = worker
        self.parts = parts
        self.jobs = jobs
        self.isScheduler = isScheduler
        self.paused = paused
    }

    package var isReady: Bool { parts.allSatisfy { $0.fault == nil } }
}
