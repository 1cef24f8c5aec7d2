import Crypto
import Foundation
import HTTPTypes

/// Atlassian's authorization server: consent, codes, tokens. Pure: requests and times go in, answers come out.
///
/// - A code is good once and for a while, with the redirection address, and the verifier, that it was asked for with.
/// - A refresh token is exchanged for a new pair. Used again within the leeway it gives another pair, later it ends the whole grant.
/// - Times are milliseconds since 1970.
struct AuthorizationServer: Sendable {
    /// What a person has granted.
    private struct Grant {
        let accountID: String
        let scopes: [String]
        var isRevoked = false
    }

    private struct Code {
        let grant: Int
        let redirection: String
        let challenge: String?
        let end: Int
        var isUsed = false
    }

    private struct RefreshToken {
        let grant: Int
        let end: Int
        var firstUse: Int?
    }

    private struct AccessToken {
        let grant: Int
        var end: Int
    }

    var configuration: AuthorizationConfiguration
    private let accountID: String
    private var grants: [Grant] = []
    private var codes: [String: Code] = [:]
    private var refreshTokens: [String: RefreshToken] = [:]
    private var accessTokens: [String: AccessToken] = [:]
    private var issued = 0

    /// - Parameter accountID: who consents, unless the configuration names somebody.
    init(_ configuration: AuthorizationConfiguration, accountID: String) {
        self.configuration = configuration
        self.accountID = configuration.accountID ?? accountID
    }

    // MARK: Consent

    /// `GET /authorize`: the person's answer at once, as a redirection.
    mutating func authorize(_ request: SimulatedRequest, at now: Int) -> Answer {
        guard request.queryValue("client_id") == configuration.clientID,
            let redirection = request.queryValue("redirect_uri"), redirection.hasPrefix("http")
        else { return Answer(400, ["error": "invalid_request", "error_description": "Unknown app or address."]) }
        func answer(_ members: [(String, String)]) -> Answer {
            var parts = URLComponents(string: redirection)
            parts?.queryItems = (members + [("state", request.queryValue("state") ?? "")]).map {
                URLQueryItem(name: $0.0, value: $0.1)
            }
            return Answer(empty: 302).with(.location, parts?.string ?? redirection)
        }
        let scopes = request.queryValue("scope")?.split(separator: " ").map(String.init) ?? []
        guard request.queryValue("response_type") == "code", request.queryValue("audience") == "api.atlassian.com",
            request.queryValue("prompt") == "consent", request.queryValue("state")?.isEmpty == false, !scopes.isEmpty
        else { return answer([("error", "invalid_request")]) }
        guard configuration.consents else { return answer([("error", "access_denied")]) }
        let challenge = request.queryValue("code_challenge")
        guard challenge == nil || request.queryValue("code_challenge_method") == "S256" else {
            return answer([("error", "invalid_request")])
        }
        grants.append(Grant(accountID: accountID, scopes: scopes))
        let code = name("code")
        codes[code] = Code(
            grant: grants.count - 1,
            redirection: redirection,
            challenge: configuration.offersPKCE ? challenge : nil,
            end: now + configuration.codeLifetime
        )
        return answer([("code", code)])
    }

    // MARK: Tokens

    /// `POST /oauth/token`.
    mutating func token(_ body: JSON?, at now: Int) -> Answer {
        guard let body, let kind = body["grant_type"]?.string else {
            return Self.refusal(400, "invalid_request", "grant_type is missing")
        }
        guard body["client_id"]?.string == configuration.clientID,
            body["client_secret"]?.string == configuration.clientSecret
        else { return Self.refusal(401, "access_denied", "Unauthorized") }
        switch kind {
        case "authorization_code": return exchange(body, at: now)
        case "refresh_token": return refresh(body, at: now)
        default: return Self.refusal(400, "unsupported_grant_type", "Unsupported grant type")
        }
    }

    private mutating func exchange(_ body: JSON, at now: Int) -> Answer {
        let refusal = Self.refusal(403, "invalid_grant", "Invalid authorization code")
        guard let text = body["code"]?.string, let code = codes[text] else { return refusal }
        guard !code.isUsed else {
            // RFC 6749, section 4.1.2: what came of the first use is revoked.
            grants[code.grant].isRevoked = true
            return refusal
        }
        guard now < code.end, body["redirect_uri"]?.string == code.redirection else { return refusal }
        if let challenge = code.challenge {
            guard let verifier = body["code_verifier"]?.string, Self.challenge(of: verifier) == challenge else {
                return Self.refusal(403, "invalid_grant", "Failed to verify code verifier")
            }
        }
        codes[text]?.isUsed = true
        return pair(of: code.grant, at: now)
    }

    private mutating func refresh(_ body: JSON, at now: Int) -> Answer {
        let refusal = Self.refusal(403, "unauthorized_client", "refresh_token is invalid")
        guard let text = body["refresh_token"]?.string, let token = refreshTokens[text],
            !grants[token.grant].isRevoked, now < token.end
        else { return refusal }
        if let firstUse = token.firstUse, now >= firstUse + configuration.reuseLeeway {
            grants[token.grant].isRevoked = true
            return refusal
        }
        refreshTokens[text]?.firstUse = token.firstUse ?? now
        return pair(of: token.grant, at: now)
    }

    private mutating func pair(of grant: Int, at now: Int) -> Answer {
        let access = name("access")
        accessTokens[access] = AccessToken(grant: grant, end: now + configuration.accessLifetime)
        let scopes = grants[grant].scopes
        var members: [String: JSON] = [
            "access_token": .string(access), "expires_in": .integer(configuration.accessLifetime / 1000),
            "token_type": "Bearer", "scope": .string(scopes.joined(separator: " ")),
        ]
        if scopes.contains("offline_access") {
            let refresh = name("refresh")
            refreshTokens[refresh] = RefreshToken(grant: grant, end: now + configuration.refreshLifetime)
            members["refresh_token"] = .string(refresh)
        }
        return Answer(200, .object(members))
    }

    // MARK: Who comes in

    /// Whose an access token is, while it is good for a site.
    func account(of token: String, at site: String, now: Int) -> String? {
        guard let access = accessTokens[token], now < access.end, !grants[access.grant].isRevoked,
            configuration.sites?.contains(site) ?? true
        else { return nil }
        return grants[access.grant].accountID
    }

    /// What an access token may do, besides coming in anew.
    func scopes(of token: String) -> [String] {
        accessTokens[token].map { grants[$0.grant].scopes.filter { $0 != "offline_access" } } ?? []
    }

    /// Whether a refresh token would be taken for the first time.
    func isUnused(_ refreshToken: String) -> Bool { refreshTokens[refreshToken].map { $0.firstUse == nil } ?? false }

    // MARK: What people do

    /// Takes all consent back.
    mutating func revokeGrants() {
        for index in grants.indices { grants[index].isRevoked = true }
    }

    /// Has all access tokens run out.
    mutating func expireAccessTokens() {
        for token in accessTokens.keys { accessTokens[token]?.end = 0 }
    }

    private mutating func name(_ kind: String) -> String {
        issued += 1
        return "simulated-\(kind)-\(issued)-\(UUID().uuidString.lowercased())"
    }

    /// RFC 7636, section 4.2.
    private static func challenge(of verifier: String) -> String {
        Data(SHA256.hash(data: Data(verifier.utf8))).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func refusal(_ status: Int, _ error: String, _ description: String) -> Answer {
        Answer(status, ["error": .string(error), "error_description": .string(description)])
    }
}
