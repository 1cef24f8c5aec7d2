import HTTPTypes
import Hummingbird
import TramlineModel

/// Every endpoint of the API, once: the router, the check for a key, the answer 405 and the description's test read it.
enum Endpoint: CaseIterable, Sendable {
    case health, ready, openAPI
    case importSession, listSessions, showSession, sessionAudit
    case putAttachment
    case startConsent, finishConsent
    case validateProject, testConversion
    case startExport, retryExport, cancelExport, exportStatus, exportResults, exportProgress

    var method: HTTPRequest.Method {
        switch self {
        case .importSession, .validateProject, .testConversion, .startExport, .retryExport, .cancelExport: .post
        case .putAttachment: .put
        case .health, .ready, .openAPI, .listSessions, .showSession, .sessionAudit, .startConsent, .finishConsent,
            .exportStatus, .exportResults, .exportProgress:
            .get
        }
    }

    /// The path, with the names of its parameters in braces.
    var path: String {
        switch self {
        case .health: "/health"
        case .ready: "/ready"
        case .openAPI: "/openapi.json"
        case .importSession, .listSessions: "/api/sessions"
        case .showSession: "/api/sessions/{session_id}"
        case .sessionAudit: "/api/sessions/{session_id}/audit"
        case .putAttachment: "/api/sessions/{session_id}/tickets/{ref}/attachments/{name}"
        case .startConsent: "/api/integrations/oauth/start"
        case .finishConsent: "/api/integrations/oauth/callback"
        case .validateProject: "/api/jira/validate-project"
        case .testConversion: "/api/jira/test-adf-conversion/{session_id}"
        case .startExport: "/api/jira/export-session/{session_id}"
        case .retryExport: "/api/jira/retry-failed/{session_id}"
        case .cancelExport: "/api/jira/cancel-export/{session_id}"
        case .exportStatus: "/api/jira/export-status/{session_id}"
        case .exportResults: "/api/jira/export-results/{session_id}"
        case .exportProgress: "/api/jira/export/progress/{session_id}"
        }
    }

    /// What a key must allow for it; `nil` where no key is needed.
    var scope: KeyScope? {
        switch self {
        case .health, .ready, .openAPI: nil
        // A browser brings no key; the state that it brings speaks for the key that it was made for.
        case .finishConsent: nil
        case .listSessions, .showSession, .sessionAudit, .exportStatus, .exportResults, .exportProgress,
            .validateProject, .testConversion:
            .read
        // What comes of it gives the team a site, so looking is not enough.
        case .importSession, .putAttachment, .startConsent, .startExport, .retryExport, .cancelExport: .write
        }
    }

    /// Whether programs ask for it over and over, to see whether all is well.
    var isProbe: Bool { [.health, .ready, .openAPI].contains(self) }

    /// Whether only the owner of an API key may use it.
    var needsKey: Bool { scope != nil }

    /// The longest body of most endpoints, in bytes: a thousand ids fit.
    static let smallBody = 64 * 1024

    /// The longest body it reads, in bytes.
    private var bodyLimit: Int {
        switch self {
        case .importSession: ImportLimits.bodyBytes
        case .putAttachment: ImportLimits.uploadBytes
        default: Self.smallBody
        }
    }

    /// The longest body that is read at a path, in bytes.
    @Sendable static func bodyLimit(at path: String) -> Int {
        matching(String(path.prefix { $0 != "?" })).map(\.bodyLimit).max() ?? 0
    }

    private static let patterns = allCases.map { ($0, $0.path.split(separator: "/")) }

    /// The endpoints at a request's path, whatever their methods.
    static func matching(_ path: String) -> [Endpoint] {
        let parts = path.split(separator: "/")
        return patterns.filter { _, pattern in
            pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.map(\.0)
    }
}

extension RouterMethods {
    /// Adds the handler of an endpoint.
    func on(
        _ endpoint: Endpoint,
        _ handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        on(RouterPath(endpoint.path), method: endpoint.method, use: handler)
    }
}
