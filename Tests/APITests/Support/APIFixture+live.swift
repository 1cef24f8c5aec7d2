import Delivery
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import ServiceLifecycle
import TestEquipment
import Testing
import TramlineModel

@testable import API

extension APIFixture {
    /// Serves on a free port, with a relay.
    ///
    /// - Parameter body: gets the port.
    func serve<Result: Sendable>(
        relay configuration: ProgressRelay.Configuration = ProgressRelay.Configuration(
            lookInterval: .milliseconds(100)
        ),
        webSocket: WebSocketHandler.Configuration = WebSocketHandler.Configuration(),
        _ body: @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        let relay = ProgressRelay(
            sessions: backend.sessions,
            delivery: backend.delivery,
            configuration: configuration,
            logger: logger
        )
        let application = Server.makeApplication(
            backend,
            relay: relay,
            address: .hostname("localhost", port: 0),
            webSocket: webSocket,
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            defer { group.cancelAll() }
            return try await application.test(.live) { client in
                try await body(try #require(client.port))
            }
        }
    }

    var authorization: String { "Authorization: Bearer \(key)" }

    /// Imports a session and starts its export.
    func startExport(tickets: Int = 3) async throws -> (SessionID, JobID) {
        let session = try await importSession(tickets: tickets)
        guard
            case .started(let job, _) = try await backend.sessions.startExport(
                of: session,
                team: team,
                actor: .test,
                maximumAttempts: 1
            )
        else { throw RecordError(.conflict, "a new session can be exported") }
        return (session, job.id)
    }

    /// Does what a worker does after a step: stores a message, and publishes it unless told not to.
    @discardableResult
    func step(_ session: SessionID, _ job: JobID, isPublished: Bool = true) async throws -> Int64 {
        let sequence = try await backend.pool.withTransaction { connection in
            let counts = try await backend.sessions.counts(of: session, on: connection)
            return try await backend.sessions.appendMessage(to: session, job: job, on: connection) { number in
                .progress(
                    ProgressMessage.Progress(
                        sequence: number,
                        session: session,
                        task: job,
                        counts: counts,
                        project: "PROJ",
                        spacing: backend.spacing
                    )
                )
            }
        }
        if isPublished { try await backend.delivery.publishProgress(session: session, sequence: sequence) }
        return sequence
    }

    /// Ends an export well.
    @discardableResult
    func complete(_ session: SessionID, _ job: JobID) async throws -> Int64 {
        let sequence = try await backend.pool.withTransaction { connection in
            let counts = try await backend.sessions.counts(of: session, on: connection)
            try await backend.sessions.completeExport(session, on: connection)
            return try await backend.sessions.appendMessage(to: session, job: job, on: connection) { number in
                .complete(
                    ProgressMessage.Complete(
                        sequence: number,
                        session: session,
                        task: job,
                        counts: counts,
                        duration: .seconds(60)
                    )
                )
            }
        }
        try await backend.delivery.publishProgress(session: session, sequence: sequence)
        return sequence
    }
}

/// A message as a listener reads it.
struct HeardMessage: Decodable, Equatable {
    let type: String
    let sequence: Int64
    let status: String
    let snapshot: Bool?

    init(_ text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }
}
