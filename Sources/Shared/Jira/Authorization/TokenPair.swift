/// An access token with what brings the next one. Its descriptions show neither.
package struct TokenPair: JiraReadable, CustomStringConvertible, CustomReflectable {
    package let accessToken: String
    /// `nil` when the app was not granted `offline_access`.
    package let refreshToken: String?
    /// How long the access token is good.
    package let lifetime: Duration
    package let scopes: [String]

    package init?(_ json: JiraJSON) {
        guard let access = json["access_token"]?.string, Self.isToken(access),
            let seconds = json["expires_in"]?.int, (1...31_536_000).contains(seconds)
        else { return nil }
        let refresh = json["refresh_token"]?.string
        guard refresh.map(Self.isToken) ?? true else { return nil }
        accessToken = access
        refreshToken = refresh
        lifetime = .seconds(seconds)
        scopes = json["scope"]?.string?.split(separator: " ").map(String.init) ?? []
    }

    /// Atlassian promises nothing on the form of its tokens; this much fits every header and our seal.
    private static func isToken(_ text: String) -> Bool {
        (1...32_768).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    package var description: String { "TokenPair(•••)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
