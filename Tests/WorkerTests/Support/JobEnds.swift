import Jobs
import Postgres
import Record
import TramlineModel

/// Tells a test that a job of some kind is about to end. What it writes is committed once its worker has stopped.
struct JobEnds: Sendable {
    private let ends: AsyncStream<JobState>
    private let continuation: AsyncStream<JobState>.Continuation

    init() {
        (ends, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100))
    }

    /// Waits for the next job to end, or takes the earliest that has ended already.
    func next() async -> JobState? {
        for await state in ends { return state }
        return nil
    }

    func watching(_ handler: some JobHandler) -> any JobHandler { Watched(handler: handler, ended: continuation) }

    private struct Watched<Handler: JobHandler>: JobHandler {
        let handler: Handler
        let ended: AsyncStream<JobState>.Continuation

        func run(_ run: JobRun) async throws -> JobOutcome { try await handler.run(run) }

        func conclude(
            _ claim: JobClaim,
            as settlement: JobSettlement,
            on connection: PostgresConnection
        ) async throws -> ProgressMark? {
            let mark = try await handler.conclude(claim, as: settlement, on: connection)
            if settlement.state.isFinal { ended.yield(settlement.state) }
            return mark
        }
    }
}
