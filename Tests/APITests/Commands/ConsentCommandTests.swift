import Foundation
import TestEquipment
import Testing

@Suite(.postgres, .timeLimit(.minutes(2)))
struct ConsentCommandTests {
    @Test("integrations add --oauth prints Atlassian's address, for a team that may be new")
    func begins() async throws {
        try await withCommands(of: "tramline-api") { commands in
            _ = try await commands.run("migrate")
            let unset = try await commands.run("integrations", "add", "--team", "acme", "--oauth")
            #expect(unset.status == 1 && unset.errors.contains("JIRA_CLIENT_ID is not set"))
            commands.environment["JIRA_CLIENT_ID"] = "the-client"
            commands.environment["JIRA_CLIENT_SECRET"] = "the-client-secret"
            commands.environment["TRAMLINE_PUBLIC_URL"] = "https://tramline.example"
            let begun = try await commands.run("integrations", "add", "--team", "acme", "--oauth", "--json")
            #expect(begun.status == 0, "\(begun)")
            let address = try #require(try begun.json["authorization_url"] as? String)
            #expect(address.hasPrefix("https://auth.atlassian.com/authorize?"))
            #expect(address.contains("https%3A%2F%2Ftramline.example%2Fapi%2Fintegrations%2Foauth%2Fcallback"))
            #expect(!address.contains("the-client-secret") && !begun.errors.contains("the-client-secret"))
            #expect(try begun.json["expires_in_seconds"] as? Int == 600)
            let people = try await commands.run("integrations", "add", "--team", "acme", "--oauth")
            #expect(people.output.contains("Open this within 10 minutes"))
        }
    }

    @Test("Options of an API token do not go with --oauth, and are missed without it")
    func options() async throws {
        try await withCommands(of: "tramline-api") { commands in
            let both = try await commands.run("integrations", "add", "--team", "acme", "--oauth", "--site", "acme")
            #expect(both.status == 64 && both.errors.contains("--site does not go with --oauth"))
            let neither = try await commands.run("integrations", "add", "--team", "acme", "--site", "acme")
            #expect(neither.status == 64 && neither.errors.contains("--base-url is missing; or use --oauth"))
        }
    }
}
