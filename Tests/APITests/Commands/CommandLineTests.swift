import ArgumentParser
import Console
import Testing
import TramlineModel

@testable import API

@Suite struct CommandLineTests {
    @Test(
        "The forms that scripts rely on",
        arguments: [
            ("serve", "ServeCommand"),
            ("migrate", "MigrateCommand"),
            ("migrate --check --json", "MigrateCommand"),
            ("keys create --team acme --name ci --json", "KeysCreateCommand"),
            ("keys create --team acme --name ci --scope read", "KeysCreateCommand"),
            ("keys list", "KeysListCommand"),
            ("keys revoke 6F0D8E1C-0B7A-4B60-9A51-1E6B7A1F0C3D", "KeysRevokeCommand"),
            (
                "integrations add --team acme --site acme --base-url https://acme.atlassian.net "
                    + "--email bot@acme.example --api-token-env JIRA_TOKEN", "IntegrationsAddCommand"
            ),
            ("integrations list --team acme --json", "IntegrationsListCommand"),
            ("integrations check --site acme", "IntegrationsCheckCommand"),
            ("integrations remove --team acme --site acme", "IntegrationsRemoveCommand"),
            ("sessions import tickets.json --key-env TRAMLINE_KEY --json", "SessionsImportCommand"),
            ("sessions import - --idempotency-key build-7", "SessionsImportCommand"),
            ("sessions list --limit 5", "SessionsListCommand"),
            ("sessions show 6f0d8e1c-0b7a-4b60-9a51-1e6b7a1f0c3d --table", "SessionsShowCommand"),
            (
                "sessions watch 6f0d8e1c-0b7a-4b60-9a51-1e6b7a1f0c3d --url http://localhost:8000 --key-env KEY",
                "SessionsWatchCommand"
            ),
            (
                "sessions audit 6f0d8e1c-0b7a-4b60-9a51-1e6b7a1f0c3d --after 7 --ticket T1 --json",
                "SessionsAuditCommand"
            ),
            ("adf convert page.html --report", "Convert"),
        ]
    )
    func forms(line: String, command: String) throws {
        let parsed = try TramlineAPI.parseAsRoot(line.split(separator: " ").map(String.init))
        #expect("\(type(of: parsed))" == command)
    }

    @Test("Every command can explain itself", arguments: [[], ["keys"], ["keys", "create"], ["sessions", "import"]])
    func help(path: [String]) throws {
        let error = try #require(throws: (any Error).self) {
            var command = try TramlineAPI.parseAsRoot(path + ["--help"])
            try command.run()
        }
        #expect(TramlineAPI.exitCode(for: error).isSuccess)
        #expect(TramlineAPI.fullMessage(for: error).contains("USAGE: tramline-api \(path.joined(separator: " "))"))
    }

    @Test(
        "A mistake is one line",
        arguments: [
            ("keys create --name ci", "--team <team>"),
            ("keys create --team acme --name ci --scope admin", "'admin'"),
            ("keys revoke 12", "'12'"),
            ("sessions show x --json", "'x'"),
            ("sessions show 6f0d8e1c-0b7a-4b60-9a51-1e6b7a1f0c3d --json --table", "exclude each other"),
            ("sessions list --limit 0", "--limit must be 1 to 1000"),
            ("sessions import f --idempotency-key ü", "--idempotency-key must be"),
            ("integrations add --team a --site a --base-url x --email me --api-token-env T", "--email is not"),
            ("fly", "'fly'"),
        ]
    )
    func mistakes(line: String, part: String) throws {
        let error = try #require(throws: (any Error).self) {
            try TramlineAPI.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        let text = try #require(FaultLine.text(of: error, by: TramlineAPI.self))
        #expect(text.contains(part))
        #expect(!text.contains("\n"))
        #expect(!TramlineAPI.exitCode(for: error).isSuccess)
    }

    @Test(
        "Names keep to what the record takes",
        arguments: ["", " a", "a ", "a\nb", String(repeating: "x", count: 101)]
    )
    func names(text: String) {
        #expect(RecordName(argument: text) == nil)
        #expect(RecordName(argument: "Acme GmbH") != nil)
    }
}
