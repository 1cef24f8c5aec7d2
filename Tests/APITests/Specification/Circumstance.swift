import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import Secrets
import TestEquipment
import TramlineModel

@testable import API

/// A request as a test sends it.
struct AskedRequest: Sendable {
    var path: String
    var headers: HTTPFields
    var body: String?

    /// What a client sends that makes no mistake.
    init(_ endpoint: Endpoint, about session: SessionID, _ api: APIFixture) {
        path = endpoint.path.replacing("{session_id}", with: session.description)
            .replacing("{ref}", with: "T1").replacing("{name}", with: "plan.pdf")
        headers = endpoint.needsKey ? api.headers() : [:]
        switch endpoint {
        case .importSession:
            headers[.contentType] = "application/json"
            headers[.idempotencyKey] = "once"
            body = #"{"site": "acme", "project_key": "PROJ", "tickets": [{"ref": "A", "title": "First"}]}"#
        case .validateProject:
            headers[.contentType] = "application/json"
            body = ValidationTests.body
        case .testConversion:
            headers[.contentType] = "application/json"
            body = #"{"ticket_ids": [], "include_attachments": true}"#
        case .putAttachment:
            headers[.contentType] = "application/pdf"
            body = "%PDF"
        case .startExport, .retryExport, .cancelExport:
            body = "{}"
        case .finishConsent:
            path += "?code=a-code"
        case .health, .ready, .openAPI, .listSessions, .showSession, .sessionAudit, .startConsent, .exportStatus,
            .exportResults, .exportProgress:
            break
        }
    }
}

/// What is unusual about a request, or about what it meets.
enum Circumstance: String, Sendable {
    case usual
    case noKey, unknownKey, scopeMissing
    case badID, badQuery, badName, unknownRef
    /// No JSON; where none belongs, a body.
    case badBody
    case wrongMembers, wrongType, longBody
    case partOfFile
    /// The request has been sent once before.
    case again
    case severalSites
    case databaseAway
    /// A worker answers, or says why it cannot.
    case answered, siteAway, credentialRefused, notPermitted
    /// No worker is there.
    case unanswered
    /// No app at Atlassian is set up.
    case noApp
    /// A browser comes back without a code, or with a state that nobody was given.
    case declined, unknownState

    /// Changes a request accordingly.
    func apply(to request: inout AskedRequest, _ endpoint: Endpoint, _ api: APIFixture) async throws {
        if endpoint == .finishConsent, self != .unknownState { request.path += "&state=\(try await state(api))" }
        switch self {
        case .noKey: request.headers[.authorization] = nil
        case .unknownKey: request.headers[.authorization] = "Bearer \(APIKey.make().text.reveal())"
        case .scopeMissing:
            let others = KeyScope.allCases.filter { $0 != endpoint.scope }
            let (_, key) = try await APIFixture.makeKey(of: "team", scopes: others, api.backend.pool)
            request.headers[.authorization] = "Bearer \(key)"
        case .badID: request.path = endpoint.path.replacing("{session_id}", with: "x")
        case .badQuery: request.path += "?limit=0&after=x"
        case .badName: request.path = request.path.replacing("plan.pdf", with: "..%2Fplan.pdf")
        case .unknownRef: request.path = request.path.replacing("/T1/", with: "/T9/")
        case .badBody: request.body = #"{"a": "#
        case .wrongMembers: request.body = #"{"a": 1}"#
        case .wrongType:
            request.headers[.contentType] = "text/plain"
            request.headers[.contentEncoding] = "gzip"
        case .longBody:
            if endpoint == .putAttachment {
                // What is announced is refused unread.
                request.headers[.contentLength] = "\(ImportLimits.uploadBytes + 1)"
                request.body = nil
            } else {
                let limit = endpoint == .importSession ? ImportLimits.bodyBytes : Endpoint.smallBody
                request.body = String(repeating: " ", count: limit) + "{}"
            }
        case .partOfFile: request.headers[.contentRange] = "bytes 0-1/9"
        case .severalSites: try await api.addSite("other")
        case .declined: request.path = request.path.replacing("code=a-code", with: "error=access_denied")
        case .unknownState: request.path += "&state=\(OneTimeSecret.make().text.reveal())"
        case .noApp, .usual, .again, .databaseAway, .answered, .siteAway, .credentialRefused, .notPermitted,
            .unanswered:
            break
        }
    }

    /// The state of a consent that has begun; any text, where none can.
    private func state(_ api: APIFixture) async throws -> String {
        let address = try await api.backend.consents?.begin(for: api.team, by: .test).address
        let items = address.flatMap { URLComponents(string: $0)?.queryItems } ?? []
        return items.first { $0.name == "state" }?.value ?? "none"
    }

    /// What a worker says that exchanges a code; `nil` where none is there.
    var connector: (@Sendable (ConnectionOrder) async throws -> (JobOutcome, String?))? {
        guard let worker else { return nil }
        return { order in
            let site = ConnectedSite(
                integrationId: IntegrationID(),
                site: "acme",
                url: "https://a.example",
                created: true
            )
            if self == .answered { return (.succeeded, try AnswerJSON.encode(ConnectedSites([site]))) }
            // The fault is the same, whatever was asked.
            return try await worker(SiteQuestion(.account, at: IntegrationID()))
        }
    }

    /// What a worker says; `nil` where none is there.
    var worker: (@Sendable (SiteQuestion) async throws -> (JobOutcome, String?))? {
        let category: FaultCategory
        switch self {
        case .answered: return { _ in (.succeeded, try AnswerJSON.encode(ValidationTests.answer)) }
        case .siteAway: category = .temporary
        case .credentialRefused: category = .adminRequired
        case .notPermitted: category = .userFixable
        default: return nil
        }
        let fault = Fault(category: category, code: "x", userMessage: "Jira said no.", recoveryActions: ["Ask Ada"])
        return { _ in (.failed(fault), nil) }
    }
}
