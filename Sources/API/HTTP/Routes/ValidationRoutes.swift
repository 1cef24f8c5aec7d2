import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import Record
import TramlineModel

/// The validation of a project while a session is set up. A worker does it; the answer waits for that.
struct ValidationRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.validateProject, validate)
    }

    @Sendable private func validate(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        try request.requireJSON()
        let wanted = try await request.readRequest(ProjectValidationRequest.parse)
        let integration = try await integration(named: wanted.site, of: owner.team)
        let question = SiteQuestion(
            .project,
            at: integration.id,
            project: wanted.projectKey,
            requirements: wanted.requirements
        )
        let end = try await backend.ask(
            question,
            of: integration,
            by: .key(owner.key),
            patience: backend.validationPatience,
            context.logger
        )
        guard let end else {
            throw APIError.unavailable("No worker had an answer in time.", retryAfter: 5, cause: nil)
        }
        if let result = end.result {
            return try Response.json(.ok, try AnswerJSON.decode(ProjectValidation.self, from: result))
        }
        throw APIError(unansweredBecauseOf: end.fault)
    }

    /// The integration that is meant: the only one, where none is named.
    private func integration(named site: String?, of team: TeamID) async throws -> Integration {
        let known = try await backend.integrations.list(team: team)
        if let site {
            if let named = known.first(where: { $0.site == site }) { return try Self.active(named) }
            throw Self.refusal(.unknownSite, "Your team has no integration for the site \"\(site)\".", known)
        }
        guard let first = known.first else {
            throw Self.refusal(.unknownSite, "Your team has no integration for a Jira site.", known)
        }
        guard known.count == 1 else {
            let names = known.map { "\"\($0.site)\"" }.joined(separator: ", ")
            throw Self.refusal(.siteNeeded, "Your team has several sites: say which one is meant, of \(names).", known)
        }
        return try Self.active(first)
    }

    private static func refusal(_ code: APIError.Code, _ message: String, _ known: [Integration]) -> APIError {
        APIError(
            status: .unprocessableContent,
            code: code,
            message: message,
            recoveryActions: known.isEmpty
                ? ["Ask an administrator to add a site: tramline-api integrations add"]
                : ["Send \"site\" with one of: \(known.map(\.site).joined(separator: ", "))"],
            details: [APIError.Detail(at: "site", message: code == .siteNeeded ? "is missing" : "has no integration")]
        )
    }

    /// No worker need be asked about a credential that is known to be good no more.
    private static func active(_ integration: Integration) throws(APIError) -> Integration {
        guard let reason = integration.parkedReason else { return integration }
        throw APIError(
            status: .forbidden,
            code: .integrationParked,
            message: "The integration for the site \"\(integration.site)\" is not in use: \(reason)",
            recoveryActions: [
                "Ask an administrator to renew it: tramline-api integrations add", "Then send the request again",
            ]
        )
    }
}

extension APIError {
    /// What a worker could not find out, and why.
    fileprivate init(unansweredBecauseOf fault: Fault?) {
        guard let fault, fault.category != .temporary else {
            let message = fault?.userMessage ?? "The project could not be validated."
            self = .unavailable(message, retryAfter: 10, cause: fault)
            if let fault { recoveryActions = fault.recoveryActions }
            return
        }
        self.init(
            status: .forbidden,
            code: fault.category == .adminRequired ? .integrationParked : .jiraForbidden,
            message: fault.userMessage,
            recoveryActions: fault.recoveryActions,
            cause: fault
        )
    }
}
