/// Atlassian's authorization server, as a simulator plays it.
package struct AuthorizationConfiguration: Sendable {
    /// The one app that is registered.
    package var clientID: String
    package var clientSecret: String
    /// Whose consent it gets; nil for the first user of the first site.
    package var accountID: String?
    /// Whether that person consents.
    package var consents: Bool
    /// The names of the sites that the person lets the app enter; nil for all.
    package var sites: [String]?
    /// How long a code is good, in milliseconds. Default 5 minutes.
    package var codeLifetime: Int
    /// How long an access token is good, in milliseconds. Default an hour.
    package var accessLifetime: Int
    /// How long after its first use a refresh token may be used again, in milliseconds. Default 10 minutes.
    package var reuseLeeway: Int
    /// How long an unused refresh token is good, in milliseconds. Default 90 days.
    package var refreshLifetime: Int
    /// Whether a code that was asked for with a challenge needs its verifier.
    package var offersPKCE: Bool

    package init(
        clientID: String = "simulated-client",
        clientSecret: String = "simulated-client-secret",
        accountID: String? = nil,
        consents: Bool = true,
        sites: [String]? = nil,
        codeLifetime: Int = 300_000,
        accessLifetime: Int = 3_600_000,
        reuseLeeway: Int = 600_000,
        refreshLifetime: Int = 90 * 86_400_000,
        offersPKCE: Bool = true
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.accountID = accountID
        self.consents = consents
        self.sites = sites
        self.codeLifetime = codeLifetime
        self.accessLifetime = accessLifetime
        self.reuseLeeway = reuseLeeway
        self.refreshLifetime = refreshLifetime
        self.offersPKCE = offersPKCE
    }
}
