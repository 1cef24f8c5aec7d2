import Foundation
import Jira
import Synchronization
import Testing

@Suite("Attaching", .timeLimit(.minutes(1)))
struct UploadTests {
    private let attached = HTTP.answer(200, #"[{"id":"10001","filename":"a.txt","size":5,"mimeType":"text/plain"}]"#)

    /// The parts of a form with one part.
    private func parts(_ request: ScriptedServer.Received) throws -> (head: String, body: [UInt8]) {
        let type = try #require(request.header("Content-Type"))
        #expect(type.hasPrefix("multipart/form-data; boundary="))
        let boundary = type.dropFirst("multipart/form-data; boundary=".count)
        let head = "--\(boundary)\r\n"
        let tail = "\r\n--\(boundary)--\r\n"
        #expect(request.body.starts(with: head.utf8))
        #expect(request.body.suffix(tail.utf8.count).elementsEqual(tail.utf8))
        let part = request.body.dropFirst(head.utf8.count).dropLast(tail.utf8.count)
        let gap = try #require(part.firstRange(of: Array("\r\n\r\n".utf8)))
        return (String(decoding: part[..<gap.lowerBound], as: UTF8.self), Array(part[gap.upperBound...]))
    }

    @Test("A file in memory goes as the part `file`, with the header that Jira insists on")
    func memory() async throws {
        try await withClient(of: [.answer(attached)]) { client, server in
            let upload = JiraUpload(
                filename: "a \"b\"\r\nX: ü.txt",
                contentType: "text/plain",
                bytes: Array("hello".utf8)
            )
            let reply = try await client.attach(upload, toIssue: "P-1")
            #expect(reply.value.first?.id == "10001")
            #expect(reply.value.first?.size == 5)
            let request = try #require(server.received.first)
            #expect(request.requestLine == "POST /rest/api/3/issue/P-1/attachments HTTP/1.1")
            #expect(request.header("X-Atlassian-Token") == "no-check")
            let (head, body) = try parts(request)
            #expect(
                head
                    == "Content-Disposition: form-data; name=\"file\"; filename=\"a %22b%22%0D%0AX: ü.txt\"\r\nContent-Type: text/plain"
            )
            #expect(body == Array("hello".utf8))
        }
    }

    @Test("An empty file, and a type that is none")
    func empty() async throws {
        try await withClient(of: [.answer(attached)]) { client, server in
            _ = try await client.attach(
                JiraUpload(filename: "e", contentType: "a/b\r\nX: y", bytes: []),
                toIssue: "P-1"
            )
            let (head, body) = try parts(try #require(server.received.first))
            #expect(head.hasSuffix("Content-Type: application/octet-stream"))
            #expect(body.isEmpty)
        }
    }

    @Test("A large file is asked for no faster than it is sent")
    func streaming() async throws {
        try await withClient(of: [.answer(attached)]) { client, server in
            let asked = Mutex(0)
            let sequence = AsyncThrowingStream<[UInt8], any Error>(unfolding: {
                let number = asked.withLock { count in
                    defer { count += 1 }
                    return count
                }
                return number < 64 ? [UInt8](repeating: UInt8(number), count: 65_536) : nil
            })
            let upload = JiraUpload(filename: "big", byteCount: 64 * 65_536, chunks: sequence)
            _ = try await client.attach(upload, toIssue: "P-1")
            let (_, body) = try parts(try #require(server.received.first))
            #expect(body.count == 64 * 65_536)
            #expect((0..<64).allSatisfy { body[$0 * 65_536] == UInt8($0) })
        }
    }

    @Test("A file of another length than it says attaches nothing", arguments: [-1, 1])
    func wrongLength(_ difference: Int) async throws {
        try await withClient(of: [.answer(attached)]) { client, server in
            let sequence = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield(Array("hello".utf8))
                continuation.finish()
            }
            let upload = JiraUpload(filename: "a", byteCount: 5 + difference, chunks: sequence)
            let error = try await failure { () throws(JiraError) in try await client.attach(upload, toIssue: "P-1") }
            #expect(error.code == .invalidRequest)
            #expect(error.outcome == .uncertain)
            #expect(server.received.allSatisfy { !$0.isWhole })
        }
    }

    @Test("A source that fails ends the request, and its error is the cause")
    func failingSource() async throws {
        try await withClient(of: [.answer(attached)]) { client, server in
            let sequence = AsyncThrowingStream<[UInt8], any Error> { $0.finish(throwing: Unexpected("unreadable")) }
            let upload = JiraUpload(filename: "a", byteCount: 5, chunks: sequence)
            let error = try await failure { () throws(JiraError) in try await client.attach(upload, toIssue: "P-1") }
            #expect(error.cause is Unexpected)
            #expect(server.received.allSatisfy { !$0.isWhole })
        }
    }

    @Test("A refusal before the file is whole is the answer")
    func earlyRefusal() async throws {
        let refusal = HTTP.answer(413, #"{"errorMessages":["too large"],"errors":{}}"#)
        try await withClient(of: [.answerThenClose(refusal)]) { client, _ in
            let error = try await failure { () throws(JiraError) in
                try await client.attach(JiraUpload(filename: "a", bytes: [1, 2, 3]), toIssue: "P-1")
            }
            #expect(error.code == .tooLarge)
            #expect(error.outcome == .refused)
        }
    }

    @Test("The files of an issue")
    func listing() async throws {
        let body =
            #"{"id":"1","key":"P-1","fields":{"attachment":[{"id":"7","filename":"a","size":3,"created":"2026-02-11T09:41:22.104+0100"}]}}"#
        try await withClient(of: [.answer(HTTP.answer(200, body))]) { client, server in
            let files = try await client.attachments(ofIssue: "P-1").value
            #expect(files.map(\.id) == ["7"])
            #expect(server.received.first?.requestLine == "GET /rest/api/3/issue/P-1?fields=attachment HTTP/1.1")
        }
    }
}
