import Foundation
package import Logging
import NIOHTTP1

/// Tramline's registration at Atlassian, as its authorization server knows it.
package struct AtlassianApp: Sendable, CustomStringConvertible, CustomReflectable {
    package let clientID: String
    let clientSecret: String

    package init(clientID: String, clientSecret: String) {
        self.clientID = clientID
        self.clientSecret = clientSecret
    }

    package var description: String { clientID }
    package var customMirror: Mirror { Mirror(self, children: ["clientID": clientID]) }
}

/// Atlassian's authorization server for OAuth 2.0 (3LO), as an app with a secret speaks to it.
///
/// As with ``JiraClient``, a call is one request, sent at most once. A refresh token is used up by its request, so a call whose
/// ``JiraError/outcome`` is *uncertain* may have used it; Atlassian takes it once more within some minutes.
package struct AtlassianAuthorization: Sendable {
    private let app: AtlassianApp
    private let server: JiraSite
    private let gateway: JiraSite
    private let connections: JiraConnections
    private let logger: Logger

    /// - Parameters:
    ///   - serverURL: Atlassian's is `https://auth.atlassian.com`.
    ///   - gatewayURL: Atlassian's is `https://api.atlassian.com`.
    ///   - allowInsecure: allows `http` and private addresses: for tests, never for production.
    /// - Throws: ``JiraError`` with `.invalidRequest` when an address is not allowed.
    package init(
        app: AtlassianApp,
        serverURL: String,
        gatewayURL: String,
        connections: JiraConnections,
        allowInsecure: Bool = false,
        logger: Logger
    ) throws(JiraError) {
        self.app = app
        server = try JiraSite(baseURL: serverURL, allowInsecure: allowInsecure)
        gateway = try JiraSite(baseURL: gatewayURL, allowInsecure: allowInsecure)
        self.connections = connections
        self.logger = logger
    }

    /// Exchanges the code that a person's browser has brought.
    ///
    /// - Parameters:
    ///   - verifier: what the code was asked for with (PKCE); a server without PKCE ignores it.
    ///   - redirection: the address that the code was sent to.
    /// - Throws: ``JiraError``; ``JiraError/refusesGrant`` when the code is not good, or not any more.
    package func exchange(
        code: String,
        verifier: String,
        redirection: String
    ) async throws(JiraError) -> TokenPair {
        try await token(
            [
                "grant_type": "authorization_code", "code": .string(code), "code_verifier": .string(verifier),
                "redirect_uri": .string(redirection),
            ],
            spending: code
        )
    }

    /// Exchanges a refresh token for a new pair.
    ///
    /// - Parameter hook: called when the first byte is about to be written; when it throws, nothing is sent.
    /// - Throws: ``JiraError``; ``JiraError/refusesGrant`` when the person has taken the consent back, or the token was used up.
    package func refresh(
        _ refreshToken: String,
        onSend hook: @escaping @Sendable () throws -> Void
    ) async throws(JiraError) -> TokenPair {
        try await token(
            ["grant_type": "refresh_token", "refresh_token": .string(refreshToken)],
            spending: refreshToken,
            onSend: hook
        )
    }

    /// The sites that an access token opens.
    package func sites(accessToken: String) async throws(JiraError) -> [AccessibleSite] {
        let client = JiraClient(
            site: gateway,
            credential: .bearer(accessToken),
            connections: connections,
            logger: logger
        )
        let path = "/oauth/token/accessible-resources"
        return try await client.send(.get(path, path)) { $0.list { AccessibleSite($0) } }.value
    }

    /// Where requests to a site go.
    package func address(of site: AccessibleSite) -> String { "\(gateway.baseURL)/ex/jira/\(site.cloudID)" }

    private func token(
        _ members: [String: JiraJSON],
        spending secret: String,
        onSend hook: (@Sendable () throws -> Void)? = nil
    ) async throws(JiraError) -> TokenPair {
        var members = members
        members["client_id"] = .string(app.clientID)
        members["client_secret"] = .string(app.clientSecret)
        let call = JiraCall(
            name: "POST /oauth/token",
            method: .POST,
            path: "/oauth/token",
            body: .json(JiraJSON.object(members).encoded()),
            expected: 200...200,
            onlyReads: false
        )
        var client = JiraClient(
            site: server,
            credential: .none(hiding: secret),
            connections: connections,
            logger: logger
        )
        if let hook { client = client.onSend(hook) }
        return try await client.send(call) { TokenPair($0) }.value
    }
}

extension JiraError {
    /// Whether Atlassian's authorization server says that a code or a refresh token is good no more.
    ///
    /// By the word in the body alone: a 403 may also come from something between us and it.
    package var refusesGrant: Bool {
        [.rejected, .unauthenticated, .forbidden].contains(code)
            && ["invalid_grant", "unauthorized_client"].contains(word)
    }

    /// Whether it does not know the app, or not with this secret.
    package var refusesApp: Bool {
        !refusesGrant && (code == .unauthenticated || ["invalid_client", "access_denied"].contains(word))
    }
}
