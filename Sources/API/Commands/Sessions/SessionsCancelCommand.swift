import ArgumentParser
import Console
import Record
import TramlineModel

struct SessionsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stops an export after its current ticket.",
        discussion: """
            What is in Jira stays, and sessions retry goes on from there. Safe to repeat. The same as \
            POST /api/jira/cancel-export, but straight to the database: a worker hears of it within seconds.
            """
    )

    @Argument(help: "The session's id.")
    var id: SessionID

    @OptionGroup var key: KeyOptions

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let cancelled = try await CommandRecord.with(keyIn: key.keyEnv, for: .write) { pool, owner in
            try await SessionStore(pool: pool).cancelExport(
                of: id,
                team: owner.team,
                actor: .key(owner.key)
            )
        }
        if output.json {
            print(
                JSONValue.members([
                    "session_id": .text(id), "task_id": .text(cancelled.job),
                    "status": .string(cancelled.isCancelled ? "cancelled" : "cancelling"),
                ]).text
            )
        } else if cancelled.isCancelled {
            print("The export is cancelled; sessions retry goes on with it.")
        } else {
            print("The export stops after its current ticket; sessions retry goes on with it then.")
        }
    }
}
