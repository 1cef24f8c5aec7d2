import Foundation

/// What proves to Jira who asks. Its descriptions show the kind only.
package struct JiraCredential: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private enum Kind: String { case none, basic, bearer }

    private let kind: Kind
    /// The value of the `Authorization` header; empty where there is none.
    let authorization: String
    /// The secret as it was given, to be taken out of texts that echo it.
    let secret: String

    /// An API token with its owner's e-mail address.
    package static func basic(email: String, token: String) -> JiraCredential {
        JiraCredential(
            kind: .basic,
            authorization: "Basic " + Data("\(email):\(token)".utf8).base64EncodedString(),
            secret: token
        )
    }

    /// An OAuth 2.0 access token.
    package static func bearer(_ token: String) -> JiraCredential {
        JiraCredential(kind: .bearer, authorization: "Bearer \(token)", secret: token)
    }

    /// None: the request proves itself by its body.
    /// - Parameter secret: what is taken out of texts that echo it.
    static func none(hiding secret: String) -> JiraCredential {
        JiraCredential(kind: .none, authorization: "", secret: secret)
    }

    /// Whether a header can carry it: no control characters, nothing empty.
    var isUsable: Bool {
        !secret.isEmpty && authorization.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    package var description: String { "\(kind.rawValue) •••" }
    package var debugDescription: String { description }
    /// No members: `dump` and the like must not reach the secret either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
