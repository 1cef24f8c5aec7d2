package import Foundation

/// What a job does.
package enum JobKind: String, Sendable, CaseIterable, Codable {
    case export, retry, sync, create, validate, notify
    /// Looks once more for twins of issues whose create was repeated.
    case audit
    /// Exchanges what a person brings back from Atlassian for a grant, and makes the sites' integrations.
    case connect

    /// Whether it makes a session's tickets Jira issues: then the session's state follows the job's.
    package var exportsSession: Bool { self == .export || self == .retry }
}

/// Who waits for a job: decides its head start in the queue and its weight at a site's gate.
package enum JobPriority: Int, Sendable, CaseIterable, Codable {
    /// Enqueued by the scheduler; nobody waits for it.
    case scheduled = 0
    /// A person started it.
    case person = 1
    /// A person waits for its answer within a request.
    case waiting = 2
}

/// A job as the record holds it.
package struct Job: Sendable {
    package var id: JobID
    package var kind: JobKind
    package var state: JobState
    package var team: TeamID
    package var session: SessionID?
    /// The gate that its requests pass; `nil` for a job that sends nothing to Jira.
    package var site: SiteID?
    package var priority: JobPriority
    /// Automatic attempts that ended in a transient fault since the last step that was finished. Hand-overs and deaths of workers
    /// do not count.
    package var attempts: Int
    package var maximumAttempts: Int
    /// How often it was running when its worker died, since the last step that was finished.
    package var deaths: Int
    package var epoch: Epoch
    package var worker: WorkerID?
    package var createdAt: Date
    package var startedAt: Date?
    package var finishedAt: Date?
    /// When a delayed job is due.
    package var runAt: Date
    package var cancelRequested: Bool
    /// What the job needs to know beyond the record's rows: JSON text.
    package var payload: String
    package var fault: Fault?

    package init(
        id: JobID,
        kind: JobKind,
        state: JobState,
        team: TeamID,
        session: SessionID?,
        site: SiteID?,
        priority: JobPriority,
        attempts: Int,
        maximumAttempts: Int,
        deaths: Int,
        epoch: Epoch,
        worker: WorkerID?,
        createdAt: Date,
        startedAt: Date?,
        finishedAt: Date?,
        runAt: Date,
        cancelRequested: Bool,
        payload: String,
        fault: Fault?
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.team = team
        self.session = session
        self.site = site
        self.priority = priority
        self.attempts = attempts
        self.maximumAttempts = maximumAttempts
        self.deaths = deaths
        self.epoch = epoch
        self.worker = worker
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.runAt = runAt
        self.cancelRequested = cancelRequested
        self.payload = payload
        self.fault = fault
    }
}

/// A worker's right to run a job: everything that the job writes names the claim's epoch.
package struct JobClaim: Sendable {
    package let job: Job
    package let worker: WorkerID
    package var epoch: Epoch { job.epoch }

    package init(job: Job, worker: WorkerID) {
        self.job = job
        self.worker = worker
    }
}
