import Foundation
import NIOCore
import NIOWebSocket
import Record
import Synchronization
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
}
