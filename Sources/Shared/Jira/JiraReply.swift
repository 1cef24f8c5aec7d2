package import Foundation

/// A value that Jira gave, with what the answer told besides.
package struct JiraReply<Value: Sendable>: Sendable {
    package let value: Value
    /// From the moment before the first byte of the body was written (for reads: before a connection was asked for)
    /// to the last byte of the answer.
    package let roundTrip: Duration
    /// When Jira answered, by its clock: the `Date` header.
    package let serverTime: Date?
    /// What the answer said about limits; `nil` when it said nothing.
    package let rateLimit: JiraRateLimit?
    /// What Atlassian's support asks for.
    package let requestID: String?

    package init(
        value: Value,
        roundTrip: Duration,
        serverTime: Date? = nil,
        rateLimit: JiraRateLimit? = nil,
        requestID: String? = nil
    ) {
        self.value = value
        self.roundTrip = roundTrip
        self.serverTime = serverTime
        self.rateLimit = rateLimit
        self.requestID = requestID
    }

    /// The same answer with another value.
    func map<Other: Sendable>(_ transform: (Value) -> Other) -> JiraReply<Other> {
        JiraReply<Other>(
            value: transform(value),
            roundTrip: roundTrip,
            serverTime: serverTime,
            rateLimit: rateLimit,
            requestID: requestID
        )
    }
}

/// One page of a list that is addressed by the position of its first element.
package struct JiraPage<Element: Sendable>: Sendable {
    package let values: [Element]
    package let startAt: Int
    /// How many there are in all, when Jira says so.
    package let total: Int?
    /// Where the next page begins; `nil` for the last one. A page without elements is always the last.
    package let next: Int?

    /// Reads `{startAt, total?, isLast?, <values>}`.
    /// - Parameters:
    ///   - names: the members that may hold the elements: the first one that is there counts.
    ///   - requested: what was asked for as `startAt`, should the answer not repeat it.
    init?(_ json: JiraJSON, names: [String], requested: Int, read: (JiraJSON) -> Element?) {
        guard let list = names.lazy.compactMap({ json[$0] }).first, let values = list.list(of: read) else { return nil }
        self.values = values
        startAt = json["startAt"]?.int ?? requested
        total = json["total"]?.int
        let end = startAt + values.count
        // `total` may be an estimate and `isLast` may be missing: either ends the list; so does, when neither is
        // there, a short page.
        let isLast =
            json["isLast"]?.bool
            ?? total.map { end >= $0 }
            ?? json["maxResults"]?.int.map { values.count < $0 }
            ?? true
        next = isLast || values.isEmpty ? nil : end
    }
}
