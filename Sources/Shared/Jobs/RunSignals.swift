/// What a run is asked from outside, between two steps.
final class RunSignals: Sendable {
    /// Set when somebody wants the job cancelled.
    let cancelling = StopFlag()
    /// Set when jobs of its kind have been paused: the job goes back to its place in the queue.
    let pausing = StopFlag()

    /// Whether the job must not wait for a turn any longer.
    var isCalledOff: Bool { cancelling.isSet || pausing.isSet }
}
