import Settings
import Testing

@Suite struct SettingsFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let variable: String
        let text: String
        let problem: String
        var testDescription: String { "\(variable)=\(text)" }
    }

    @Test(
        "A wrong value is named, with what it must be",
        arguments: [
            Case(variable: "JIRA_SPACING_SECONDS", text: "61", problem: "is “61”, but must be 0...60 seconds"),
            Case(variable: "JIRA_SPACING_SECONDS", text: "-1", problem: "is “-1”, but must be 0...60 seconds"),
            Case(variable: "JIRA_SPACING_SECONDS", text: "1,5", problem: "is “1,5”, but must be 0...60 seconds"),
            Case(variable: "JIRA_SPACING_SECONDS", text: "inf", problem: "is “inf”, but must be 0...60 seconds"),
            Case(variable: "JIRA_SPACING_SECONDS", text: "1e1", problem: "is “1e1”, but must be 0...60 seconds"),
            Case(variable: "JOB_LEASE_SECONDS", text: "0.5", problem: "is “0.5”, but must be 1...600 seconds"),
            Case(variable: "JOB_BACKOFF_BASE_SECONDS", text: "0", problem: "is “0”, but must be 0.001...3600 seconds"),
            Case(
                variable: "JOB_BACKOFF_MAX_SECONDS",
                text: "1",
                problem: "must not be less than JOB_BACKOFF_BASE_SECONDS"
            ),
            Case(
                variable: "WORKER_CONCURRENCY",
                text: "0",
                problem: "is “0”, but must be a whole number of 1...10000"
            ),
            Case(
                variable: "TRAMLINE_ADMIN_PORT",
                text: "off",
                problem: "is “off”, but must be a whole number of 0...65535"
            ),
            Case(
                variable: "TRAMLINE_ALLOW_INSECURE_JIRA",
                text: "maybe",
                problem: "is “maybe”, but must be true or false"
            ),
            Case(variable: "LOG_FORMAT", text: "xml", problem: "is “xml”, but must be one of text, json"),
            Case(
                variable: "TRAMLINE_PUBLIC_URL",
                text: "tramline.example.com",
                problem:
                    "is “tramline.example.com”, but must be an http or https address without user, query and fragment"
            ),
            Case(variable: "JIRA_CLIENT_ID", text: "id", problem: "must be set where JIRA_CLIENT_ID is"),
            Case(variable: "DATABASE_URL", text: "mysql://hunter2@db", problem: "postgres:// or postgresql://"),
            Case(
                variable: "DATABASE_URL",
                text: "postgres://u:hun ter2@db/x",
                problem: "is set, but must be an address"
            ),
            Case(variable: "REDIS_URL", text: "redis://", problem: "is set, but must name a host"),
            Case(variable: "REDIS_URL", text: "redis://redis:99999", problem: "is set, but must name a port"),
            Case(variable: "TRAMLINE_SECRET_KEY", text: "hunter2", problem: "is set, but must be 32 bytes in base64"),
            Case(variable: "SLACK_BOT_TOKEN", text: "hunter2 x", problem: "is set, but must be printable ASCII"),
        ]
    )
    func wrong(_ wrong: Case) throws {
        let error = try #require(throws: SettingsError.self) {
            try WorkerSettings(environment: least.merging([wrong.variable: wrong.text]) { $1 })
        }
        #expect(error.faults.count == 1)
        #expect(error.faults[0].problem.contains(wrong.problem))
        #expect(!"\(error)".contains("hunter2"))
        #expect("\(error)".contains(" (example: \(error.faults[0].variable)="))
        #expect(!"\(error)".contains("\n"))
    }

    @Test("All faults are said at once")
    func together() throws {
        let error = try #require(throws: SettingsError.self) {
            try APISettings(environment: ["TRAMLINE_PORT": "http", "JOB_LEASE_SECONDS": "soon", "LOG_LEVEL": "loud"])
        }
        let names = error.faults.map(\.variable)
        #expect(
            Set(names) == [
                "DATABASE_URL", "REDIS_URL", "TRAMLINE_SECRET_KEY", "TRAMLINE_PORT", "JOB_LEASE_SECONDS", "LOG_LEVEL",
            ]
        )
        let lines = "\(error)".split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[0] == "6 environment variables are missing or wrong:")
    }
}
