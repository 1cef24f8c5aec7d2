import Foundation
import NIOCore
import NIOWebSocket
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("Connections", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ConnectionTests {
    private func code(_ client: inout RawConnection, _ head: RawConnection.Head) async throws -> String? {
        try JSONValue(parsing: Data(try await client.readBody(head).utf8))["error"]?["code"]?.string
    }

    struct Refusal: CustomTestStringConvertible {
        let testDescription: String
        var path: String?
        var hasKey = true
        let status: Int
        let code: String
    }

    @Test(
        "A refused WebSocket gets an answer like any other",
        arguments: [
            Refusal(testDescription: "no key", hasKey: false, status: 401, code: "unauthorized"),
            Refusal(testDescription: "no key, bad UUID", path: "x", hasKey: false, status: 401, code: "unauthorized"),
            Refusal(testDescription: "a bad UUID", path: "x", status: 400, code: "invalid_parameter"),
            Refusal(testDescription: "an unknown session", path: "\(UUID())", status: 404, code: "session_not_found"),
            Refusal(testDescription: "a negative after", path: "?after=-1", status: 400, code: "invalid_parameter"),
            Refusal(
                testDescription: "an after that is no number",
                path: "?after=x",
                status: 400,
                code: "invalid_parameter"
            ),
        ]
    )
    func refused(_ refusal: Refusal) async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    var path = refusal.path ?? "\(session)"
                    if path.hasPrefix("?") { path = "\(session)\(path)" }
                    let head = try await client.openProgress(path, headers: refusal.hasKey ? [api.authorization] : [])
                    #expect(head.status == refusal.status)
                    #expect(try await code(&client, head) == refusal.code)
                    #expect(head.headers["connection"]?.contains("close") == true)
                    #expect(try await client.isAtEnd())
                }
            }
        }
    }

    @Test("A connection serves one request after the other")
    func keepAlive() async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    for _ in 0..<3 {
                        try await client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                        let head = try await client.readHead()
                        #expect(head.status == 200)
                        #expect(try await client.readBody(head) == "{\"status\":\"ok\"}")
                    }
                    try await client.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    let head = try await client.readHead()
                    #expect(head.headers["connection"] == "close")
                    _ = try await client.readBody(head)
                    #expect(try await client.isAtEnd())
                }
            }
        }
    }

    struct Malformed: CustomTestStringConvertible {
        let testDescription: String
        let bytes: String
        var status = 400
    }

    @Test(
        "What is not HTTP is answered like any other fault, and the connection ends",
        arguments: [
            Malformed(testDescription: "garbage", bytes: "what is this?\r\n\r\n"),
            Malformed(
                testDescription: "garbage after a request",
                bytes: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n\u{1}\u{2}\r\n\r\n"
            ),
            Malformed(
                testDescription: "a head without end",
                bytes: "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "x", count: 200_000) + "\r\n\r\n",
                status: 431
            ),
            Malformed(
                testDescription: "a chunk without a length",
                bytes:
                    "POST /api/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: KEY\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nnonsense\r\n"
            ),
        ]
    )
    func malformed(_ malformed: Malformed) async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(malformed.bytes.replacing("KEY", with: "Bearer \(api.key)"))
                    var head = try await client.readHead()
                    if head.status == 200 {
                        _ = try await client.readBody(head)
                        head = try await client.readHead()
                    }
                    #expect(head.status == malformed.status)
                    #expect(head.headers["connection"] == "close")
                    #expect(try await code(&client, head) == "malformed_request")
                }
            }
        }
    }

    @Test("A browser sends its key as a subprotocol, and gets it back")
    func subprotocol() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    let head = try await client.openProgress(
                        "\(session)",
                        headers: ["Sec-WebSocket-Protocol: chat, bearer.\(api.key)"]
                    )
                    #expect(head.status == 101)
                    #expect(head.headers["sec-websocket-protocol"] == "bearer.\(api.key)")
                }
                try await RawConnection.open(port: port) { client in
                    let head = try await client.openProgress(
                        "\(session)",
                        headers: ["Sec-WebSocket-Protocol: bearer.nonsense"]
                    )
                    #expect(head.status == 401)
                }
            }
        }
    }

    @Test("A handshake that is not whole is told what is needed")
    func handshakes() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                let whole = [
                    "Host: x", api.authorization, "Connection: keep-alive, Upgrade", "Upgrade: websocket",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
                ]
                // Each lacks a header, or has another value for it.
                var broken = (2..<6).map { missing in whole.enumerated().filter { $0.offset != missing }.map(\.element)
                }
                for (place, header) in [(4, "Sec-WebSocket-Key: abc"), (5, "Sec-WebSocket-Version: 8")] {
                    var headers = whole
                    headers[place] = header
                    broken.append(headers)
                }
                for headers in broken {
                    try await RawConnection.open(port: port) { client in
                        let lines = ["GET /api/jira/export/progress/\(session) HTTP/1.1"] + headers
                        try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
                        let head = try await client.readHead()
                        #expect(head.status == 426)
                        #expect(head.headers["sec-websocket-version"] == "13")
                        #expect(try await code(&client, head) == "upgrade_required")
                    }
                }
                try await RawConnection.open(port: port) { client in
                    let lines = ["GET /api/jira/export/progress/\(session) HTTP/1.1"] + whole
                    try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
                    #expect(try await client.readHead().status == 101)
                }
            }
        }
    }

    @Test("Another upgrade than to a WebSocket is not taken, and the request is served")
    func otherUpgrades() async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "POST /api/sessions HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\nConnection: Upgrade\r\n"
                            + "Upgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                    )
                    let head = try await client.readHead()
                    #expect(head.status == 422)
                    #expect(try await code(&client, head) == "invalid_session")
                }
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                    )
                    #expect(try await client.readHead().status == 200)
                }
            }
        }
    }

    @Test("Bytes that come with the handshake are the WebSocket's")
    func eagerClient() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    let request =
                        "GET /api/jira/export/progress/\(session) HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                        + "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                    try await client.send(Array(request.utf8) + [0x89, 0x81, 0, 0, 0, 0, 7])
                    #expect(try await client.readHead().status == 101)
                    var opcodes: [WebSocketOpcode] = []
                    for _ in 0..<2 { opcodes.append(try #require(try await client.readFrame()).opcode) }
                    #expect(Set(opcodes) == [.text, .pong])
                }
            }
        }
    }

    @Test("A body that announces too much is refused unread, and the connection ends")
    func announcedBody() async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "POST /api/sessions HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                            + "Content-Type: application/json\r\nContent-Length: 20971520\r\nExpect: 100-continue\r\n\r\n"
                    )
                    let head = try await client.readHead()
                    #expect(head.status == 413)
                    #expect(head.headers["connection"] == "close")
                    #expect(try await code(&client, head) == "body_too_large")
                    // What it sends all the same is read, so that the answer is not lost.
                    for _ in 0..<20 { try await client.send([UInt8](repeating: 0x20, count: 1 << 20)) }
                    #expect(try await client.isAtEnd())
                }
            }
        }
    }

    @Test("A body that grows too long is refused on the way")
    func growingBody() async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "POST /api/sessions HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    )
                    let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 0x20, count: 1 << 20) + Array("\r\n".utf8)
                    for _ in 0..<20 { try await client.send(chunk) }
                    let head = try await client.readHead()
                    #expect(head.status == 413)
                    #expect(try await code(&client, head) == "body_too_large")
                }
            }
        }
    }

    @Test("A client that asks whether to send its body is told to")
    func expectation() async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "POST /api/sessions HTTP/1.1\r\nHost: x\r\n\(api.authorization)\r\n"
                            + "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
                    )
                    #expect(try await client.readHead().status == 100)
                    try await client.send("{}")
                    #expect(try await client.readHead().status == 422)
                }
            }
        }
    }

    @Test("Without a key a large body is refused before it is read")
    func strangersBody() async throws {
        try await APIFixture.run { api in
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    try await client.send(
                        "POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            + "Content-Length: 1000000\r\n\r\n"
                    )
                    let head = try await client.readHead()
                    #expect(head.status == 401)
                    #expect(head.headers["connection"] == "close")
                }
            }
        }
    }
}
