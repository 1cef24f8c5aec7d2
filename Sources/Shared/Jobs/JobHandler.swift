import CrashPoints
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
    /// Between two steps, and between the requests of a long one, it passes a ``JobRun/checkpoint()``. It never sleeps, retries
    /// or marks the job itself. Errors that it throws are sorted by the runner: a lost claim is dropped in silence, an unreachable record waits, and anything
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

/// A run that ends between two steps, because its worker is going away or somebody has cancelled it.
package struct JobInterrupted: Error {
    package let outcome: JobOutcome
}

/// One run of a job: the claim, and what a handler may use.
package struct JobRun: Sendable {
    package let claim: JobClaim
    package let jobs: JobStore
    package let delivery: Delivery
    let gates: GateKeeper
    let stopping: StopFlag
    let signals: RunSignals
    let metrics: RunnerMetrics

    /// Whether the worker is going away.
    package var shouldStop: Bool { stopping.isSet || Task.isCancelled }

    /// Why no other step may begin; `nil` while one may. The run ends with it.
    ///
    /// That somebody has cancelled the job is known after the next commit, and otherwise within seconds, as is that its kind
    /// was paused.
    package var interruption: JobOutcome? {
        if signals.cancelling.isSet { return .cancelled }
        return shouldStop || signals.pausing.isSet ? .handedOver : nil
    }

    /// Ends the run here if no other step may begin.
    ///
    /// - Throws: ``JobInterrupted``, which the runner understands; a handler lets it pass.
    package func checkpoint() throws(JobInterrupted) {
        if let interruption { throw JobInterrupted(outcome: interruption) }
    }

    /// Commits one step: its effect, its progress message and nothing if the claim is no longer the newest.
    ///
    /// Publishing comes after the commit and its failure loses nothing: the relay reads the record.
    package func commit<Value: Sendable>(
        _ step: (PostgresConnection) async throws -> (Value, ProgressMark?)
    ) async throws -> Value {
        let (value, mark, isCancelRequested) = try await jobs.withFence(claim) { connection, fence in
            let (value, mark) = try await step(connection)
            crashPoint("before-commit")
            return (value, mark, fence.isCancelRequested)
        }
        crashPoint("after-commit")
        if isCancelRequested { signals.cancelling.set() }
        if let mark { await delivery.announce(mark) }
        return value
    }

    /// Waits for the job's turn at a site's gate and runs `body`, which is one request.
    ///
    /// A job that is cancelled or paused while it waits gives its turn up, so that nothing is sent. Once `body` has begun it is not
    /// disturbed: what is intended there and what is sent belong together.
    ///
    /// - Parameters:
    ///   - spaced: whether the request writes, or is a page of a search.
    ///   - deadline: when to give up waiting.
    /// - Throws: What `body` throws; `DeliveryError` when it has not run.
    package func withPass<Result>(
        site: SiteID,
        spaced: Bool,
        deadline: ContinuousClock.Instant,
        body: (GatePass) async throws -> Result
    ) async throws -> Result {
        let asked = ContinuousClock.now
        return try await gates.withPass(
            site: site,
            team: claim.job.team,
            job: claim.job.id,
            priority: claim.job.priority,
            spaced: spaced,
            deadline: deadline,
            isCalledOff: { [signals] in signals.isCalledOff },
            body: { pass in
                metrics.waitedAtGate(asked.duration(to: .now))
                return try await body(pass)
            }
        )
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
