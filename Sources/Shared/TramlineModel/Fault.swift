/// Who can mend a fault: the seed's three words.
package enum FaultCategory: String, Sendable, CaseIterable, Codable {
    /// The person can mend it and retry.
    case userFixable = "user_fixable"
    /// An administrator must act.
    case adminRequired = "admin_required"
    /// Trying again may do.
    case temporary
}

/// A fault as a person sees it: what happened, who can mend it, what to do.
package struct Fault: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    package let category: FaultCategory
    /// A stable word for machines, `snake_case`.
    package let code: String
    /// One or two sentences, fit to be shown: no secret, no payload.
    package let userMessage: String
    /// What to do, most useful first.
    package let recoveryActions: [String]
    /// The ``Ticket/exportOrder`` of the ticket that it is about; `nil` when it is about none in particular.
    package var ticketOrder: Int?

    package init(
        category: FaultCategory,
        code: String,
        userMessage: String,
        recoveryActions: [String],
        ticketOrder: Int? = nil
    ) {
        self.category = category
        self.code = code
        self.userMessage = userMessage
        self.recoveryActions = recoveryActions
        self.ticketOrder = ticketOrder
    }

    package var description: String { "\(code) (\(category.rawValue)): \(userMessage)" }
}
