import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

@Suite("Files on their way in", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct UploadStoreTests {
    private static let hash = [UInt8](repeating: 1, count: 32)

    private func begin(_ record: RecordFixture, _ session: SessionID, _ name: String = "a") async throws -> Upload {
        try await UploadStore(pool: record.pool).begin(
            session: session,
            team: record.team,
            ref: "T1",
            filename: name,
            contentType: "text/plain"
        )
    }

    private func attachments(_ record: RecordFixture, _ session: SessionID) async throws -> [AttachmentRow] {
        try #require(try await record.exports.load(session)).attachments
    }

    @Test("Nobody sees a file before it is whole; then it has its former's place")
    func completes() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let store = UploadStore(pool: record.pool)
            for name in ["a", "b"] {
                let upload = try await begin(record, session, name)
                try await store.store([1, 2], at: 0, of: upload)
                #expect(try await store.complete(upload, size: 2, hash: Self.hash))
            }
            let upload = try await begin(record, session)
            try await store.store([3, 4, 5], at: 0, of: upload)
            #expect(try await attachments(record, session).map(\.size) == [2, 2])
            try await store.store([6], at: 1, of: upload)
            #expect(try await store.complete(upload, size: 4, hash: Self.hash) == false)
            let rows = try await attachments(record, session)
            #expect(rows.map(\.filename) == ["a", "b"])
            #expect(rows.map(\.size) == [4, 2])
            #expect(rows[0].id == upload.id)
            #expect(try await record.exports.chunk(1, of: upload.id) == [6])
            #expect(try await record.pool.query("SELECT count(*) FROM upload_chunks").scalar(as: Int.self) == 0)
            #expect(try await record.pool.query("SELECT count(*) FROM attachment_chunks").scalar(as: Int.self) == 3)
        }
    }

    @Test("A file of which a piece is missing is lost, and the former one stays", arguments: ["gap", "end", "swept"])
    func incomplete(what: String) async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let store = UploadStore(pool: record.pool)
            let former = try await begin(record, session)
            try await store.store([9], at: 0, of: former)
            _ = try await store.complete(former, size: 1, hash: Self.hash)

            let upload = try await begin(record, session)
            try await store.store([1, 2], at: what == "gap" ? 1 : 0, of: upload)
            if what == "swept" {
                try await record.pool.execute("UPDATE uploads SET active_at = now() - interval '1 hour'")
                #expect(try await store.removeAbandoned() == 1)
                await #expect(throws: UploadRefusal.lost) { try await store.store([3], at: 1, of: upload) }
            }
            await #expect(throws: UploadRefusal.lost) {
                try await store.complete(upload, size: what == "end" ? 3 : 2, hash: Self.hash)
            }
            #expect(try await attachments(record, session).map(\.id) == [former.id])
        }
    }

    @Test("The sweep takes what has been silent for long, and nothing that is still coming")
    func sweep() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let store = UploadStore(pool: record.pool)
            let silent = try await begin(record, session, "silent")
            let slow = try await begin(record, session, "slow")
            try await record.pool.execute("UPDATE uploads SET active_at = now() - interval '1 hour'")
            try await store.store([1], at: 0, of: slow)
            #expect(try await store.removeAbandoned() == 1)
            await #expect(throws: UploadRefusal.lost) { try await store.store([1], at: 0, of: silent) }
            #expect(try await store.complete(slow, size: 1, hash: Self.hash))
        }
    }
}
