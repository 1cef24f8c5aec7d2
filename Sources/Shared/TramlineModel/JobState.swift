/// Where a job stands. `docs/states.md` draws it.
package enum JobState: String, Sendable, CaseIterable, Codable {
    case queued, running, retrying, succeeded, failed, cancelled, quarantined

    /// Whether the job may still run: at most one live job may hold an idempotency key.
    package var isLive: Bool { !isFinal }

    /// Whether the job has ended. Only an operator's re-queue leads out of `failed` and `quarantined`.
    package var isFinal: Bool {
        switch self {
        case .queued, .running, .retrying: false
        case .succeeded, .failed, .cancelled, .quarantined: true
        }
    }

    /// The states that may follow this one.
    package var successors: Set<JobState> {
        switch self {
        case .queued: [.running, .cancelled]
        // `running` follows itself when a dead worker's job is claimed anew; `queued` follows it at a hand-over.
        case .running: [.running, .queued, .retrying, .succeeded, .failed, .cancelled, .quarantined]
        case .retrying: [.running, .cancelled]
        case .failed, .quarantined: [.queued]
        case .succeeded, .cancelled: []
        }
    }
}

/// How one run of a job ended.
package enum JobOutcome: Sendable {
    /// All steps are done.
    case succeeded
    /// A transient fault: run again within the job's attempts, not before `after`.
    case retry(Fault, after: Duration?)
    /// Nothing failed, but the job cannot go on before `after`; no attempt is used.
    case postponed(after: Duration)
    /// A permanent fault, or the attempts are used up.
    case failed(Fault)
    /// Stopped between two steps by SIGTERM: another worker goes on at once; no attempt is used.
    case handedOver
    /// Stopped between two steps because a person cancelled it.
    case cancelled
}
