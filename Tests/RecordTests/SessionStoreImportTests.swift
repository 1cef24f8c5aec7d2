import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

@Suite("The import of a session", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct SessionStoreImportTests {
    @Test("All that a ticket says comes back as it went in, in the order of creation")
    func roundTrip() async throws {
        try await withRecord { record in
            let id = try await record.importSession(Self.rich).id
            let material = try #require(try await record.exports.load(id))
            #expect(material.session.name == "Sprint 12" && material.session.totalTickets == 3)
            #expect(material.integration.id == record.integration.id)
            // T2 needs T1, which was given last: so it is made after it.
            #expect(material.tickets.map(\.ref) == ["T1", "T2", "T3"])
            #expect(material.tickets.map(\.exportOrder) == [1, 2, 3])
            #expect(Set(material.tickets.map(\.marker)).count == 3)
            let ticket = material.tickets[1]
            #expect(ticket.content.title == "Second")
            #expect(ticket.content.descriptionHTML == "<p>\u{1F680} it's \\ \"quoted\"</p>")
            #expect(ticket.content.assignee == .email("ada@acme.example"))
            #expect(ticket.content.sprint == .name("37"))
            #expect(ticket.content.storyPoints == 2.5 && ticket.content.labels == ["a", "b \"c\""])
            #expect(ticket.content.fields == #"{"customfield_1": {"id": "7"}}"#)
            #expect(ticket.parent == .ticket(material.tickets[0].id))
            #expect(material.tickets[2].content.sprint == .number(37))
            #expect(material.tickets[2].parent == .key("PROJ-9"))
            #expect(material.dependencies.map(\.blocked) == [ticket.id])
            #expect(material.dependencies.map(\.blocker) == [material.tickets[0].id])
            #expect(material.tickets.allSatisfy { $0.status == .pending && $0.issue == nil })
        }
    }

    @Test("A file is stored in pieces of a megabyte and read back whole")
    func attachments() async throws {
        try await withRecord { record in
            let bytes = (0..<(1 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var draft = RecordFixture.draft(tickets: 1)
            draft.tickets[0].attachments = [
                .init(filename: "empty.txt", bytes: []),
                .init(filename: "big.bin", contentType: "image/png", bytes: bytes),
            ]
            let material = try #require(try await record.exports.load(try await record.importSession(draft).id))
            #expect(material.attachments.map(\.filename) == ["empty.txt", "big.bin"])
            #expect(material.attachments.map(\.size) == [0, bytes.count])
            let big = material.attachments[1]
            #expect(big.contentType == "image/png" && big.status == .pending)
            var read: [UInt8] = []
            var index = 0
            while let chunk = try await record.exports.chunk(index, of: big.id) {
                read += chunk
                index += 1
            }
            #expect(index == 2 && read == bytes)
        }
    }

    @Test("A site without an integration is refused, and nothing is stored")
    func unknownSite() async throws {
        try await withRecord { record in
            let draft = SessionDraft(
                site: "other",
                projectKey: "PROJ",
                tickets: RecordFixture.draft(tickets: 1).tickets
            )
            let error = await #expect(throws: RecordError.self) { try await record.importSession(draft) }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("integrations add") == true)
            let count = try await record.sessionCount()
            #expect(count == 0)
        }
    }

    @Test("The same key with the same body gives the same session; with another body it is refused")
    func idempotency() async throws {
        try await withRecord { record in
            let key = IdempotencyKey(key: "k", fingerprint: [1])
            let first = try await record.importSession(tickets: 2, idempotency: key)
            let second = try await record.importSession(tickets: 2, idempotency: key)
            #expect(first.isNew && !second.isNew)
            #expect(first.id == second.id && second.totalTickets == 2)
            let other = IdempotencyKey(key: "k", fingerprint: [2])
            let error = await #expect(throws: RecordError.self) { try await record.importSession(idempotency: other) }
            #expect(error?.code == .fingerprintMismatch)
            #expect(try await record.sessionCount() == 1)
            // Without a key every import is a session of its own.
            let (one, another) = (try await record.importSession(), try await record.importSession())
            #expect(one.id != another.id)
        }
    }

    @Test("Of two imports with one key at once, one stores the session and both get it")
    func race() async throws {
        try await withRecord { record in
            let key = IdempotencyKey(key: "k", fingerprint: [1])
            let imported = try await withThrowingTaskGroup(of: ImportedSession.self) { group in
                for _ in 0..<6 { group.addTask { try await record.importSession(tickets: 30, idempotency: key) } }
                return try await group.reduce(into: [ImportedSession]()) { $0.append($1) }
            }
            #expect(imported.count { $0.isNew } == 1)
            #expect(Set(imported.map(\.id)).count == 1)
            #expect(try await record.sessionCount() == 1)
            let tickets: Int = try await record.pool.query("SELECT count(*) FROM tickets").scalar()
            #expect(tickets == 30)
        }
    }

    /// Three tickets, given as T2, T3, T1.
    private static let rich = SessionDraft(
        name: "Sprint 12",
        site: "acme",
        projectKey: "PROJ",
        tickets: [
            .init(
                ref: "T2",
                content: TicketContent(
                    title: "Second",
                    descriptionHTML: "<p>\u{1F680} it's \\ \"quoted\"</p>",
                    assignee: .email("ada@acme.example"),
                    sprint: .name("37"),
                    storyPoints: 2.5,
                    labels: ["a", "b \"c\""],
                    fields: #"{"customfield_1": {"id": "7"}}"#
                ),
                parent: .ref("T1"),
                dependsOn: ["T1"],
                exportOrder: 2
            ),
            .init(
                ref: "T3",
                content: TicketContent(title: "Third", sprint: .number(37)),
                parent: .key("PROJ-9"),
                exportOrder: 3
            ),
            .init(ref: "T1", content: TicketContent(title: "First", issueType: "Epic"), exportOrder: 1),
        ]
    )
}

extension RecordFixture {
    fileprivate func sessionCount() async throws -> Int {
        try await pool.query("SELECT count(*) FROM sessions").scalar()
    }
}
