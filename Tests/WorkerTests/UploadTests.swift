import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Files to Jira", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct UploadTests {
    private static let path = "/rest/api/3/issue/*/attachments"

    private func run(
        _ faults: [ScriptedFault] = [],
        uploadLimit: Int = 10 << 20,
        settle: Duration = .milliseconds(500),
        _ body: @Sendable (ExportFixture) async throws -> Void
    ) async throws {
        let site = SiteConfiguration(uploadLimit: uploadLimit)
        let jira = JiraSimulator.Configuration(sites: [site], latency: .milliseconds(2), faults: faults)
        try await ExportFixture.run(requestTimeout: .seconds(1), settle: settle, jira: jira, body)
    }

    private func file(_ name: String, _ bytes: [UInt8] = Array("hello".utf8)) -> SessionDraft.Attachment {
        .init(filename: name, contentType: "text/plain", bytes: bytes)
    }

    private func uploads(_ fixture: ExportFixture) -> [JournalEntry] {
        fixture.jira.journal().filter { $0.path.hasSuffix("/attachments") }
    }

    @Test("A file of several pieces arrives byte for byte")
    func pieces() async throws {
        try await run { fixture in
            let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
            let (team, session) = try await fixture.importSession([.make(1, attachments: [file("big", bytes)])])
            _ = try await fixture.export(session, team: team)
            #expect(fixture.jira.issues()[0].attachments.map(\.bytes) == [bytes])
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let effect: ScriptedFault.Effect
        /// How often the file is sent.
        let sent: Int
    }

    static let lost = [
        Case(testDescription: "dropped after the commit", effect: .dropAfterCommit, sent: 1),
        Case(testDescription: "truncated", effect: .truncated, sent: 1),
        Case(testDescription: "5xx after the commit", effect: .errorAfterCommit(status: 502), sent: 1),
        Case(testDescription: "timed out", effect: .timeOut(milliseconds: 60_000, commits: true), sent: 1),
        Case(testDescription: "committed a little later", effect: .delayedCommit(milliseconds: 800), sent: 1),
        Case(
            testDescription: "a proxy's 504, and committed a little later",
            effect: .delayedCommit(milliseconds: 800, status: 504),
            sent: 1
        ),
        Case(testDescription: "dropped before the commit", effect: .dropBeforeCommit, sent: 2),
        Case(testDescription: "5xx before the commit", effect: .errorBeforeCommit(status: 503), sent: 2),
    ]

    @Test("A file whose answer was lost is there once", arguments: lost)
    func once(_ example: Case) async throws {
        try await run([ScriptedFault(example.effect, path: Self.path, limit: 1)]) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, attachments: [file("a.txt"), file("b.txt")])
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues()[0].attachments.map(\.filename).sorted() == ["a.txt", "b.txt"])
            #expect(uploads(fixture).count == example.sent + 1)
        }
    }

    @Test(
        "A file whose name Jira gives back in another form is known again",
        arguments: ["a\"b\".txt", "Gru\u{308}\u{DF}e.txt"]
    )
    func names(_ name: String) async throws {
        let given = name.replacing("\"", with: "%22").precomposedStringWithCanonicalMapping
        let lost = ScriptedFault(.dropAfterCommit, method: "POST", path: Self.path, limit: 1)
        try await run([lost]) { fixture in
            let (team, session) = try await fixture.importSession([.make(1, attachments: [file(name)])])
            let listed = ScriptedFault(
                .answer(
                    status: 200,
                    body: [
                        "id": "10000", "key": "PROJ-1",
                        "fields": ["attachment": [["id": "1", "filename": .string(given), "size": 5]]],
                    ]
                ),
                method: "GET",
                path: "/rest/api/3/issue/PROJ-1"
            )
            fixture.jira.add(listed)
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(fixture.jira.issues()[0].attachments.count == 1)
        }
    }

    @Test("A file that a dead worker may have sent is looked for before it is sent")
    func intention() async throws {
        try await run { fixture in
            let (team, session) = try await fixture.importSession([.make(1, attachments: [file("a.txt")])])
            fixture.jira.add(ScriptedFault(.latency(milliseconds: 4000), path: Self.path, limit: 1))
            await #expect(throws: CancellationError.self) {
                try await fixture.withWorkers([fixture.makeRunner("first")]) { _ in
                    try await fixture.start(session, team: team)
                    try await fixture.jira.journal { $0.contains { $0.path.hasSuffix("/attachments") } }
                    throw CancellationError()
                }
            }
            _ = try await fixture.withWorkers([fixture.makeRunner("second")]) { _ in
                try await fixture.messages(of: session)
            }
            #expect(fixture.jira.issues()[0].attachments.count == 1)
        }
    }

    @Test("A first upload looks for nothing")
    func firstUpload() async throws {
        try await run { fixture in
            let (team, session) = try await fixture.importSession([.make(1, attachments: [file("a.txt")])])
            _ = try await fixture.export(session, team: team)
            #expect(!fixture.jira.journal().contains { $0.method == "GET" && $0.path == "/rest/api/3/issue/PROJ-1" })
        }
    }

    @Test("A file that is larger than Jira takes is not sent, and becomes a manual fix")
    func tooLarge() async throws {
        try await run(uploadLimit: 1000) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, attachments: [file("large", [UInt8](repeating: 1, count: 1001)), file("fits")])
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(uploads(fixture).count == 1)
            #expect(try await fixture.fixes(of: session) == ["attachment_too_large large PROJ-1"])
        }
    }

    @Test("A file that Jira refuses becomes a manual fix", arguments: [400, 401, 403, 404, 413])
    func refused(_ status: Int) async throws {
        let refusal = ScriptedFault.Effect.answer(status: status, body: ["errorMessages": ["No."]])
        try await run([ScriptedFault(refusal, path: Self.path, limit: 1)]) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, attachments: [file("a.txt"), file("b.txt")])
            ])
            let messages = try await fixture.export(session, team: team)
            #expect(messages.last?.contains("export_complete") == true)
            #expect(try await fixture.fixes(of: session) == ["attachment_refused a.txt PROJ-1"])
            #expect(fixture.jira.issues()[0].attachments.map(\.filename) == ["b.txt"])
        }
    }

    @Test("A file of one ticket that must wait keeps no other from going on")
    func others() async throws {
        let lost = ScriptedFault(.dropBeforeCommit, path: "/rest/api/3/issue/PROJ-1/attachments", limit: 1)
        try await run([lost]) { fixture in
            let (team, session) = try await fixture.importSession([
                .make(1, attachments: [file("a.txt")]), .make(2, dependsOn: ["T1"], attachments: [file("b.txt")]),
            ])
            _ = try await fixture.export(session, team: team)
            let writes = fixture.jira.journal().filter { $0.writes && $0.path != "/rest/api/3/issue" }.map(\.path)
            #expect(writes.last == "/rest/api/3/issue/PROJ-1/attachments" && writes.count == 4)
            #expect(fixture.jira.links().count == 1)
        }
    }
}
