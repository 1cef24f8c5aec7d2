import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import Secrets
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("Files that are sent by themselves", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct AttachmentTests {
    static func path(_ session: SessionID, _ name: String = "plan.pdf", ref: String = "T1") -> String {
        "/api/sessions/\(session)/tickets/\(ref)/attachments/\(name)"
    }

    private func put(
        _ client: any TestClientProtocol,
        _ api: APIFixture,
        _ path: String,
        _ bytes: [UInt8],
        _ headers: HTTPFields = [.contentType: "application/pdf"]
    ) async throws -> TestResponse {
        try await client.execute(
            uri: path,
            method: .put,
            headers: api.headers(headers),
            body: ByteBuffer(bytes: bytes)
        )
    }

    @Test("A new file answers 201, one under the same name 200, and the newest is what the export sends")
    func storing() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            // Two whole pieces and a part of one.
            let large = (0..<(2 << 20) + 77).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            try await api.application.test(.router) { client in
                let first = try await put(client, api, Self.path(session), large)
                #expect(first.status == .created)
                let stored = try first.json
                #expect(
                    Set(stored.keys) == [
                        "session_id", "ticket_ref", "filename", "content_type", "size_bytes", "sha256",
                    ]
                )
                #expect(stored["session_id"]?.string == "\(session)")
                #expect(stored["ticket_ref"]?.string == "T1")
                #expect(stored["filename"]?.string == "plan.pdf")
                #expect(stored["content_type"]?.string == "application/pdf")
                #expect(stored["size_bytes"]?.integer == Int64(large.count))
                #expect(stored["sha256"]?.string == Digest.sha256(large).map { String(format: "%02x", $0) }.joined())
                #expect(try await api.files(of: session) == ["plan.pdf": large])

                let second = try await put(client, api, Self.path(session), Array("short".utf8))
                #expect(second.status == .ok)
                #expect(try second.json["size_bytes"]?.integer == 5)
                #expect(try await api.files(of: session) == ["plan.pdf": Array("short".utf8)])
                #expect(try await api.uploads() == 0)
            }
        }
    }

    @Test("Names and refs are percent-encoded; a file without a type is of unknown bytes; an empty file is a file")
    func names() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1, ref: { "a/b \($0)" })
            try await api.application.test(.router) { client in
                let path = Self.path(session, "Pl%C3%A4ne%20%231%3F.txt", ref: "a%2Fb%201")
                let answer = try await put(client, api, path, [], [:])
                #expect(answer.status == .created)
                #expect(try answer.json["filename"]?.string == "Pläne #1?.txt")
                #expect(try answer.json["ticket_ref"]?.string == "a/b 1")
                #expect(try answer.json["content_type"]?.string == "application/octet-stream")
                #expect(try await api.files(of: session) == ["Pläne #1?.txt": []])
            }
        }
    }

    struct Refusal: CustomTestStringConvertible {
        let testDescription: String
        var name = "plan.pdf"
        var ref = "T1"
        var headers: HTTPFields = [:]
        let status: HTTPResponse.Status
        let code: String
    }

    @Test(
        "What cannot be a file is refused, and nothing of it is kept",
        arguments: [
            Refusal(testDescription: "an unknown ref", ref: "T9", status: .notFound, code: "ticket_not_found"),
            Refusal(
                testDescription: "a path",
                name: "..%2Fx",
                status: .unprocessableContent,
                code: "invalid_filename"
            ),
            Refusal(
                testDescription: "a line break",
                name: "a%0Ab",
                status: .unprocessableContent,
                code: "invalid_filename"
            ),
            Refusal(
                testDescription: "256 characters",
                name: String(repeating: "x", count: 256),
                status: .unprocessableContent,
                code: "invalid_filename"
            ),
            Refusal(testDescription: "no UTF-8", name: "a%FFb", status: .badRequest, code: "invalid_parameter"),
            Refusal(testDescription: "U+0000", name: "a%00b", status: .badRequest, code: "invalid_parameter"),
            Refusal(
                testDescription: "no media type",
                headers: [.contentType: "pdf"],
                status: .badRequest,
                code: "invalid_parameter"
            ),
            Refusal(
                testDescription: "a part of a file",
                headers: [.contentRange: "bytes 0-1/9"],
                status: .badRequest,
                code: "invalid_parameter"
            ),
            Refusal(
                testDescription: "a packed file",
                headers: [.contentEncoding: "gzip"],
                status: .unsupportedMediaType,
                code: "unsupported_media_type"
            ),
        ]
    )
    func refused(_ refusal: Refusal) async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.application.test(.router) { client in
                let path = Self.path(session, refusal.name, ref: refusal.ref)
                let answer = try await put(client, api, path, [1], refusal.headers)
                #expect(answer.status == refusal.status)
                #expect(try answer.error().code == refusal.code)
                #expect(try await api.files(of: session).isEmpty)
                #expect(try await api.uploads() == 0)
            }
        }
    }

    @Test("Another team's session is not there")
    func otherTeam() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            let (_, key) = try await APIFixture.makeTeam("other", api.backend.pool)
            try await api.application.test(.router) { client in
                let answer = try await client.execute(
                    uri: Self.path(session),
                    method: .put,
                    headers: [.authorization: "Bearer \(key)"],
                    body: ByteBuffer(string: "x")
                )
                #expect(answer.status == .notFound)
                #expect(try answer.error().code == "session_not_found")
            }
        }
    }

    @Test("A ticket has twenty files at most; replacing one of them is no file more")
    func tooMany() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.application.test(.router) { client in
                for number in 1...ImportLimits.attachments {
                    let answer = try await put(client, api, Self.path(session, "\(number)"), [1])
                    #expect(answer.status == .created)
                }
                let more = try await put(client, api, Self.path(session, "more"), [1])
                #expect(more.status == .unprocessableContent)
                #expect(try more.error().code == "too_many_attachments")
                #expect(try await put(client, api, Self.path(session, "20"), [2]).status == .ok)
                #expect(try await api.files(of: session).count == ImportLimits.attachments)
            }
        }
    }

    @Test("During an export 409, after it 422, and for a ticket that is in Jira 422 with its key")
    func states() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport(tickets: 2)
            try await api.application.test(.router) { client in
                let running = try await put(client, api, Self.path(session), [1])
                #expect(running.status == .conflict)
                #expect(try running.error().code == "export_running")

                let store = api.backend.sessions
                let tickets = try await api.backend.exports.tickets(of: session, on: api.backend.pool)
                let fault = Fault(category: .temporary, code: "x", userMessage: "It broke.", recoveryActions: [])
                try await api.backend.pool.withTransaction { connection in
                    try await api.backend.exports.markExported(
                        tickets[0].id,
                        as: ExportedIssue(id: "1", key: "PROJ-1", url: "https://acme.example/browse/PROJ-1"),
                        on: connection
                    )
                    try await store.failExport(session, at: 2, fault: fault, on: connection)
                }
                let exported = try await put(client, api, Self.path(session), [1])
                #expect(exported.status == .unprocessableContent)
                #expect(try exported.error().code == "ticket_already_exported")
                #expect(try exported.error().userMessage.contains("PROJ-1"))
                // The other ticket's files are still to be sent by a retry.
                #expect(try await put(client, api, Self.path(session, ref: "T2"), [1]).status == .created)

                try await api.complete(session, job)
                let completed = try await put(client, api, Self.path(session, ref: "T2"), [1])
                #expect(completed.status == .unprocessableContent)
                #expect(try completed.error().code == "session_already_exported")
            }
        }
    }

    @Test("More than the limit is refused: unread where it is announced, else as soon as it is too much")
    func tooLarge() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "PUT \(Self.path(session)) HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                            + "Content-Length: \(ImportLimits.uploadBytes + 1)\r\nExpect: 100-continue\r\n\r\n"
                    )
                    #expect(try await client.readHead().status == 413)
                }
                // As much as the limit is worth asking for.
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "PUT \(Self.path(session)) HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                            + "Content-Length: \(ImportLimits.uploadBytes)\r\nExpect: 100-continue\r\n\r\n"
                    )
                    #expect(try await client.readHead().status == 100)
                }
            }
            let uploads = UploadStore(pool: api.backend.pool)
            let upload = try await uploads.begin(
                session: session,
                team: api.team,
                ref: "T1",
                filename: "x",
                contentType: "text/plain"
            )
            var receiver = UploadReceiver(upload: upload, uploads: uploads, limit: 10)
            let body = RequestBody(buffer: ByteBuffer(repeating: 1, count: 11))
            let error = await #expect(throws: APIError.self) { try await receiver.receive(body, announced: nil) }
            #expect(error?.status == .contentTooLarge)
        }
    }

    @Test(
        "A body that is cut off leaves nothing, and the former file stays",
        arguments: ["Content-Length: 3145728", "Transfer-Encoding: chunked"]
    )
    func cutOff(length: String) async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "PUT \(Self.path(session)) HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\nContent-Length: 2\r\n"
                            + "\r\nok"
                    )
                    #expect(try await client.readHead().status == 201)
                }
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "PUT \(Self.path(session)) HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n\(length)\r\n\r\n"
                    )
                    if length.contains("chunked") { try await client.send("180000\r\n") }
                    try await client.send([UInt8](repeating: 7, count: 0x180000))
                    client.finish()
                    let head = try await client.readHead()
                    #expect(head.status == 400)
                }
            }
            #expect(try await api.files(of: session) == ["plan.pdf": Array("ok".utf8)])
            #expect(try await api.uploads() == 0)
        }
    }

    @Test("While a slow client sends, no transaction is open: an export starts, and the file comes too late for it")
    func slowClient() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            let pool = api.backend.pool
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "PUT \(Self.path(session)) HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                            + "Content-Length: 1048577\r\n\r\n"
                    )
                    try await client.send([UInt8](repeating: 7, count: 1 << 20))
                    while try await pool.query("SELECT count(*) FROM upload_chunks").scalar(as: Int.self) == 0 {
                        await Task.yield()
                    }
                    let open = try await pool.query(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%'
                        """
                    ).scalar(as: Int.self)
                    #expect(open == 0)
                    #expect(try await api.files(of: session).isEmpty)
                    _ = try await api.backend.sessions.startExport(
                        of: session,
                        team: api.team,
                        actor: .commandLine,
                        maximumAttempts: 1
                    )
                    try await client.send([7])
                    #expect(try await client.readHead().status == 409)
                }
            }
            #expect(try await api.files(of: session).isEmpty)
            #expect(try await api.uploads() == 0)
        }
    }
}

extension APIFixture {
    /// The stored files of a session by name, as an export would read them.
    func files(of session: SessionID) async throws -> [String: [UInt8]] {
        guard let material = try await backend.exports.load(session) else { return [:] }
        var files: [String: [UInt8]] = [:]
        for file in material.attachments {
            var bytes: [UInt8] = []
            var index = 0
            while let piece = try await backend.exports.chunk(index, of: file.id) {
                bytes += piece
                index += 1
            }
            #expect(bytes.count == file.size)
            files[file.filename] = bytes
        }
        return files
    }

    /// How many files are on their way in.
    func uploads() async throws -> Int {
        try await backend.pool.query(
            "SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM upload_chunks)"
        ).scalar()
    }
}
