/// The places in the record that hold secrets: whoever seals and whoever opens must name the same one.
extension SecretPlace {
    /// An integration's API token, or its grant of OAuth.
    /// - Parameter id: the integration's id in lower case.
    package static func integration(_ id: String) -> SecretPlace {
        SecretPlace(table: "integrations", column: "sealed_secret", row: id)
    }
}
