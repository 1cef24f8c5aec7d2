package import Foundation

/// An identifier that is a UUID in the record and on the wire, and never mixed up with another kind of identifier.
package protocol UUIDIdentifier: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible
where RawValue == UUID {
    init(rawValue: UUID)
}

extension UUIDIdentifier {
    /// Makes a new, random identifier (UUID version 4).
    package init() { self.init(rawValue: UUID()) }

    /// Reads the canonical 8-4-4-4-12 form, in either case.
    /// - Returns: `nil` for anything else.
    package init?(_ string: String) {
        guard let uuid = UUID(uuidString: string) else { return nil }
        self.init(rawValue: uuid)
    }

    /// The lower-case canonical form: the one on the wire, in Redis and in logs.
    package var description: String { rawValue.uuidString.lowercased() }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self.init(rawValue: try container.decode(UUID.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// An identifier that is a short text.
package protocol TextIdentifier: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible
where RawValue == String {
    init(rawValue: String)
}

extension TextIdentifier {
    package var description: String { rawValue }
}

/// Names a team: the owner of keys, integrations and sessions.
package struct TeamID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names an API key; not the key itself.
package struct KeyID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names an integration: a team's credential for one Jira site.
package struct IntegrationID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names a grant of OAuth: what a person lets Tramline do at Atlassian, as long as they do not take it back.
package struct GrantID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names a consent that a person is asked for at Atlassian.
package struct ConsentID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names a session: a set of tickets that are exported together.
package struct SessionID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names a ticket of a session.
package struct TicketID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names an attachment of a ticket.
package struct AttachmentID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names a job; clients know an export's job as its `task_id`.
package struct JobID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Names one create request to Jira, from the intention to its settled end.
package struct OperationID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// Marks a ticket in Jira: the same UUID in every create attempt, as an issue property and, where allowed, as a label.
package struct Marker: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }

    /// How every label that carries a marker begins.
    package static let labelPrefix = "tramline-"

    /// The label that carries the marker: no spaces, well under Jira's 255 characters.
    package var label: String { Self.labelPrefix + description }
}

/// Names one run of a worker process: new at each start, so that a restarted worker is never taken for the one that died.
package struct WorkerID: TextIdentifier {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// Names the one gate that all requests to a Jira site pass.
///
/// Made from the site's address and not from a team's name for it, so that two teams with the same site share its gate.
package struct SiteID: TextIdentifier {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Makes the identifier from the address that browsers use for the site: host, port where it is not the scheme's
    /// own, and path; case and a closing slash do not matter.
    /// - Returns: `nil` when the address has no host.
    package init?(address: String) {
        guard let parts = URLComponents(string: address), let host = parts.host, !host.isEmpty else { return nil }
        var name = host.lowercased()
        let usual = parts.scheme?.lowercased() == "http" ? 80 : 443
        if let port = parts.port, port != usual { name += ":\(port)" }
        let path = parts.path.split(separator: "/").joined(separator: "/")
        if !path.isEmpty { name += "/\(path)" }
        self.rawValue = name
    }
}

/// A number that grows by one with each claim of a job. A write that names an older epoch than the record's is refused.
package struct Epoch: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }
    package var description: String { String(rawValue) }
}
