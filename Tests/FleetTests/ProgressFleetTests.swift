import Foundation
import TestEquipment
import Testing

@Suite("A fleet that is listened to", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct ProgressFleetTests {
    /// Checks what every listener must have heard: a snapshot, then each later message once and in order, then the end.
    private func check(
        _ stream: HeardStream,
        tickets: Int,
        after start: Int64? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let first = try #require(stream.messages.first, sourceLocation: sourceLocation)
        if let start {
            try #require(!first.isSnapshot && first.sequence == start + 1, sourceLocation: sourceLocation)
        } else {
            try #require(first.isSnapshot && first.totalTickets == tickets, sourceLocation: sourceLocation)
        }
        for (earlier, later) in zip(stream.messages, stream.messages.dropFirst()) where !later.isSnapshot {
            try #require(later.sequence == earlier.sequence + 1, sourceLocation: sourceLocation)
        }
        let completed = stream.messages.compactMap(\.ticketsCompleted)
        try #require(completed == completed.sorted(), sourceLocation: sourceLocation)
        let last = try #require(stream.messages.last, sourceLocation: sourceLocation)
        try #require(last.type == "export_complete" && last.ticketsCreated == tickets, sourceLocation: sourceLocation)
        try #require(stream.messages.count { $0.isEnd } == 1, sourceLocation: sourceLocation)
        try #require(stream.closeCode == 1000, sourceLocation: sourceLocation)
    }

    @Test("A client that connects in the middle gets the snapshot, each later message once, and the end")
    func middle() async throws {
        try await Fleet.run { fleet in
            let session = try await fleet.export("M", count: 14)
            try await fleet.creates(6)
            let stream = try await ProgressClient.listen(port: fleet.port, session: session, key: fleet.key)
            try check(stream, tickets: 14)
            let first = try #require(stream.messages.first)
            try #require(try #require(first.ticketsCompleted) >= 4)
            // Whoever was cut off resumes where it was, also after the end.
            let resumed = try await ProgressClient.listen(
                port: fleet.port,
                session: session,
                key: fleet.key,
                after: first.sequence
            )
            try check(resumed, tickets: 14, after: first.sequence)
            let same = stream.messages.dropFirst().filter { !$0.isSnapshot }
            try #require(resumed.messages == Array(same))
        }
    }

    @Test("Two hundred clients at once hear the same")
    func crowd() async throws {
        try await Fleet.run { fleet in
            let session = try await fleet.export("C", count: 30)
            try await fleet.creates(2)
            let streams = try await withThrowingTaskGroup(of: HeardStream.self) { group in
                for _ in 0..<200 {
                    group.addTask { [port = fleet.port, key = fleet.key] in
                        try await ProgressClient.listen(port: port, session: session, key: key)
                    }
                }
                return try await group.reduce(into: [HeardStream]()) { $0.append($1) }
            }
            try #require(streams.count == 200)
            for stream in streams { try check(stream, tickets: 30) }
            try fleet.checkSite(issues: 30)
        }
    }
}
