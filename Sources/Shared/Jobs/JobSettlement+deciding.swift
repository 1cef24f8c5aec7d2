package import Record
package import TramlineModel

extension JobSettlement {
    /// How often a job may be running when its worker dies before it is quarantined.
    package static let deathLimit = 3

    /// Decides what a run's outcome means for its job: the one place where attempts are counted.
    ///
    /// A transient fault uses one of the job's attempts, which count from the last step that was finished; the last one makes
    /// it permanent, still saying `temporary`, so that the person knows that trying again may do. Hand-overs and
    /// postponements use none. A job that somebody wants cancelled does not go on, wherever its run stopped; one that is done,
    /// or cannot go on anyhow, ends as it would have.
    ///
    /// - Parameter fence: what the job's row says in the transaction that records the settlement.
    package init(
        _ outcome: JobOutcome,
        of job: Job,
        asOf fence: JobFence,
        backoff: Backoff,
        using generator: inout some RandomNumberGenerator
    ) {
        switch outcome {
        case .succeeded: self = .succeeded
        case .failed(let fault): self = .failed(fault)
        case .cancelled: self = .cancelled
        case .handedOver: self = fence.isCancelRequested ? .cancelled : .queued(after: .zero)
        case .postponed(let wait): self = fence.isCancelRequested ? .cancelled : .queued(after: wait)
        case .retry(let fault, let floor):
            guard !fence.isCancelRequested else {
                self = .cancelled
                return
            }
            let attempt = fence.attempts + 1
            guard attempt < job.maximumAttempts else {
                self = .exhausted(fault)
                return
            }
            self = .retrying(fault, after: backoff.delay(afterAttempt: attempt, notBefore: floor, using: &generator))
        }
    }

    /// What becomes of a job whose workers keep dying, instead of being run once more.
    ///
    /// - Parameter deaths: What is known of them, the latest first.
    package static func quarantine(of job: Job, after deaths: [JobDeath]) -> JobSettlement {
        var message = "\(job.kind.whatItIs) was stopped: the process that ran it ended unexpectedly \(job.deaths) times"
        if let ref = deaths.first?.openTicketRef {
            message += ", the last time while ticket \(ref) was being created"
        } else if let step = deaths.first?.lastStep {
            message +=
                ", the last time after the step “\(step)”"
                + (deaths.first?.lastStepRef.map { " of ticket \($0)" } ?? "")
        }
        return .quarantined(
            Fault(
                category: .adminRequired,
                code: "worker_died",
                userMessage: message + ".",
                recoveryActions: [
                    "Ask an administrator to run: tramline-worker jobs show \(job.id). It tells which workers died, when, and at what",
                    "What is in Jira stays there; nothing is created twice when the job is queued again",
                ]
            )
        )
    }
}

extension JobKind {
    /// How a sentence for people begins that is about such a job.
    var whatItIs: String {
        switch self {
        case .export, .retry: "The export"
        case .sync: "The sync"
        case .create: "The creation of the ticket"
        case .validate: "The look at the project"
        case .notify: "The message"
        case .audit: "The search for duplicates"
        case .connect: "The connection of a site"
        }
    }
}
