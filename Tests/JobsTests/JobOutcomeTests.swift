import Delivery
import Postgres
import Record
import Testing
import TramlineModel

@testable import Jobs

@Suite("What an interruption means for a job")
struct JobOutcomeTests {
    /// What is to become of the job.
    enum Expectation: Sendable {
        /// Nothing may be written: the claim is lost.
        case dropped
        case handedOver
        case postponed
        case retried
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let error: any Error
        let running: Expectation
        let stopping: Expectation
        let testDescription: String

        init(_ description: String, _ error: any Error, _ running: Expectation, stopping: Expectation) {
            self.error = error
            self.running = running
            self.stopping = stopping
            testDescription = description
        }
    }

    private struct Bug: Error {}

    static let examples = [
        Example("a later claim", RecordError(.staleClaim, "x"), .dropped, stopping: .dropped),
        Example("the lease has ended", DeliveryError(.leaseLost, "x"), .dropped, stopping: .dropped),
        Example("the gates have closed", DeliveryError(.closed, "x"), .handedOver, stopping: .handedOver),
        Example("a cancelled wait at a gate", DeliveryError(.cancelled, "x"), .dropped, stopping: .handedOver),
        Example("cancellation", CancellationError(), .dropped, stopping: .handedOver),
        Example("a long wait at a gate", DeliveryError(.gateDeadline, "x"), .postponed, stopping: .postponed),
        Example("Redis is away", DeliveryError(.unavailable, "x"), .postponed, stopping: .postponed),
        Example("PostgreSQL is away", PostgresError(.connectionLost, "x"), .postponed, stopping: .handedOver),
        Example("PostgreSQL is busy", PostgresError(.poolExhausted, "x"), .postponed, stopping: .handedOver),
        Example("a row that cannot be read", PostgresError(.decoding, "x"), .retried, stopping: .retried),
        Example("a missing row", RecordError(.notFound, "x"), .retried, stopping: .retried),
        Example("a defect", Bug(), .retried, stopping: .retried),
    ]

    @Test("It is sorted by what it says of the claim", arguments: examples)
    func sorting(_ example: Example) {
        check(JobOutcome(interruptedBy: example.error, isStopping: false), example.running)
        check(JobOutcome(interruptedBy: example.error, isStopping: true), example.stopping)
    }

    private func check(
        _ outcome: JobOutcome?,
        _ expectation: Expectation,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        switch (expectation, outcome) {
        case (.dropped, nil), (.handedOver, .handedOver): break
        case (.postponed, .postponed(let wait)): #expect(wait > .zero, sourceLocation: sourceLocation)
        case (.retried, .retry(let fault, _)):
            #expect(fault.category == .temporary, sourceLocation: sourceLocation)
            // What is inside the error is for the logs, not for the person.
            #expect(!fault.userMessage.contains("x\""), sourceLocation: sourceLocation)
        default: Issue.record("\(expectation) was expected, not \(outcome as Any)", sourceLocation: sourceLocation)
        }
    }
}
