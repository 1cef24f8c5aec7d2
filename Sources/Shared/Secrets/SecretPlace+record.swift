/// The places in the record that hold secrets: whoever seals and whoever opens must name the same one.
extension SecretPlace {
    /// An integration's API token.
    /// - Parameter id: the integration's id in lower case.
    package static func integration(_ id: String) -> SecretPlace {
        SecretPlace(table: "integrations", column: "sealed_secret", row: id)
    }

    /// The access token of a grant of OAuth.
    /// - Parameter id: the grant's id in lower case.
    package static func accessToken(ofGrant id: String) -> SecretPlace {
        SecretPlace(table: "oauth_grants", column: "sealed_access_token", row: id)
    }

    /// The refresh token of a grant of OAuth.
    package static func refreshToken(ofGrant id: String) -> SecretPlace {
        SecretPlace(table: "oauth_grants", column: "sealed_refresh_token", row: id)
    }

    /// What proves that whoever exchanges a consent's code has asked for it.
    /// - Parameter id: the consent's id in lower case.
    package static func verifier(ofConsent id: String) -> SecretPlace {
        SecretPlace(table: "oauth_consents", column: "sealed_verifier", row: id)
    }

    /// The code that Atlassian gave for a consent.
    package static func code(ofConsent id: String) -> SecretPlace {
        SecretPlace(table: "oauth_consents", column: "sealed_code", row: id)
    }
}
