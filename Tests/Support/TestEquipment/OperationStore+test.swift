package import Postgres
package import Record
package import TramlineModel

extension OperationStore {
    /// Intends a create request whose times do not matter.
    package static func intend(
        _ ticket: Ticket,
        by claim: JobClaim,
        lowKeyNumber: Int64?,
        on connection: PostgresConnection
    ) async throws -> CreateOperation {
        try await intend(
            ticket,
            by: claim,
            lowKeyNumber: lowKeyNumber,
            timeout: .seconds(30),
            jiraTime: nil,
            on: connection
        )
    }

    /// Settles a request as having made an issue, whatever is to be audited.
    package static func settleCreated(
        _ operation: CreateOperation,
        as issue: ExportedIssue,
        adopted: Bool,
        on connection: PostgresConnection
    ) async throws {
        try await settleCreated(operation, as: issue, adopted: adopted, auditDelay: .seconds(600), on: connection)
    }
}
