package import Foundation

/// Why a call has no value.
///
/// What to do follows from ``outcome`` and ``code``, never from a text: Jira writes its messages in the language of
/// the account.
package struct JiraError: Error, Sendable {
    /// What is known about what the call was to make.
    package enum Outcome: String, Sendable, CaseIterable {
        /// Nothing was made: the request never left, or Jira refused it.
        case refused
        /// It may have been made: the request left and no answer that settles it came back.
        case uncertain
    }

    /// The kind of failure: a metric label as it stands.
    package enum Code: String, Sendable, CaseIterable {
        /// The name has no address, or nothing accepts connections there.
        case unreachable
        /// The connection was not made in time.
        case connectTimedOut
        /// The TLS handshake or the check of the certificate failed.
        case tlsFailed
        /// The address is one that requests may not go to.
        case addressNotAllowed
        /// The request cannot be sent as it is: a mistake of the caller's.
        case invalidRequest
        /// No complete answer in time.
        case timedOut
        /// The connection ended before the answer did.
        case connectionLost
        /// The task was cancelled.
        case cancelled
        /// 400, 422 and other answers that refuse the request as it is: see ``JiraError/fieldErrors``.
        case rejected
        /// 401, or an answer to nobody in particular although a credential was sent.
        case unauthenticated
        /// 403.
        case forbidden
        /// 404: not there, or not to be seen by this account.
        case notFound
        /// 413: a body or a per-issue limit.
        case tooLarge
        /// 429: see ``JiraError/rateLimit``.
        case rateLimited
        /// 5xx.
        case serverFault
        /// Any other status, redirections included: they are not followed.
        case unexpectedStatus
        /// A success whose body cannot be understood, or a refusal whose body broke off before it said why.
        case unreadableAnswer
        /// A body beyond the limit.
        case oversizedAnswer
        /// A search that gave a page it had given before.
        case repeatedPage
    }

    package let code: Code
    package let outcome: Outcome
    /// One or two sentences, fit to be shown: at most ``maximumMessageLength`` characters, no secret.
    package let message: String
    /// Which call, without ids: `POST /rest/api/3/issue`.
    package var call: String?
    /// The status, when there was an answer.
    package var status: Int?
    /// Jira's messages that name no field, in the account's language: for people and logs only.
    package var errorMessages: [String] = []
    /// Jira's messages by field id: the ids are what to decide on.
    package var fieldErrors: [String: String] = [:]
    /// The answer's own word, such as OAuth's `invalid_grant`, where it has one.
    package var word: String?
    /// What the answer said about limits; `nil` when it said nothing.
    package var rateLimit: JiraRateLimit?
    /// `X-Seraph-LoginReason`, for example `AUTHENTICATION_DENIED` when a CAPTCHA is asked for.
    package var loginReason: String?
    /// What Atlassian's support asks for (`X-AREQUESTID` or `atl-traceid`).
    package var requestID: String?
    /// When Jira answered, by its clock.
    package var serverTime: Date?
    /// What lies beneath, when there was no answer. Its own description may hold addresses; show ``message`` instead.
    package var cause: (any Error)?
    /// Where it was found out: `Jira/File.swift:line`.
    package let place: String

    /// How long to wait, when the answer said so.
    package var retryAfter: Duration? { rateLimit?.retryAfter }

    package static let maximumMessageLength = 500

    /// An error that no answer tells more about; the members that have defaults may be set afterwards.
    /// - Parameter message: is cut at ``maximumMessageLength`` and rid of control characters.
    package init(
        _ code: Code,
        _ outcome: Outcome,
        message: String,
        cause: (any Error)? = nil,
        file: StaticString = #fileID,
        line: Int = #line
    ) {
        self.code = code
        self.outcome = outcome
        self.message = Self.shortened(message, to: Self.maximumMessageLength)
        self.cause = cause
        self.place = "\(file):\(line)"
    }

    /// The text without control characters, cut at a number of characters.
    static func shortened(_ text: String, to limit: Int) -> String {
        // Cut coarsely first: what lies far beyond the limit is not worth looking at.
        let clean = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(limit * 4).map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
        return clean.count <= limit ? clean : clean.prefix(limit - 1) + "…"
    }
}

extension JiraError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { message }

    /// One line for operators.
    package var debugDescription: String {
        var text = "\(code.rawValue) (\(outcome.rawValue))"
        if let call { text += " \(call)" }
        if let status { text += " \(status)" }
        text += ": \(message)"
        if let requestID { text += " [request \(requestID)]" }
        if let loginReason { text += " [login \(loginReason)]" }
        if let retryAfter { text += " [retry after \(retryAfter)]" }
        if let cause { text += " [cause \(String(reflecting: type(of: cause)))]" }
        return text + " at \(place)"
    }
}
