#if DEBUG
/// The boundaries at which a process of a debug build may be ended or stopped on purpose: between any two of them lies an effect, or
/// what is known of one.
///
/// `TRAMLINE_CRASH_AT=after-queue-claim:3` ends the process as `kill -9` would when it passes that point for the third time;
/// `TRAMLINE_STOP_AT` stops it there, as `kill -STOP` would.
package enum CrashPoint: String, Sendable, CaseIterable {
    // A worker's lease.
    case beforeRegistration = "before-registration"
    case afterRegistration = "after-registration"
    /// Redis is empty, and the record has been asked whether anything runs.
    case beforeGeneration = "before-generation"
    case afterGeneration = "after-generation"
    case beforeHeartbeat = "before-heartbeat"
    case afterHeartbeat = "after-heartbeat"
    /// The scheduler is about to put back what the queue has lost.
    case beforeSweep = "before-sweep"
    case afterSweep = "after-sweep"

    // A job's claim: first the queue's, then the record's.
    case afterQueueClaim = "after-queue-claim"
    case afterRecordClaim = "after-record-claim"

    // A request to Jira.
    /// The turn at the gate has come; nothing of the request is in the record yet.
    case afterGate = "after-gate"
    /// What must be in the record before the request is there.
    case beforeRequest = "before-request"
    /// The answer has come, or has not; nothing of it is in the record yet.
    case afterRequest = "after-request"
    case beforeGateLeave = "before-gate-leave"
    case afterGateLeave = "after-gate-leave"

    // A grant's next pair of tokens.
    /// The claim is committed; nothing was sent.
    case beforeRefresh = "before-refresh"
    /// The new pair has come; only this process knows it.
    case afterRefresh = "after-refresh"
    case afterRefreshStore = "after-refresh-store"

    // A step.
    /// Its effect is written and not committed.
    case beforeCommit = "before-commit"
    /// It is committed, and nobody has been told.
    case afterCommit = "after-commit"

    // A job's end: first the record's, then the queue's.
    case beforeSettlement = "before-settlement"
    case afterSettlement = "after-settlement"
    case afterQueueSettlement = "after-queue-settlement"

    // The outbox: the job is committed, and pushed afterwards.
    case beforePush = "before-push"
    case afterPush = "after-push"
}
#endif
