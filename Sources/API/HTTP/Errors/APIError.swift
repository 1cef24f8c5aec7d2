import HTTPTypes
import TramlineModel

/// Why a request is refused: what leaves as the one JSON shape of errors.
struct APIError: Error {
    /// A stable word for machines.
    enum Code: String, Sendable, CaseIterable {
        case malformedRequest = "malformed_request"
        case malformedJSON = "malformed_json"
        case invalidParameter = "invalid_parameter"
        case unauthorized
        case insufficientScope = "insufficient_scope"
        case notFound = "not_found"
        case sessionNotFound = "session_not_found"
        case ticketNotFound = "ticket_not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case bodyTooLarge = "body_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case invalidSession = "invalid_session"
        case invalidRequest = "invalid_request"
        case invalidFilename = "invalid_filename"
        case tooManyAttachments = "too_many_attachments"
        case unknownSite = "unknown_site"
        case siteNeeded = "site_needed"
        case idempotencyKeyReused = "idempotency_key_reused"
        case sessionEmpty = "session_empty"
        case sessionExported = "session_already_exported"
        case exportNotStarted = "export_not_started"
        case exportRunning = "export_running"
        case ticketExported = "ticket_already_exported"
        case exportFailed = "export_failed"
        case exportCancelled = "export_cancelled"
        case retriesUsedUp = "retries_used_up"
        case integrationParked = "integration_parked"
        case jiraForbidden = "jira_forbidden"
        case consentUnknown = "consent_unknown"
        case consentDenied = "consent_denied"
        case consentRefused = "consent_refused"
        case oauthUnavailable = "oauth_unavailable"
        case upgradeRequired = "upgrade_required"
        case rateLimited = "rate_limited"
        case notReady = "not_ready"
        case unavailable
        case overloaded
        case internalError = "internal_error"
    }

    /// One thing that is wrong, by its place.
    struct Detail: Sendable, Encodable, Equatable {
        let at: String
        let message: String
    }

    let status: HTTPResponse.Status
    let code: Code
    /// One or two sentences for people: no secret, no payload, nothing of what went on inside.
    let message: String
    var recoveryActions: [String] = []
    var details: [Detail] = []
    var headers: HTTPFields = [:]
    /// What leaves in place of the one shape, where an endpoint's contract fixes another.
    var bareBody: (any Encodable & Sendable)?
    /// For the log only.
    var cause: (any Error)?

    /// Who can mend it: the status tells, save where the code knows better.
    var category: FaultCategory {
        switch (status.code, code) {
        case (_, .integrationParked), (_, .retriesUsedUp), (_, .insufficientScope): .adminRequired
        case (409, _), (429, _), (503, _): .temporary
        case (500..., _): .adminRequired
        default: .userFixable
        }
    }
}

extension APIError {
    /// 401.
    /// - Parameter wasGiven: whether there was a key, though not a good one.
    static func unauthorized(wasGiven: Bool = false) -> APIError {
        APIError(
            status: .unauthorized,
            code: .unauthorized,
            message: wasGiven
                ? "This API key is not known, or it was revoked."
                : "An API key is needed: send it as \"Authorization: Bearer <key>\".",
            recoveryActions: ["Ask an administrator for a key: tramline-api keys create"],
            headers: [.wwwAuthenticate: "Bearer realm=\"tramline\"" + (wasGiven ? ", error=\"invalid_token\"" : "")]
        )
    }

    /// 403, for a key that does not allow what is asked for.
    static func insufficientScope(_ scope: KeyScope) -> APIError {
        APIError(
            status: .forbidden,
            code: .insufficientScope,
            message: "This API key lacks the scope \"\(scope.rawValue)\", which this request needs.",
            recoveryActions: [
                "Use a key that has it",
                "Ask an administrator for one: tramline-api keys create --scope \(scope.rawValue)",
            ],
            headers: [
                .wwwAuthenticate: "Bearer realm=\"tramline\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
            ]
        )
    }

    /// 404, for a session that there is not, or not for this team: nobody can tell the two apart.
    static func sessionNotFound(_ id: SessionID) -> APIError {
        APIError(status: .notFound, code: .sessionNotFound, message: "There is no session \(id).")
    }

    /// 400, for a parameter of the path, the query or a header.
    static func invalidParameter(_ name: String, _ problem: String) -> APIError {
        APIError(
            status: .badRequest,
            code: .invalidParameter,
            message: "The parameter \(name) \(problem).",
            details: [Detail(at: name, message: problem)]
        )
    }

    /// 413.
    static func bodyTooLarge(limit: Int) -> APIError {
        APIError(
            status: .contentTooLarge,
            code: .bodyTooLarge,
            message: "The body is too large: the most is \(limit) bytes."
        )
    }

    /// 503, with a hint when to come again.
    static func unavailable(_ message: String, retryAfter seconds: Int, cause: (any Error)?) -> APIError {
        APIError(
            status: .serviceUnavailable,
            code: .unavailable,
            message: message,
            recoveryActions: ["Repeat the request in a few seconds"],
            headers: [.retryAfter: String(seconds)],
            cause: cause
        )
    }
}

extension HTTPField.Name {
    static let requestID = Self("X-Request-ID")!
    static let idempotencyKey = Self("Idempotency-Key")!
}
