import Foundation
import Record
import Secrets
import TramlineModel

/// Sends people to Atlassian for their consent: the API's half of OAuth 2.0 (3LO). It speaks to nobody but the record; the code
/// that a browser brings back is exchanged by a worker.
struct ConsentDesk: Sendable {
    struct Configuration: Sendable {
        /// Tramline's app at Atlassian.
        let clientID: String
        /// Atlassian's authorization server.
        let serverURL: URL
        /// Where browsers reach this API.
        let publicURL: URL
    }

    /// A consent that was begun.
    struct Begun: Sendable {
        /// Where the person's browser is to go. It holds the state: whoever has it may finish this consent, once.
        let address: String
        let lifetime: Duration
    }

    /// How long a person may take.
    static let lifetime = Duration.seconds(600)
    /// The longest code that is taken. Atlassian promises nothing on its form, and some are JWTs.
    static let longestCode = 8192

    /// What Tramline asks for: issues and people, and boards with their sprints, which have scopes of their own. Without
    /// `offline_access` nothing could be renewed.
    static let scopes = [
        "read:jira-work", "write:jira-work", "read:jira-user", "read:board-scope:jira-software", "read:project:jira",
        "read:sprint:jira-software", "offline_access",
    ]

    let configuration: Configuration
    let consents: ConsentStore
    let box: SecretBox

    /// Where Atlassian sends the browser back to: registered with the app, and never taken from a request.
    var redirection: String { configuration.publicURL.absoluteString + Endpoint.finishConsent.path }

    /// Begins a consent for a team.
    func begin(for team: TeamID, by actor: AuditActor) async throws -> Begun {
        let (state, verifier) = (OneTimeSecret.make(), OneTimeSecret.make())
        let id = ConsentID()
        try await consents.begin(
            Consent(
                id: id,
                team: team,
                actor: actor,
                sealedVerifier: try box.seal(verifier.text, in: .verifier(ofConsent: "\(id)")),
                redirection: redirection
            ),
            state: state.hash,
            lifetime: Self.lifetime
        )
        return Begun(address: address(state, verifier), lifetime: Self.lifetime)
    }

    /// What came back with a browser.
    enum Returned: Sendable {
        case code(String)
        /// Atlassian's word for why there is none.
        case refusal(String)
    }

    /// Uses a state up, and records the job that exchanges the code.
    ///
    /// - Returns: The consent and its job, which is `nil` where there is nothing to exchange; `nil` for a state that is unknown,
    ///   used or too old.
    func redeem(_ state: OneTimeSecret, _ returned: Returned) async throws -> (Consent, Job?)? {
        try await consents.redeem(state: state.hash) { [box] id in
            guard case .code(let code) = returned else { return nil }
            return try box.seal(Secret(code), in: .code(ofConsent: "\(id)"))
        }
    }

    private func address(_ state: OneTimeSecret, _ verifier: OneTimeSecret) -> String {
        let members = [
            ("audience", "api.atlassian.com"), ("client_id", configuration.clientID),
            ("scope", Self.scopes.joined(separator: " ")), ("redirect_uri", redirection),
            ("state", state.text.reveal()), ("response_type", "code"), ("prompt", "consent"),
            // A server that does not offer PKCE ignores what it does not know (RFC 6749, section 3.1).
            ("code_challenge", verifier.challenge), ("code_challenge_method", "S256"),
        ]
        let query = members.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        return "\(configuration.serverURL.absoluteString)/authorize?\(query)"
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}
