package import Delivery
package import Record
import TramlineModel

/// Keeps tables and keys from growing for ever: the scheduler's housework.
package struct Upkeep: Sendable {
    /// How many rows of a sort one transaction takes: short enough for nobody to wait for it.
    private static let batch = 1000
    /// How many batches one run takes at most; the next run goes on.
    private static let batches = 200

    private let store: UpkeepStore
    private let delivery: Delivery
    private let retention: Retention

    package init(store: UpkeepStore, delivery: Delivery, retention: Retention) {
        self.store = store
        self.delivery = delivery
        self.retention = retention
    }

    /// Does what there is to do, in small portions.
    ///
    /// - Parameter mayGoOn: Asked between two portions.
    /// - Returns: How many rows and keys were dropped, by what they were.
    package func run(while mayGoOn: @Sendable () -> Bool) async throws -> [String: Int] {
        var dropped: [String: Int] = [:]
        for _ in 0..<Self.batches where mayGoOn() {
            let trimmed = try await store.trim(retention, batch: Self.batch)
            guard !trimmed.isEmpty else { break }
            dropped.merge(trimmed) { $0 + $1 }
            // Others come first: this has time.
            await Doorbell().sleep(until: .now + .milliseconds(50))
        }
        let tidied = try await delivery.tidy()
        if tidied.sites > 0 { dropped["sites"] = tidied.sites }
        if tidied.workers > 0 { dropped["workers"] = tidied.workers }
        return dropped
    }
}
