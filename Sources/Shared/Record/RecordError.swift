/// What the record refuses, apart from the database's own faults (`PostgresError`).
package struct RecordError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// A later claim of the job exists, or the job has ended: the writer must stop and write nothing more.
        case staleClaim
        /// There is no such row, or it belongs to another team.
        case notFound
        /// The row is in a state that does not allow the change.
        case conflict
        /// An idempotency key was used before with another body.
        case fingerprintMismatch
        /// A row holds what this version cannot read.
        case unreadable
    }

    package let code: Code
    /// Fit to be shown.
    package let message: String
    package let place: String

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.message = message
        self.place = "\(file):\(line)"
    }

    package var description: String { message }
}
