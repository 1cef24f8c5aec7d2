package import Delivery
package import TramlineModel

/// Something that should not be so, seen in one look or in two.
package struct CheckFinding: Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// A live job that Redis does not know.
        case lost
        /// A job that has ended, or never was, and is still on the road.
        case ended
        /// A job whose holder is dead and was not buried.
        case heldByDead = "held_by_dead"
        /// A job that a living worker holds, and the record does not say that it runs it.
        case heldAndNotRun = "held_and_not_run"
        /// A job that the record says a living worker runs, and Redis offers to others.
        case runAndOffered = "run_and_offered"
        /// A held job that would stay held after its holder's death.
        case notListed = "not_listed"
        /// A job that waits for another time than the record says.
        case wrongTime = "wrong_time"
        /// A gate that a dead worker has.
        case gateOfDead = "gate_of_dead"
        /// A gate that a living worker has for a job that it does not have.
        case gateWithoutJob = "gate_without_job"
        case pausesDiffer = "pauses_differ"
        /// Redis has lost its data and nobody has begun anew.
        case forgotten
        /// Jobs wait and nobody lives who could run them.
        case noWorker = "no_worker"
        /// Nobody is the scheduler, although workers live.
        case noScheduler = "no_scheduler"
        /// A session that says that it is exporting, without a job that does it; or the other way round.
        case sessionWithoutJob = "session_without_job"
        case jobWithoutSession = "job_without_session"
        /// A server that is not as it must be.
        case server
    }

    package let code: Code
    /// What it is about: a job, a site, a session, a server.
    package let subject: String
    /// One sentence for an operator.
    package let message: String
    /// What must be the same in a second look for it to be the same finding.
    package let evidence: String
    /// What puts it right; `nil` where people must.
    package let mend: CheckMend?

    package init(
        _ code: Code,
        _ subject: String,
        _ message: String,
        evidence: String = "",
        mend: CheckMend? = nil
    ) {
        self.code = code
        self.subject = subject
        self.message = message
        self.evidence = evidence
        self.mend = mend
    }

    /// Whether a later look shows the same.
    func isSame(as other: CheckFinding) -> Bool {
        code == other.code && subject == other.subject && evidence == other.evidence
    }
}

/// A repair that is safe on a live system: it changes something only if that is still as it was seen.
package enum CheckMend: Sendable, Equatable {
    case restore(QueuedJob)
    case strike(JobID, JobPlace)
    case replace(QueuedJob, JobPlace)
    case release(JobID, WorkerID)
    case lookAtGate(SiteID)
    case enforcePauses

    /// What it does, as a command would be said.
    package var description: String {
        switch self {
        case .restore: "put it back into the queue"
        case .strike: "take it out of the queue"
        case .replace: "queue it for the time that the record says"
        case .release: "free it, so that others can claim it"
        case .lookAtGate: "take the gate from it"
        case .enforcePauses: "put the record's pauses into force"
        }
    }
}
