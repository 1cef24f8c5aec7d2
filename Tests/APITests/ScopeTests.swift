import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

@Suite("What a key allows", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct ScopeTests {
    /// The path of an endpoint, with something in its parameters' places.
    private func path(of endpoint: Endpoint) -> String {
        endpoint.path.split(separator: "/").map { $0.hasPrefix("{") ? UUID().uuidString : String($0) }
            .reduce("") { "\($0)/\($1)" }
    }

    private func get(
        _ endpoint: Endpoint,
        _ client: any TestClientProtocol,
        key: String
    ) async throws -> TestResponse {
        try await client.execute(
            uri: path(of: endpoint),
            method: endpoint.method,
            headers: [.authorization: "Bearer \(key)"]
        )
    }

    @Test("Every endpoint asks for its scope, and for no other", arguments: Endpoint.allCases.filter(\.needsKey))
    func enforced(_ endpoint: Endpoint) async throws {
        let scope = try #require(endpoint.scope)
        try await APIFixture.run { api in
            let others = KeyScope.allCases.filter { $0 != scope }
            let (_, lacking) = try await APIFixture.makeKey(of: "team", scopes: others, api.backend.pool)
            let (_, powerless) = try await APIFixture.makeKey(of: "team", scopes: [], api.backend.pool)
            let (_, good) = try await APIFixture.makeKey(of: "team", scopes: [scope], api.backend.pool)
            try await api.application.test(.router) { client in
                for key in [lacking, powerless] {
                    let refused = try await get(endpoint, client, key: key)
                    #expect(refused.status == .forbidden)
                    #expect(refused.headers[.wwwAuthenticate]?.contains("scope=\"\(scope.rawValue)\"") == true)
                    let error = try refused.error()
                    #expect(error.code == "insufficient_scope" && error.errorCategory == "admin_required")
                    #expect(error.userMessage.contains("\"\(scope.rawValue)\""))
                    #expect(error.recoveryActions?.last?.contains("--scope \(scope.rawValue)") == true)
                }
                #expect(try await get(endpoint, client, key: good).status != .forbidden)
            }
        }
    }

    @Test("What changes something asks for write, what shows something for read")
    func division() {
        // What begins with a look at an address ends with a site that the team may write to.
        for endpoint in Endpoint.allCases
        where endpoint.needsKey && endpoint.method == .get && endpoint != .startConsent {
            #expect(endpoint.scope == .read)
        }
        for endpoint in [Endpoint.importSession, .putAttachment, .startConsent, .startExport, .retryExport] {
            #expect(endpoint.scope == .write)
        }
    }

    @Test("HEAD asks for what GET asks for; a method that is not taken is a 405 whatever the key allows")
    func methods() async throws {
        try await APIFixture.run { api in
            let (_, writer) = try await APIFixture.makeKey(of: "team", scopes: [.write], api.backend.pool)
            try await api.application.test(.router) { client in
                for (method, status) in [
                    (HTTPRequest.Method.head, HTTPResponse.Status.forbidden), (.delete, .methodNotAllowed),
                ] {
                    let response = try await client.execute(
                        uri: "/api/sessions",
                        method: method,
                        headers: [.authorization: "Bearer \(writer)"]
                    )
                    #expect(response.status == status)
                }
            }
        }
    }

    @Test("Listening asks for read, before the upgrade")
    func listening() async throws {
        try await APIFixture.run { api in
            let (session, _) = try await api.startExport()
            let (_, writer) = try await APIFixture.makeKey(of: "team", scopes: [.write], api.backend.pool)
            let (_, reader) = try await APIFixture.makeKey(of: "team", scopes: [.read], api.backend.pool)
            try await api.serve { port in
                for (key, status) in [(writer, 403), (reader, 101)] {
                    try await RawConnection.open(port: port) { client in
                        let head = try await client.openProgress(
                            "\(session)",
                            headers: ["Authorization: Bearer \(key)"]
                        )
                        #expect(head.status == status)
                    }
                }
            }
        }
    }
}
