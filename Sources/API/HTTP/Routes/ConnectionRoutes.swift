import HTTPTypes
import Hummingbird
import HummingbirdCore
import Record
import Secrets
import TramlineModel

/// How a team's sites are connected by OAuth 2.0 (3LO): where to send a person, and what to do when their browser comes back.
struct ConnectionRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.startConsent, start)
        router.on(.finishConsent, finish)
    }

    private struct Started: Encodable {
        let authorizationUrl: String
        let expiresInSeconds: Int
    }

    @Sendable private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let begun = try await desk().begin(for: owner.team, by: .key(owner.key))
        return try Response.json(
            .ok,
            Started(
                authorizationUrl: begun.address,
                expiresInSeconds: Int(begun.lifetime.inSeconds)
            )
        )
    }

    /// Nobody's key comes with a browser: the state says for whom it speaks.
    @Sendable private func finish(_ request: Request, _ context: APIContext) async throws -> Response {
        // A program that only looks at a link must not use it up.
        guard request.method == .get else {
            throw APIError(
                status: .methodNotAllowed,
                code: .methodNotAllowed,
                message: "This path takes GET only.",
                headers: [.allow: HTTPRequest.Method.get.rawValue]
            )
        }
        let desk = try desk()
        let returned = try Self.returned(request.uri)
        guard let text = request.uri.queryParameters["state"], let state = OneTimeSecret(parsing: String(text)),
            let (consent, job) = try await desk.redeem(state, returned)
        else { throw Self.unknownState }
        if case .refusal(let word) = returned { throw Self.refusal(word) }
        guard let job else { preconditionFailure("a code is always exchanged by a job") }
        let end = try await backend.end(
            of: job,
            by: consent.actor,
            patience: backend.validationPatience,
            context.logger
        )
        guard let end else {
            throw APIError.unavailable("No worker exchanged the code in time. Begin again.", retryAfter: 5, cause: nil)
        }
        guard let result = end.result else { throw APIError(unconnectedBecauseOf: end.fault) }
        return try Response.json(
            .ok,
            try AnswerJSON.decode(ConnectedSites.self, from: result),
            // The address of this page holds a code, which is of no use any more and nobody's business.
            headers: [.referrerPolicy: "no-referrer"]
        )
    }

    private func desk() throws(APIError) -> ConsentDesk {
        guard let desk = backend.consents else {
            throw APIError(
                status: .notImplemented,
                code: .oauthUnavailable,
                message: "OAuth is not set up here: Tramline knows no app at Atlassian.",
                recoveryActions: [
                    "Ask an administrator to set JIRA_CLIENT_ID and JIRA_CLIENT_SECRET for all processes",
                    "Or to add the site with an API token: tramline-api integrations add",
                ]
            )
        }
        return desk
    }

    private static func returned(_ uri: URI) throws(APIError) -> ConsentDesk.Returned {
        let parameters = uri.queryParameters
        if let word = parameters["error"] { return .refusal(String(word.prefix(100))) }
        guard let code = parameters["code"], (1...ConsentDesk.longestCode).contains(code.utf8.count),
            code.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw .invalidParameter("code", "is missing or cannot be a code") }
        return .code(String(code))
    }

    private static var unknownState: APIError {
        APIError(
            status: .badRequest,
            code: .consentUnknown,
            message:
                "This answer of Atlassian's belongs to no consent that is under way: it was used before, is too old, or "
                + "was never asked for.",
            recoveryActions: ["Begin again: GET \(Endpoint.startConsent.path)"]
        )
    }

    /// Atlassian's word is not repeated: whoever makes a link chooses it.
    private static func refusal(_ word: String) -> APIError {
        let wasDeclined = word == "access_denied"
        return APIError(
            status: .forbidden,
            code: .consentDenied,
            message: wasDeclined
                ? "The person has not consented; nothing was connected."
                : "Atlassian did not ask for the consent; nothing was connected.",
            recoveryActions: wasDeclined
                ? ["Begin again: GET \(Endpoint.startConsent.path)"]
                : ["Ask an administrator whether the app at Atlassian has this callback address and Tramline's scopes"]
        )
    }
}

extension APIError {
    /// Why a worker could not make integrations of a consent.
    fileprivate init(unconnectedBecauseOf fault: Fault?) {
        guard let fault, fault.category != .temporary else {
            self = .unavailable(fault?.userMessage ?? "The code was not exchanged.", retryAfter: 10, cause: fault)
            recoveryActions = ["Begin again: GET \(Endpoint.startConsent.path)"]
            return
        }
        let isOurs = fault.category == .adminRequired
        self.init(
            status: isOurs ? .notImplemented : .unprocessableContent,
            code: isOurs ? .oauthUnavailable : .consentRefused,
            message: fault.userMessage,
            recoveryActions: fault.recoveryActions,
            cause: fault
        )
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = Self("Referrer-Policy")!
}
