import Foundation
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@Suite(.postgres, .timeLimit(.minutes(3)))
struct RecordCommandTests {
    private let session = #"""
        {"name": "Demo", "site": "acme", "project_key": "PROJ", "tickets": [
          {"ref": "A", "title": "First", "depends_on": ["B"]}, {"ref": "B", "title": "Second",
           "attachments": [{"filename": "a.txt", "content_base64": "aGk="}]}]}
        """#

    @Test("From an empty database to an imported session")
    func mainRoad() async throws {
        try await withCommands(of: "tramline-api") { commands in
            let early = try await commands.run("keys", "list")
            #expect(early.status == 1)
            #expect(early.errors.hasPrefix("tramline-api: the database has not the tables of this version; run"))

            let pending = try await commands.run("migrate", "--check")
            #expect(pending.status == 1 && pending.errors.isEmpty)
            let migrated = try await commands.run("migrate")
            #expect(migrated.status == 0 && migrated.output.hasPrefix("Applied 1 "), "\(migrated)")
            #expect(try await commands.run("migrate").output == "The database is up to date.\n")

            let key = try await commands.run("keys", "create", "--team", "acme", "--name", "ci", "--json")
            #expect(key.status == 0, "\(key)")
            #expect(try key.json["team"] as? String == "acme")
            commands.environment["TRAMLINE_KEY"] = try key.json["key"] as? String

            let add = [
                "integrations", "add", "--team", "acme", "--site", "acme", "--base-url", "https://acme.atlassian.net/",
                "--email", "bot@acme.example", "--api-token-env", "JIRA_TOKEN",
            ]
            let added = try await commands.run(add)
            #expect(
                added.output == "Added the integration acme of acme: https://acme.atlassian.net as bot@acme.example.\n"
            )
            #expect(try await commands.run(add).output.hasPrefix("Replaced the integration acme of acme"))
            let checked = try await commands.run("integrations", "check", "--offline")
            #expect(checked.status == 0 && checked.output.contains("good"))
            // Nobody can tell whether Jira takes it: no success.
            let unasked = try await commands.run("integrations", "check")
            #expect(unasked.status == 1 && unasked.output.contains("Jira was not asked: REDIS_URL is not set"))

            let imported = try await commands.run(
                "sessions",
                "import",
                "-",
                "--key-env",
                "TRAMLINE_KEY",
                "--idempotency-key",
                "k",
                "--json",
                input: session
            )
            #expect(imported.status == 0, "\(imported)")
            let id = try #require(try imported.json["session_id"] as? String)
            #expect(try imported.json["total_tickets"] as? Int == 2)
            let again = try await commands.run(
                "sessions",
                "import",
                "-",
                "--idempotency-key",
                "k",
                "--json",
                input: session
            )
            #expect(try again.json["session_id"] as? String == id)
            let other = try await commands.run(
                "sessions",
                "import",
                "-",
                "--idempotency-key",
                "k",
                input: session.replacingOccurrences(of: "First", with: "Third")
            )
            #expect(other.status == 1 && other.errors.contains("used before with another body"))

            let shown = try await commands.run("sessions", "show", id, "--json")
            let tickets = try #require(try shown.json["tickets"] as? [[String: Any]])
            #expect(tickets.map { $0["ref"] as? String } == ["B", "A"])
            let table = try await commands.run("sessions", "show", id, "--table")
            #expect(table.output.hasPrefix("#  REF  STATUS   KEY  TITLE   LINK\n1  B    pending  –    Second"))
            #expect(try await commands.run("sessions", "show", id).output.contains("ready, 2 tickets for PROJ at acme"))
            #expect(try await commands.run("sessions", "list").output.contains(id))
            let trail = try await commands.run("sessions", "audit", id, "--ticket", "B", "--json")
            #expect(trail.status == 0 && trail.output.count { $0 == "\n" } == 1, "\(trail)")
            #expect(try trail.json["to"] as? String == "pending")
            #expect(try await commands.run("sessions", "audit", id).output.contains("session: ready  (imported with 2"))
            let removed = try await commands.run("integrations", "remove", "--team", "acme", "--site", "acme")
            #expect(removed.status == 1 && removed.errors.contains("Sessions use the integration acme"))
        }
    }

    @Test("Keys are shown once, listed by prefix, and void when revoked; another team's session is not there")
    func keys() async throws {
        try await withCommands(of: "tramline-api") { commands in
            _ = try await commands.run("migrate")
            let made = try await commands.run("keys", "create", "--team", "acme", "--name", "reader", "--scope", "read")
            let key = try #require(made.output.split(separator: "\n").first.map(String.init))
            #expect(key.hasPrefix("trk_") && made.output.contains("not shown again"))
            let list = try await commands.run("keys", "list", "--json")
            #expect(!list.output.contains(key) && list.output.contains(key.split(separator: "_")[1]))
            let keys = try #require(try list.json["keys"] as? [[String: Any]])
            let id = try #require(keys.first?["id"] as? String)

            #expect(keys.first?["scopes"] as? [String] == ["read"])
            let other = try await commands.run(
                ["keys", "create", "--team", "acme", "--name", "writer", "--scope", "write", "--json"]
            )
            #expect(try other.json["scopes"] as? [String] == ["write"])
            commands.environment["TRAMLINE_KEY"] = try other.json["key"] as? String
            let blind = try await commands.run("sessions", "list")
            #expect(blind.status == 1 && blind.errors.contains("lacks the scope read"))

            commands.environment["TRAMLINE_KEY"] = key
            let refused = try await commands.run("sessions", "import", "-", input: session)
            #expect(
                refused.status == 1
                    && refused.errors.contains("lacks the scope write; tramline-api keys create --scope")
            )
            #expect(try await commands.run("sessions", "list").output == "There are no sessions.\n")
            let unknown = "6f0d8e1c-0b7a-4b60-9a51-1e6b7a1f0c3d"
            #expect(
                try await commands.run("sessions", "show", unknown).errors
                    == "tramline-api: there is no session \(unknown)\n"
            )

            #expect(try await commands.run("keys", "revoke", id).status == 0)
            #expect(try await commands.run("keys", "revoke", id).errors.contains("no key"))
            let void = try await commands.run("sessions", "list")
            #expect(void.status == 1 && void.errors.contains("is not valid") && !void.errors.contains(key))
        }
    }

    @Test("A failed export is shown with what failed, what to mend and what to do next")
    func failedExport() async throws {
        try await withCommands(of: "tramline-api") { commands in
            _ = try await commands.run("migrate")
            let key = try await commands.run("keys", "create", "--team", "acme", "--name", "ci", "--json")
            commands.environment["TRAMLINE_KEY"] = try key.json["key"] as? String
            _ = try await commands.run(
                [
                    "integrations", "add", "--team", "acme", "--site", "acme", "--base-url",
                    "https://acme.atlassian.net", "--email", "bot@acme.example", "--api-token-env", "JIRA_TOKEN",
                ]
            )
            let imported = try await commands.run("sessions", "import", "-", "--json", input: session)
            let text = try #require(try imported.json["session_id"] as? String)
            let id = try #require(SessionID(text))
            #expect(
                try await commands.run("sessions", "show", text).output
                    .contains("\nNext: Start its export: POST /api/jira/export-session/\(text)\n")
            )

            let pool = PostgresPool(
                configuration: try PostgresConfiguration(url: commands.environment["DATABASE_URL"] ?? ""),
                logger: PostgresFixture.logger
            )
            defer { pool.close() }
            let sessions = SessionStore(pool: pool)
            let team = try #require(try await sessions.load(id, on: pool)).team
            _ = try await sessions.startExport(of: id, team: team, actor: .test, maximumAttempts: 1)
            let fault = Fault(
                category: .userFixable,
                code: "x",
                userMessage: "Jira refused ticket 2.",
                recoveryActions: ["Mend it", "Then retry the export"]
            )
            try await ExportStandIn(pool: pool).run(id, creating: 1, to: .failed(fault))

            let shown = try await commands.run("sessions", "show", text).output
            #expect(shown.contains("\n1 of 2 tickets in Jira, 1 failed, 0 of 1 links, 0 of 1 files done\n"))
            #expect(
                shown.contains(
                    """

