import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery

@Suite("The limit of looks at a status", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct LimitTests {
    @Test("Of many who look at once, one may; the others hear when the next look is due, session by session")
    func once() async throws {
        try await withDelivery { delivery in
            let session = SessionID()
            let waits = try await withThrowingTaskGroup(of: Duration?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await delivery.takeLook(atStatusOf: session, every: .seconds(60), patience: .seconds(10))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(waits.count { $0 == nil } == 1)
            #expect(waits.compactMap(\.self).allSatisfy { .milliseconds(1)...(.seconds(60)) ~= $0 })
            let other = try await delivery.takeLook(
                atStatusOf: SessionID(),
                every: .seconds(60),
                patience: .seconds(10)
            )
            #expect(other == nil)
        }
    }

    @Test("After the interval there is another look")
    func again() async throws {
        try await withDelivery { delivery in
            let session = SessionID()
            func look() async throws -> Duration? {
                try await delivery.takeLook(atStatusOf: session, every: .milliseconds(20), patience: .seconds(10))
            }
            #expect(try await look() == nil)
            // Ends when Redis's clock has gone on.
            while try await look() != nil {}
        }
    }
}
