import Foundation
import Jira
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Links between issues", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct LinkTests {
    private func run(
        _ faults: [ScriptedFault] = [],
        _ body: @Sendable (ExportFixture, TeamID, SessionID) async throws -> Void
    ) async throws {
        try await ExportFixture.run(jira: .init(latency: .milliseconds(2), faults: faults)) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1), .make(2, dependsOn: ["T1"]), .make(3, dependsOn: ["T1", "T2"]),
            ])
            try await body(fixture, team, session)
        }
    }

    @Test("Both ends tell who blocks whom, once all tickets are there")
    func direction() async throws {
        try await run { fixture, team, session in
            _ = try await fixture.export(session, team: team)
            let client = try fixture.client()
            let first = try await client.links(ofIssue: "PROJ-1").value
            let last = try await client.links(ofIssue: "PROJ-3").value
            #expect(first.map(\.type.name) == ["Blocks", "Blocks"])
            // Seen from T1: it "blocks" the others. Seen from T3: it "is blocked by" the others.
            #expect(first.allSatisfy { $0.role == .source && $0.type.outward == "blocks" })
            #expect(Set(first.map(\.otherKey)) == ["PROJ-2", "PROJ-3"])
            #expect(last.allSatisfy { $0.role == .target && $0.type.inward == "is blocked by" })
            #expect(Set(last.map(\.otherKey)) == ["PROJ-1", "PROJ-2"])
            let writes = fixture.jira.journal().filter(\.writes).map(\.path)
            #expect(writes.prefix(3).allSatisfy { $0 == "/rest/api/3/issue" } && writes.count == 6)
        }
    }

    @Test(
        "A link whose answer was lost is sent again, and is one link",
        arguments: [
            ScriptedFault.Effect.dropAfterCommit, .errorAfterCommit(status: 500), .dropBeforeCommit, .truncated,
        ]
    )
    func idempotent(_ effect: ScriptedFault.Effect) async throws {
        try await run([ScriptedFault(effect, path: "/rest/api/3/issueLink", .nth(2))]) { fixture, team, session in
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""dependencies_created":3"#) == true)
            #expect(fixture.jira.links().count == 3)
        }
    }

    @Test("A link that Jira refuses becomes a manual fix of the blocked issue", arguments: [400, 401, 403, 404, 413])
    func refused(_ status: Int) async throws {
        let refusal = ScriptedFault.Effect.answer(status: status, body: ["errorMessages": ["No."]])
        try await run([ScriptedFault(refusal, path: "/rest/api/3/issueLink", .nth(1))]) { fixture, team, session in
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains(#""dependencies_created":2"#) == true)
            #expect(try await fixture.fixes(of: session) == ["dependency_not_linked PROJ-1 PROJ-2"])
        }
    }
}
