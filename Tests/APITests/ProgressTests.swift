import Delivery
import Foundation
import NIOCore
import NIOWebSocket
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("Progress", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ProgressTests {
    @Test("Who comes in the middle gets the snapshot, every later message once, and the end")
    func midway() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            for _ in 0..<5 { try await api.step(session, job) }
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    let head = try await client.openProgress("\(session)", headers: [api.authorization])
                    #expect(head.status == 101)
                    #expect(head.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                    let snapshot = try HeardMessage(try await client.readText())
                    #expect(snapshot.snapshot == true)
                    #expect(snapshot.sequence == 5)
                    #expect(snapshot.status == "exporting")
                    for _ in 0..<3 { try await api.step(session, job) }
                    try await api.complete(session, job)
                    let (texts, code) = try await client.readToClose()
                    #expect(try texts.map { try HeardMessage($0).sequence } == [6, 7, 8, 9])
                    #expect(try texts.last.map { try HeardMessage($0).type } == "export_complete")
                    #expect(code == 1000)
                    try await client.send(.connectionClose, [0x03, 0xE8])
                    #expect(try await client.isAtEnd())
                }
            }
        }
    }

    @Test("Stored messages are sent as they were stored, byte for byte")
    func verbatim() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            for _ in 0..<3 { try await api.step(session, job) }
            try await api.complete(session, job)
            let stored = try await api.backend.sessions.messages(of: session, after: 0, limit: 10).map(\.json)
            try await api.serve { port in
                let (all, code) = try await listen(port, api, "\(session)?after=0")
                #expect(all == stored)
                #expect(code == 1000)
                // Who comes when all is over gets the end message itself.
                let (last, _) = try await listen(port, api, "\(session)")
                #expect(last == stored.suffix(1))
                let (none, end) = try await listen(port, api, "\(session)?after=4")
                #expect(none.isEmpty)
                #expect(end == 1000)
            }
        }
    }

    /// Listens to the end.
    private func listen(_ port: Int, _ api: APIFixture, _ path: String) async throws -> (texts: [String], code: UInt16?)
    {
        try await RawConnection.open(port: port) { client in
            #expect(try await client.openProgress(path, headers: [api.authorization]).status == 101)
            return try await client.readToClose()
        }
    }

    @Test("Two hundred clients who come at any time all hear everything once")
    func crowd() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            try await api.serve { port in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            // Every third one resumes from the beginning.
                            let path = number % 3 == 0 ? "\(session)?after=0" : "\(session)"
                            let (texts, code) = try await listen(port, api, path)
                            let messages = try texts.map { try HeardMessage($0) }
                            let first = try #require(messages.first)
                            #expect(first.snapshot == (number % 3 == 0 || first.type != "export_progress" ? nil : true))
                            #expect(messages.map(\.sequence) == Array(first.sequence...51))
                            #expect(number % 3 != 0 || first.sequence == 1)
                            #expect(messages.last?.type == "export_complete")
                            #expect(code == 1000)
                        }
                    }
                    group.addTask {
                        for _ in 0..<50 { try await api.step(session, job) }
                        try await api.complete(session, job)
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("A listener who comes before the export waits for it")
    func early() async throws {
        try await APIFixture.run { api in
            let session = try await api.importSession(tickets: 1)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    _ = try await client.openProgress("\(session)", headers: [api.authorization])
                    let snapshot = try HeardMessage(try await client.readText())
                    #expect(snapshot.status == "ready")
                    guard
                        case .started(let job, _) = try await api.backend.sessions.startExport(
                            of: session,
                            team: api.team,
                            actor: .test,
                            maximumAttempts: 1
                        )
                    else {
                        Issue.record("a ready session can be exported")
                        return
                    }
                    try await api.step(session, job.id)
                    #expect(try HeardMessage(try await client.readText()).sequence == 1)
                }
            }
        }
    }

    @Test("Where messages were trimmed the snapshot comes instead")
    func trimmed() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            for _ in 0..<5 { try await api.step(session, job) }
            try await api.backend.pool.execute(
                "DELETE FROM progress_messages WHERE session_id = \(session) AND sequence <= 3"
            )
            try await api.serve { port in
                for (after, first) in [(1, 5), (3, 4), (99, 5)] as [(Int, Int64)] {
                    try await RawConnection.open(port: port) { client in
                        _ = try await client.openProgress("\(session)?after=\(after)", headers: [api.authorization])
                        let message = try HeardMessage(try await client.readText())
                        #expect(message.sequence == first)
                        #expect(message.snapshot == (first == 5 ? true : nil))
                    }
                }
            }
        }
    }

    @Test("A cancelled export ends the stream, though nothing was stored")
    func cancelled() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            try await api.step(session, job)
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    _ = try await client.openProgress("\(session)", headers: [api.authorization])
                    _ = try await client.readText()
                    try await api.backend.pool.withTransaction { connection in
                        try await api.backend.sessions.cancelExport(session, on: connection)
                    }
                    let (texts, code) = try await client.readToClose()
                    #expect(try texts.map { try HeardMessage($0).type } == ["export_failed"])
                    #expect(code == 1000)
                }
            }
        }
    }

    @Test("A wake that was lost delays a message, and no more")
    func lostWake() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            try await api.serve { port in
                try await RawConnection.open(port: port) { client in
                    _ = try await client.openProgress("\(session)", headers: [api.authorization])
                    _ = try await client.readText()
                    try await api.step(session, job, isPublished: false)
                    #expect(try HeardMessage(try await client.readText()).sequence == 1)
                }
            }
        }
    }

    @Test("Without Redis everything is heard all the same, and again at once when it is back")
    func redisAway() async throws {
        try await withPostgres(migrations: RecordMigrations.all) { pool in
            try await PrivateRedis.run { server in
                try await withRedisClient(url: server.url, commandTimeout: .milliseconds(200)) { redis in
                    let api = try await APIFixture(pool: pool, redis: redis, space: "away")
                    let (session, job) = try await api.startExport()
                    server.kill()
                    var relay = ProgressRelay.Configuration(lookInterval: .milliseconds(50))
                    relay.subscribeInterval = .milliseconds(50)
                    try await api.serve(relay: relay) { port in
                        try await RawConnection.open(port: port) { client in
                            _ = try await client.openProgress("\(session)", headers: [api.authorization])
                            #expect(try HeardMessage(try await client.readText()).snapshot == true)
                            try await api.step(session, job, isPublished: false)
                            #expect(try HeardMessage(try await client.readText()).sequence == 1)
                            try await server.restart()
                            try await api.step(session, job, isPublished: false)
                            #expect(try HeardMessage(try await client.readText()).sequence == 2)
                        }
                    }
                }
            }
        }
    }

    @Test("A client that does not read is given a new snapshot, and nobody else waits for it")
    func slow() async throws {
        try await APIFixture.run { api in
            let (session, job) = try await api.startExport()
            try await api.serve { port in
                try await RawConnection.open(port: port, receiveBufferBytes: 4096) { slow in
                    _ = try await slow.openProgress("\(session)", headers: [api.authorization])
                    _ = try await slow.readText()
                    let last = try await RawConnection.open(port: port) { quick in
                        _ = try await quick.openProgress("\(session)", headers: [api.authorization])
                        var sequence = try HeardMessage(try await quick.readText()).sequence
                        // 15 MB in all: more than the system keeps for a connection.
                        for _ in 0..<30 {
                            try await api.storePadded(session, job, count: 10, bytes: 50_000)
                            for _ in 0..<10 {
                                sequence += 1
                                #expect(try HeardMessage(try await quick.readText()).sequence == sequence)
                            }
                        }
                        return sequence
                    }
                    try await api.complete(session, job)
                    let messages = try await slow.readToClose().texts.map { try HeardMessage($0) }
                    var position: Int64 = 0
                    for message in messages {
                        #expect(
                            message.sequence == position + 1 || message.snapshot == true
                                || message.type == "export_complete"
                        )
                        position = message.sequence
                    }
                    #expect(position == last + 1)
                    #expect(messages.count < last)
                }
            }
        }
    }

    @Test("On a shutdown listeners are told to come again")
    func shutdown() async throws {
        try await APIFixture.run { api in
            let (session, _) = try await api.startExport()
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            let (heard, hear) = AsyncStream.makeStream(of: Void.self)
            async let served: Void = api.serve { number in
                port.yield(number)
                for await _ in heard {}
            }
            let number = try #require(await ports.first { _ in true })
            try await RawConnection.open(port: number) { client in
                _ = try await client.openProgress("\(session)", headers: [api.authorization])
                _ = try await client.readText()
                hear.finish()
                #expect(try await client.readToClose().code == 1001)
                try await client.send(.connectionClose, [0x03, 0xE9])
                #expect(try await client.isAtEnd())
            }
            try await served
        }
    }
}

extension APIFixture {
    /// Stores many large messages at once, and publishes the last.
    fileprivate func storePadded(_ session: SessionID, _ job: JobID, count: Int, bytes: Int) async throws {
        let padding = String(repeating: "x", count: bytes)
        let last = try await backend.pool.query(
            """
            WITH grown AS (
                UPDATE sessions SET progress_sequence = progress_sequence + \(count) WHERE id = \(session)
                RETURNING progress_sequence
            ), stored AS (
                INSERT INTO progress_messages (session_id, sequence, job_id, type, message)
                SELECT \(session), number, \(job), 'export_progress',
                       json_build_object('type', 'export_progress', 'sequence', number, 'status', 'exporting',
                                         'padding', \(padding)::text)::text
                FROM grown, generate_series(progress_sequence - \(count) + 1, progress_sequence) AS number
            )
            SELECT progress_sequence FROM grown
            """
        ).scalar(as: Int64.self)
        try await backend.delivery.publishProgress(session: session, sequence: last)
    }
}
