import Foundation
import HTTPTypes

/// Who a request says it is from, as one site sees it.
enum Identity: Sendable {
    /// A known user; `isApp` when it came as a bearer, which is under the points quota.
    case user(SimulatedUser, isBearer: Bool)
    /// Nobody, or a Basic credential that is wrong: Jira goes on without a user and says so in a header field only.
    case anonymous(loginReason: String?)
    /// Refused whatever it asks for.
    case refused(Answer)

    /// Reads the header field `Authorization`.
    /// - Parameter issued: The account that a bearer was issued for by the authorization server; nil when it was not.
    init(_ request: SimulatedRequest, at site: SimulatedSite, issued: String?) {
        guard let field = request.headers[.authorization] else {
            self = .anonymous(loginReason: nil)
            return
        }
        let halves = field.split(separator: " ", maxSplits: 1)
        let secret = halves.count > 1 ? String(halves[1]) : ""
        switch halves.first?.lowercased() {
        case "basic": self = Self.basic(secret, site)
        case "bearer": self = Self.bearer(secret, site, issued: issued, isGateway: request.isGateway)
        default: self = .anonymous(loginReason: "AUTHENTICATED_FAILED")
        }
    }

    private static func basic(_ secret: String, _ site: SimulatedSite) -> Identity {
        let failed = Identity.anonymous(loginReason: "AUTHENTICATED_FAILED")
        guard let data = Data(base64Encoded: secret), let pair = String(data: data, encoding: .utf8) else {
            return failed
        }
        let halves = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return failed }
        let credential = site.configuration.credentials.first {
            $0.scheme == .basic(email: String(halves[0])) && $0.token == halves[1]
        }
        guard let credential, !credential.isExpired, !site.revoked.contains(credential.token),
            let user = site.user(credential.accountID), user.isActive
        else { return failed }
        return .user(user, isBearer: false)
    }

    /// A site's own address knows no OAuth tokens; the gateway does.
    private static func bearer(
        _ token: String,
        _ site: SimulatedSite,
        issued: String?,
        isGateway: Bool
    ) -> Identity {
        guard isGateway else { return .refused(.unreadableBearer) }
        let credential = site.configuration.credentials.first {
            $0.scheme == .bearer && $0.token == token && !$0.isExpired
        }
        guard let account = credential?.accountID ?? issued, !site.revoked.contains(token),
            let user = site.user(account), user.isActive
        else { return .refused(Answer(401, ["code": 401, "message": "Unauthorized"])) }
        return .user(user, isBearer: true)
    }
}
