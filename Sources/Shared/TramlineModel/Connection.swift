package import Foundation

/// Names a site at Atlassian, whatever its address.
package struct CloudID: UUIDIdentifier {
    package let rawValue: UUID
    package init(rawValue: UUID) { self.rawValue = rawValue }
}

/// What a job of kind `connect` works on: its payload. The secrets are in the consent's row, sealed.
package struct ConnectionOrder: Sendable, Equatable, Codable {
    package let consentId: ConsentID

    package init(consent: ConsentID) {
        self.consentId = consent
    }
}

/// An integration that a consent has made, or brought back into use.
package struct ConnectedSite: Sendable, Equatable, Codable {
    package let integrationId: IntegrationID
    /// The team's name for the site.
    package let site: String
    /// What browsers open.
    package let url: String
    /// Whether it is new.
    package let created: Bool

    package init(integrationId: IntegrationID, site: String, url: String, created: Bool) {
        self.integrationId = integrationId
        self.site = site
        self.url = url
        self.created = created
    }
}

/// What came of a consent: the result of a job of kind `connect`.
package struct ConnectedSites: Sendable, Equatable, Codable {
    /// At least one.
    package let integrations: [ConnectedSite]

    package init(_ integrations: [ConnectedSite]) {
        self.integrations = integrations
    }
}
