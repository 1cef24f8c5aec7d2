package import Delivery
package import Postgres
package import Record
package import TramlineModel

/// Tells the listeners of a session, after the commit, that a message is in the record.
package struct ProgressMark: Sendable, Hashable {
    package let session: SessionID
    package let sequence: Int64

    package init(session: SessionID, sequence: Int64) {
        self.session = session
        self.sequence = sequence
    }
}

/// Does the work of one kind of job.
package protocol JobHandler: Sendable {
    /// Runs a job until it ends, must wait, or is asked to stop; one small step after the other.
    ///
    /// Between two steps it asks ``JobRun/shouldStop``. It never sleeps, retries or marks the job itself. Errors that it
    /// throws are sorted by the runner: a lost claim is dropped in silence, an unreachable record waits, and anything
    /// else counts as a transient fault.
    func run(_ run: JobRun) async throws -> JobOutcome

    /// Writes what the job's new state means for the rows that it works on, in the same transaction.
    /// - Returns: The message to publish, if one was stored.
    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark?
}

/// One run of a job: the claim, and what a handler may use.
package struct JobRun: Sendable {
    package let claim: JobClaim
    package let gates: GateKeeper
    package let jobs: JobStore
    package let delivery: Delivery
    let stopping: StopFlag

    /// Whether the worker is going away: hand the job over instead of beginning another step.
    package var shouldStop: Bool { stopping.isSet || Task.isCancelled }

    /// Commits one step: its effect, its progress message and nothing if the claim is no longer the newest.
    ///
    /// Publishing comes after the commit and its failure loses nothing: the relay reads the record.
    package func commit<Value: Sendable>(
        _ step: (PostgresConnection) async throws -> (Value, ProgressMark?)
    ) async throws -> Value {
        let (value, mark) = try await jobs.withFence(claim) { try await step($0) }
        if let mark { await delivery.announce(mark) }
        return value
    }
}

extension Delivery {
    /// Publishes a mark. Pub/sub only wakes: a listener that hears nothing reads the record a little later.
    func announce(_ mark: ProgressMark) async {
        // Losing the error is right: the message itself is in the record.
        try? await publishProgress(session: mark.session, sequence: mark.sequence)
    }

    /// Wakes whoever waits for a job. They look at the record now and then, whatever they hear.
    func announceEnd(of job: JobID) async {
        // Losing the error is right: a lost wake costs a moment.
        try? await publishEnd(of: job)
    }
}
