import Foundation
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@Suite("The commands sessions retry and sessions cancel", .postgres, .timeLimit(.minutes(3)))
struct RetryCommandTests {
    private static let fault = Fault(category: .temporary, code: "x", userMessage: "It broke.", recoveryActions: [])

    private static let session = #"""
        {"site": "acme", "project_key": "PROJ", "tickets": [{"ref": "A", "title": "First"}, {"ref": "B", "title": "Second"}]}
        """#

    /// Makes a team with a key, and a session whose export has been started.
    private func begin(_ commands: inout CommandProcess, _ pool: PostgresPool) async throws -> SessionID {
        commands.environment["JOB_MAX_ATTEMPTS"] = "7"
        _ = try await commands.run("migrate")
        let key = try await commands.run("keys", "create", "--team", "acme", "--name", "ci", "--json")
        commands.environment["TRAMLINE_KEY"] = try key.json["key"] as? String
        _ = try await commands.run(
            [
                "integrations", "add", "--team", "acme", "--site", "acme", "--base-url", "https://acme.atlassian.net",
                "--email", "bot@acme.example", "--api-token-env", "JIRA_TOKEN",
            ]
        )
        let imported = try await commands.run("sessions", "import", "-", "--json", input: Self.session)
        let id = try #require((try imported.json["session_id"] as? String).flatMap { SessionID($0) })
        let row = try #require(try await SessionStore(pool: pool).load(id, on: pool))
        _ = try await SessionStore(pool: pool).startExport(of: id, team: row.team, actor: .test, maximumAttempts: 1)
        return id
    }

    /// Opens the record that the commands work on.
    private func open(_ commands: CommandProcess) throws -> PostgresPool {
        let url = try #require(commands.environment["DATABASE_URL"])
        return PostgresPool(
            configuration: try PostgresConfiguration(url: url, maximumConnections: 2),
            logger: PostgresFixture.logger
        )
    }

    @Test("They do what the API does, and refuse in its words")
    func both() async throws {
        try await withCommands(of: "tramline-api") { commands in
            let pool = try open(commands)
            defer { pool.close() }
            let standIn = ExportStandIn(pool: pool)
            let id = try await begin(&commands, pool)
            let (retry, cancel) = (["sessions", "retry", "\(id)"], ["sessions", "cancel", "\(id)"])

            let early = try await commands.run(retry)
            #expect(early.status == 1 && early.errors == "tramline-api: The export of session \(id) is under way.\n")
            let stopping = try await standIn.claim(id)
            let asked = try await commands.run(cancel + ["--json"])
            #expect(try asked.json["status"] as? String == "cancelling")
            #expect(try asked.json["task_id"] as? String == "\(stopping.job.id)")
            #expect(try asked.json["session_id"] as? String == "\(id)")
            try await standIn.end(stopping, creating: 1, as: .cancelled)
            #expect(try await commands.run(cancel).output.hasPrefix("The export is cancelled"))

            let resumed = try await commands.run(retry + ["--json"])
            #expect(resumed.status == 0, "\(resumed)")
            #expect(try resumed.json["status"] as? String == "exporting")
            #expect(try resumed.json["retry_attempt"] as? Int == 0)
            #expect(try resumed.json["remaining_retries"] as? Int == 3)
            #expect(try resumed.json["resuming_from_ticket_order"] as? Int == 2)
            #expect(try resumed.json["preserved_successful_tickets"] as? Int == 1)
            let task = try #require((try resumed.json["task_id"] as? String).flatMap { JobID($0) })
            let job = try #require(try await JobStore(pool: pool).job(task))
            // JOB_MAX_ATTEMPTS of the command's own environment.
            #expect(job.kind == .retry && job.maximumAttempts == 7)

            for left in (0...2).reversed() {
                try await standIn.run(id, to: .failed(Self.fault))
                let text = try await commands.run(retry).output
                #expect(text.contains("goes on with ticket 2 of 2") && text.contains("Retries left: \(left)."))
            }
            try await standIn.run(id, to: .failed(Self.fault))
            let usedUp = try await commands.run(retry)
            #expect(
                usedUp.errors
                    == "tramline-api: Maximum retry attempts (3) exceeded. Please contact administrator.\n"
            )
            let failed = try await commands.run(cancel)
            #expect(failed.errors == "tramline-api: The export of session \(id) has failed.\n")
        }
    }

    @Test("A key that may only read may neither retry nor cancel")
    func readOnly() async throws {
        try await withCommands(of: "tramline-api") { commands in
            let pool = try open(commands)
            defer { pool.close() }
            let id = try await begin(&commands, pool)
            let made = try await commands.run(
                ["keys", "create", "--team", "acme", "--name", "reader", "--scope", "read", "--json"]
            )
            commands.environment["TRAMLINE_KEY"] = try made.json["key"] as? String
            for verb in ["retry", "cancel"] {
                let refused = try await commands.run("sessions", verb, "\(id)")
                #expect(refused.status == 1 && refused.errors.contains("scope write"))
            }
            #expect(try await SessionStore(pool: pool).load(id, on: pool)?.status == .exporting)
        }
    }
}
