package import Foundation

/// What a worker says of itself when it registers, for people who look for it.
package struct WorkerFacts: Sendable, Equatable, Codable {
    package let host: String
    package let pid: Int32
    package let version: String
    /// By the worker's own clock, to the second.
    package let startedAt: Date

    package init(host: String, pid: Int32, version: String, startedAt: Date) {
        self.host = host
        self.pid = pid
        self.version = version
        self.startedAt = Date(timeIntervalSince1970: startedAt.timeIntervalSince1970.rounded(.down))
    }

    /// As it lies in Redis.
    var text: String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        guard let bytes = try? encoder.encode(self) else {
            // Texts and numbers only: nothing in them that JSON could refuse.
            preconditionFailure("a worker's facts are JSON")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Returns: `nil` for what another release wrote in another way: nothing depends on it.
    init?(text: String) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        // Why it cannot be read is of no use to anybody.
        guard let facts = try? decoder.decode(WorkerFacts.self, from: Data(text.utf8)) else { return nil }
        self = facts
    }
}
