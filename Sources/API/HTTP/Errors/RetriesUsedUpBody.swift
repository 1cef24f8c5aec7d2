import Foundation
import TramlineModel

/// The answer to one retry too many: a body of its own, without the shape of all errors.
struct RetriesUsedUpBody: Encodable, Sendable {
    let errorCategory: String
    let userMessage: String
    let recoveryActions: [String]
    let retryAttemptsUsed: Int
    let firstErrorAt: Date

    /// - Returns: `nil` for any other refusal.
    init?(_ refusal: ExportRefusal) {
        guard case .retriesUsedUp(let used, let firstErrorAt) = refusal.reason else { return nil }
        errorCategory = FaultCategory.adminRequired.rawValue
        userMessage = refusal.message
        recoveryActions = refusal.recoveryActions
        retryAttemptsUsed = used
        self.firstErrorAt = firstErrorAt
    }
}