                    Failed at ticket 2: Jira refused ticket 2. (user_fixable)
                      • Mend it
                      • Then retry the export
                    Next: Mend the cause, then go on where it stopped: tramline-api sessions retry \(text)

                    """
                ),
                "\(shown)"
            )
            let json = try await commands.run("sessions", "show", text, "--json").json
            #expect(json["tickets_completed"] as? Int == 1 && json["tickets_failed"] as? Int == 1)
            #expect((json["next_step"] as? String)?.contains("sessions retry") == true)
            let tickets = try #require(json["tickets"] as? [[String: Any]])
            #expect(tickets.map { $0["error_message"] as? String } == [nil, "Jira refused ticket 2."])

            let list = try await commands.run("sessions", "list").output.split(separator: "\n")
            #expect(list[0].split(separator: " ").prefix(6) == ["ID", "STATUS", "IN", "JIRA", "FAILED", "TO"])
            #expect(
                list[1].split(separator: " ").prefix(6) == [Substring(text), "export_failed", "1/2", "1", "0", "0/3"]
            )
        }
    }

    @Test("Mistakes end in one line that says what to do, and nothing is stored")
    func mistakes() async throws {
        try await withCommands(of: "tramline-api") { commands in
            _ = try await commands.run("migrate")
            let key = try await commands.run("keys", "create", "--team", "acme", "--name", "ci", "--json")
            commands.environment["TRAMLINE_KEY"] = try key.json["key"] as? String

            let noSite = try await commands.run("sessions", "import", "-", input: session)
            #expect(noSite.status == 1 && noSite.errors.contains("tramline-api integrations add"))
            let noFile = try await commands.run("sessions", "import", "/nowhere/at/all.json")
            #expect(noFile.errors == "tramline-api: cannot read /nowhere/at/all.json: No such file or directory\n")
            let notJSON = try await commands.run("sessions", "import", "-", input: "{")
            #expect(notJSON.errors.hasPrefix("tramline-api: the body is not JSON: line 1, column 2: "))
            let invalid = try await commands.run("sessions", "import", "-", input: #"{"site":"a","tickets":[{}]}"#)
            #expect(
                invalid.errors.contains("project_key is missing\n")
                    && invalid.errors.contains("tickets[0].title is missing")
            )
            #expect(try await commands.run("sessions", "list").output == "There are no sessions.\n")

            let noToken = try await commands.run(
                "integrations",
                "add",
                "--team",
                "acme",
                "--site",
                "a",
                "--base-url",
                "https://a.example",
                "--email",
                "a@b",
                "--api-token-env",
                "NO_SUCH_TOKEN"
            )
            #expect(noToken.errors.contains("the environment variable NO_SUCH_TOKEN is not set"))
            let insecure = try await commands.run(
                "integrations",
                "add",
                "--team",
                "acme",
                "--site",
                "a",
                "--base-url",
                "http://127.0.0.1:1",
                "--email",
                "a@b",
                "--api-token-env",
                "JIRA_TOKEN"
            )
            #expect(
                insecure.errors.contains("TRAMLINE_ALLOW_INSECURE_JIRA") && insecure.errors.count { $0 == "\n" } == 1
            )

            commands.environment["TRAMLINE_KEY"] = "not-a-key"
            #expect(try await commands.run("sessions", "list").errors.contains("TRAMLINE_KEY holds no API key"))
            commands.environment["DATABASE_URL"] = nil
            let noDatabase = try await commands.run("keys", "list")
            #expect(noDatabase.status == 1 && noDatabase.errors.contains("DATABASE_URL is not set"))
            let usage = try await commands.run("keys", "create", "--team", "acme")
            #expect(usage.status == 64 && usage.errors.count { $0 == "\n" } == 1)
            #expect(try await commands.run("--help").status == 0)
        }
    }

    @Test("A secret that another key has sealed is found by the check")
    func otherSecretKey() async throws {
        try await withCommands(of: "tramline-api") { commands in
            _ = try await commands.run("migrate")
            _ = try await commands.run(
                "integrations",
                "add",
                "--team",
                "acme",
                "--site",
                "acme",
                "--base-url",
                "https://acme.atlassian.net",
                "--email",
                "bot@acme.example",
                "--api-token-env",
                "JIRA_TOKEN"
            )
            commands.environment["TRAMLINE_SECRET_KEY"] = "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA="
            let checked = try await commands.run("integrations", "check", "--json")
            #expect(checked.status == 1)
            #expect(checked.output.contains(#""ok":false"#) && checked.output.contains("TRAMLINE_SECRET_KEY"))
            #expect(try await commands.run("integrations", "list").output.contains("bot@acme.example"))
        }
    }
}
