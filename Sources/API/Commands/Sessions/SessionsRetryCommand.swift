import ArgumentParser
import Console
import Record
import Settings
import TramlineModel

struct SessionsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Has a failed or cancelled export go on where it stopped.",
        discussion: """
            Tickets that are in Jira stay as they are. A failed export can be retried three times; going on with a cancelled \
            one costs none of them. The same as POST /api/jira/retry-failed, but straight to the database: a worker takes \
            it up within seconds.
            """
    )

    @Argument(help: "The session's id.")
    var id: SessionID

    @OptionGroup var key: KeyOptions

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let attempts = try RecordSettings().jobMaxAttempts
        let retry = try await CommandRecord.with(keyIn: key.keyEnv, for: .write) { pool, owner in
            try await SessionStore(pool: pool).retryExport(
                of: id,
                team: owner.team,
                actor: .key(owner.key),
                maximumAttempts: attempts
            )
        }
        let left = SessionRow.maximumRetries - retry.session.retryCount
        guard !output.json else {
            print(
                JSONValue.members([
                    "task_id": .text(retry.job.id), "session_id": .text(id), "status": .string("exporting"),
                    "retry_attempt": .integer(retry.session.retryCount), "remaining_retries": .integer(left),
                    "resuming_from_ticket_order": .integer(retry.counts.resumingTicketOrder),
                    "preserved_successful_tickets": .integer(retry.counts.exportedTickets),
                ]).text
            )
            return
        }
        let place = retry.counts.nextTicketOrder.map { "ticket \($0) of \(retry.session.totalTickets)" }
        print(
            """
            The export goes on with \(place ?? "attachments and links"), as task \(retry.job.id); \
            \(retry.counts.exportedTickets) of \(retry.session.totalTickets) tickets are in Jira.
            Retries left: \(left).
            """
        )
    }
}
