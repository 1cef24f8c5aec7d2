/// An instant as the journal keeps it, twice: to measure with, and to compare with other logs.
package struct JournalTime: Sendable, Codable, Hashable {
    /// Microseconds since the simulator started, by a clock that never jumps.
    package let monotonic: Int
    /// Microseconds since 1970, by the machine's clock. The site's scripted clock skew is not in it.
    package let wall: Int

    enum CodingKeys: String, CodingKey {
        case monotonic = "monotonic_us"
        case wall = "wall_us"
    }
}

/// What the simulator saw of one request.
package struct JournalEntry: Sendable, Codable, Hashable {
    /// What a request does to the site, which decides whether the gate must space it.
    package enum Kind: String, Sendable, Codable {
        /// It changes something: creates, links, uploads, properties.
        case write
        /// It is a page of a search.
        case search
        /// It only reads.
        case read
    }

    /// How a request ended.
    package enum Outcome: String, Sendable, Codable {
        /// It is still being worked on.
        case open
        /// An answer was written.
        case answered
        /// The simulator closed the connection on purpose.
        case dropped
        /// The client closed the connection, or died, before an answer.
        case abandoned
    }

    /// 1 for the first request, growing by one in the order of arrival.
    package let sequence: Int
    /// The site's name.
    package let site: String
    /// The verb.
    package let method: String
    /// The path below the site's root, without the query.
    package let path: String
    /// The query as sent, without `?`; empty when there was none.
    package let query: String
    /// What it does.
    package let kind: Kind
    /// Whether it writes: ``Kind/write``.
    package let writes: Bool
    /// When the head had arrived.
    package let arrived: JournalTime
    /// When the whole body had arrived.
    package internal(set) var bodyComplete: JournalTime?
    /// When the answer began to be written, or the connection was closed.
    package internal(set) var ended: JournalTime?
    /// The answer's status code; nil when there was none.
    package internal(set) var status: Int?
    /// How it ended.
    package internal(set) var outcome: Outcome = .open
    /// The scripted fault it met, by its name.
    package internal(set) var fault: String?
    /// Requests being worked on at this site when it arrived, itself included: 1 is "alone".
    package let inFlight: Int
    /// The key of the issue it made.
    package internal(set) var issueKey: String?
    /// The id of the issue it made.
    package internal(set) var issueID: String?
    /// The marker in the created issue's `tramline` property.
    package internal(set) var marker: String?
    /// The summary it asked for, of a create.
    package internal(set) var title: String?
    /// What the answer did not tell: where a document was not valid.
    package internal(set) var detail: String?
    /// The account that asked; nil when anonymous.
    package internal(set) var account: String?
    /// What it brought; nil where bodies are not journaled.
    package internal(set) var requestBody: JournalBody?
    /// What was answered; nil where bodies are not journaled, and where there was no whole answer.
    package internal(set) var responseBody: JournalBody?

    enum CodingKeys: String, CodingKey {
        case sequence, site, method, path, query, kind, writes, arrived, ended, status, outcome, fault, marker, title,
            account,
            detail
        case bodyComplete = "body_complete"
        case inFlight = "in_flight"
        case issueKey = "issue_key"
        case issueID = "issue_id"
        case requestBody = "request_body"
        case responseBody = "response_body"
    }
}

/// A body as the journal keeps it.
package struct JournalBody: Sendable, Codable, Hashable {
    /// The header field `Content-Type`.
    package let type: String?
    /// How many bytes it had.
    package let size: Int
    /// The whole of it; nil when it was larger than what is kept, or no text.
    package let text: String?

    init(type: String?, _ bytes: [UInt8], limit: Int) {
        self.type = type
        size = bytes.count
        text = bytes.count <= limit ? String(validating: bytes, as: UTF8.self) : nil
    }
}
