import Delivery
import Postgres
import Record
package import TramlineModel

extension JobOutcome {
    /// Sorts an error that a handler did not sort itself: one of the road or of the record, or a defect.
    /// - Returns: `nil` when the claim is lost: nothing may be written for the job.
    package init?(interruptedBy error: any Error, isStopping: Bool) {
        switch error {
        case let error as JobInterrupted:
            self = error.outcome
        case let error as RecordError where error.code == .staleClaim:
            return nil
        case let error as DeliveryError:
            switch error.code {
            case .leaseLost: return nil
            // Cancelled or paused: what the record says when the run is settled.
            case .calledOff: self = .handedOver
            case .closed: self = .handedOver
            case .cancelled where !isStopping: return nil
            case .cancelled: self = .handedOver
            default: self = .postponed(after: .seconds(1))
            }
        case is CancellationError:
            guard isStopping else { return nil }
            self = .handedOver
        case let error as PostgresError where error.isTransient:
            // The record is away: nothing is wrong with the job. It goes on when the record is back.
            self = isStopping ? .handedOver : .postponed(after: .seconds(1))
        default:
            self = .retry(
                Fault(
                    category: .temporary,
                    code: "internal_error",
                    userMessage: "Something unexpected went wrong inside Tramline. Nothing was lost.",
                    recoveryActions: [
                        "Try again in a few minutes",
                        "If it fails again, give your administrator the task id: the workers' logs say more",
                    ]
                ),
                after: nil
            )
        }
    }
}
