import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOFoundationCompat
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

/// Each endpoint, asked about sessions in each state and in every circumstance that makes a difference: the status, and exactly
/// the members that the specification names, each of its type.
///
/// What the values mean is the matter of the suites of each endpoint; here nothing may be missing, and nothing be there besides.
@Suite("Every answer of the specification", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(5)))
struct SpecificationTests {
    struct Answer: Sendable, CustomTestStringConvertible {
        let endpoint: Endpoint
        let standing: Standing
        let circumstance: Circumstance
        let status: HTTPResponse.Status
        let shape: Shape
        /// What is the matter, in the one shape of errors.
        var code: String?

        init(
            _ endpoint: Endpoint,
            _ standing: Standing = .ready,
            when circumstance: Circumstance = .usual,
            is status: HTTPResponse.Status,
            _ shape: Shape = .error,
            code: String? = nil
        ) {
            self.endpoint = endpoint
            self.standing = standing
            self.circumstance = circumstance
            self.status = status
            self.shape = shape
            self.code = code
        }

        var testDescription: String {
            "\(endpoint), \(standing.rawValue), \(circumstance.rawValue): \(status.code) \(code ?? "")"
        }
    }

    @Test("Each answer has its status and its members", arguments: answers)
    func answer(_ answer: Answer) async throws {
        try await APIFixture.run { api in
            var api = api
            if answer.circumstance == .unanswered { api.backend.validationPatience = .milliseconds(50) }
            if answer.circumstance != .noApp { api.backend.consents = .forTests(api.backend.pool) }
            let session = try await answer.standing.makeSession(api)
            if answer.endpoint == .finishConsent, let connector = answer.circumstance.connector {
                return try await api.withWorker(connecting: connector) { [api] in
                    try await ask(answer, about: session, api)
                }
            }
            guard let worker = answer.circumstance.worker else { return try await ask(answer, about: session, api) }
            try await api.withWorker(answering: worker) { [api] in try await ask(answer, about: session, api) }
        }
    }

    private func ask(_ answer: Answer, about session: SessionID, _ api: APIFixture) async throws {
        var request = AskedRequest(answer.endpoint, about: session, api)
        try await answer.circumstance.apply(to: &request, answer.endpoint, api)
        try await api.application.test(.router) { [request] client in
            if answer.circumstance == .again { _ = try await send(request, to: answer.endpoint, client) }
            if answer.circumstance == .databaseAway {
                // The key is known from before, so that it is the endpoint itself that misses the database.
                _ = try await client.execute(uri: "/api/sessions", method: .get, headers: api.headers())
                api.backend.pool.close()
            }
            let response = try await send(request, to: answer.endpoint, client)
            #expect(response.status == answer.status)
            let body = try JSONValue(parsing: Data(buffer: response.body))
            #expect(answer.shape.differences(from: body) == [])
            if let code = answer.code { #expect(try response.error().code == code) }
            if [.tooManyRequests, .serviceUnavailable].contains(answer.status) {
                let wait = try #require(response.headers[.retryAfter].flatMap { Int($0) })
                #expect(wait > 0)
            }
            if answer.status == .unauthorized {
                #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            }
        }
    }

    private func send(
        _ request: AskedRequest,
        to endpoint: Endpoint,
        _ client: any TestClientProtocol
    ) async throws -> TestResponse {
        try await client.execute(
            uri: request.path,
            method: endpoint.method,
            headers: request.headers,
            body: request.body.map { ByteBuffer(string: $0) }
        )
    }

    @Test("No status that the description promises is missing here", arguments: Endpoint.allCases)
    func complete(_ endpoint: Endpoint) throws {
        let document = try JSONValue(parsing: Data(PackageResourcesView.openAPI))
        let responses = document["paths"]?[endpoint.path]?[endpoint.method.rawValue.lowercased()]?["responses"]
        guard case .object(let members)? = responses else {
            Issue.record("the description has no answers of \(endpoint)")
            return
        }
        // What nobody asks for is a fault of ours; an upgraded connection is the matter of the WebSocket's own tests, and a head
        // that is too large is refused by the server, before any endpoint.
        let promised = Set(members.map(\.name)).subtracting(["500", "101", "431"])
        let shown = Set(Self.answers.filter { $0.endpoint == endpoint }.map { "\($0.status.code)" })
        #expect(promised == shown)
    }

    @Test(
        "Each message has its type and its members",
        arguments: [Standing.exporting, .completed, .failed, .cancelled]
    )
    func messages(_ standing: Standing) async throws {
        try await APIFixture.run { api in
            let (session, task) = try await api.startExport(tickets: 2)
            let fault = Fault(category: .temporary, code: "x", userMessage: "It broke.", recoveryActions: [])
            let shape: Shape
            switch standing {
            case .completed:
                try await api.standIn.run(session, creating: 2, to: .succeeded)
                shape = .completeMessage
            case .failed:
                try await api.standIn.run(session, creating: 2, to: .failed(fault))
                shape = .failedMessage(status: "failed")
            case .cancelled:
                try await api.standIn.run(session, creating: 2, to: .cancelled)
                shape = .failedMessage(status: "cancelled")
            default:
                try await api.step(session, task)
                shape = .progressMessage
            }
            try await api.serve { port in
                try await RawConnection.open(port: port) { connection in
                    let head = try await connection.openProgress("\(session)", headers: [api.authorization])
                    #expect(head.status == 101)
                    // Of one that goes on, a snapshot comes first.
                    if standing == .exporting {
                        _ = try await connection.readText()
                        try await api.step(session, task)
                    }
                    let message = try JSONValue(parsing: Data(try await connection.readText().utf8))
                    #expect(shape.differences(from: message) == [])
                }
            }
        }
    }
}
