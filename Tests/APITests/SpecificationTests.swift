import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import API

/// Each endpoint of the specification, asked about a session in each state: the status, and exactly the members that it names.
///
/// What the values are is the matter of the suites of each endpoint; here nothing may be missing, and nothing be there besides.
@Suite("Every answer of the specification", .postgres, .tags(.postgres, .redis), .timeLimit(.minutes(2)))
struct SpecificationTests {
    /// How the session stands that is asked about.
    enum Standing: String, Sendable, CaseIterable {
        case unknown, anotherTeams, empty, ready, exporting, completed, failed, retriesUsedUp, cancelled, parked,
            parkedAfterFailure
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let endpoint: Endpoint
        let standing: Standing
        let status: HTTPResponse.Status
        let members: Set<String>
        /// What is the matter, in the one shape of errors.
        var code: String?

        init(
            _ endpoint: Endpoint,
            _ standing: Standing,
            _ status: HTTPResponse.Status,
            _ members: Set<String> = ["error"],
            code: String? = nil
        ) {
            self.endpoint = endpoint
            self.standing = standing
            self.status = status
            self.members = members
            self.code = code
        }

        var testDescription: String { "\(endpoint), \(standing.rawValue): \(status.code) \(code ?? "")" }
    }

    private enum Members {
        static let started: Set = [
            "task_id", "session_id", "status", "total_tickets", "estimated_duration_minutes", "jira_project_key",
            "started_at",
        ]
        static let running: Set = [
            "task_id", "session_id", "status", "progress_percentage", "current_ticket_title", "started_at",
        ]
        static let exporting: Set = [
            "session_id", "task_id", "status", "progress_percentage", "tickets_completed", "total_tickets",
            "current_ticket_title", "estimated_time_remaining_minutes",
        ]
        static let completed: Set = [
            "session_id", "task_id", "status", "jira_tickets_created", "dependencies_created", "manual_fixes_needed",
            "total_processing_time_minutes", "completed_at",
        ]
        static let failed: Set = [
            "session_id", "task_id", "status", "failed_at_ticket_order", "error_category", "user_message",
            "recovery_actions", "retry_available", "retry_attempts_used",
        ]
        static let retried: Set = [
            "task_id", "session_id", "status", "retry_attempt", "remaining_retries", "resuming_from_ticket_order",
            "preserved_successful_tickets",
        ]
        static let usedUp: Set = [
            "error_category", "user_message", "recovery_actions", "retry_attempts_used", "first_error_at",
        ]
        static let results: Set = [
            "session_id", "total_tickets_created", "jira_tickets", "dependencies_created", "manual_fixes",
            "total_processing_time_minutes",
        ]
    }

    static let answers: [Answer] =
        [Endpoint.startExport, .retryExport, .exportStatus, .exportResults].flatMap { endpoint in
            [
                Answer(endpoint, .unknown, .notFound, code: "session_not_found"),
                Answer(endpoint, .anotherTeams, .notFound, code: "session_not_found"),
            ]
        } + [
            Answer(.startExport, .empty, .unprocessableContent, code: "session_empty"),
            Answer(.startExport, .ready, .accepted, Members.started),
            Answer(.startExport, .exporting, .accepted, Members.running),
            Answer(.startExport, .completed, .unprocessableContent, code: "session_already_exported"),
            Answer(.startExport, .parked, .forbidden, code: "integration_parked"),

            Answer(.retryExport, .ready, .unprocessableContent, code: "export_not_started"),
            Answer(.retryExport, .exporting, .conflict, code: "export_running"),
            Answer(.retryExport, .completed, .unprocessableContent, code: "session_already_exported"),
            Answer(.retryExport, .failed, .accepted, Members.retried),
            Answer(.retryExport, .cancelled, .accepted, Members.retried),
            Answer(.retryExport, .retriesUsedUp, .unprocessableContent, Members.usedUp),
            Answer(.retryExport, .parkedAfterFailure, .forbidden, code: "integration_parked"),

            Answer(.exportStatus, .ready, .ok, Members.exporting),
            Answer(.exportStatus, .exporting, .ok, Members.exporting),
            Answer(.exportStatus, .completed, .ok, Members.completed),
            Answer(.exportStatus, .failed, .ok, Members.failed),
            Answer(.exportStatus, .retriesUsedUp, .ok, Members.failed),
        ]
        + [Standing.ready, .exporting, .completed, .failed, .cancelled].map {
            Answer(.exportResults, $0, .ok, Members.results)
        }

    private static let fault = Fault(
        category: .temporary,
        code: "jira_unavailable",
        userMessage: "Jira did not answer.",
        recoveryActions: ["Retry"]
    )

    /// Makes a session that stands so.
    private func session(_ standing: Standing, _ api: APIFixture) async throws -> SessionID {
        switch standing {
        case .unknown: return SessionID()
        case .anotherTeams:
            let stranger = try await api.importSession(tickets: 1)
            let (other, _) = try await APIFixture.makeTeam("others", api.backend.pool)
            try await api.backend.pool.execute("UPDATE sessions SET team_id = \(other) WHERE id = \(stranger)")
            return stranger
        case .empty: return try await api.importSession(tickets: 0)
        case .ready: return try await api.importSession(tickets: 2)
        case .exporting: return try await api.startExport(tickets: 2).0
        case .completed: return try await ended(.succeeded, creating: 2, api)
        case .failed: return try await ended(.failed(Self.fault), creating: 1, api)
        case .cancelled: return try await ended(.cancelled, creating: 1, api)
        case .parked:
            let ready = try await api.importSession(tickets: 2)
            try await api.standIn.parkIntegration(of: ready, because: "The token was revoked.")
            return ready
        case .parkedAfterFailure:
            let failed = try await ended(.failed(Self.fault), creating: 1, api)
            try await api.standIn.parkIntegration(of: failed, because: "The token was revoked.")
            return failed
        case .retriesUsedUp:
            let failed = try await ended(.failed(Self.fault), creating: 1, api)
            try await api.backend.pool.execute("UPDATE sessions SET export_retry_count = 3 WHERE id = \(failed)")
            return failed
        }
    }

    private func ended(_ end: JobSettlement, creating count: Int, _ api: APIFixture) async throws -> SessionID {
        let (session, _) = try await api.startExport(tickets: 2)
        try await api.standIn.run(session, creating: count, to: end)
        return session
    }

    @Test("Each answer has its status and its members", arguments: answers)
    func answer(_ answer: Answer) async throws {
        try await APIFixture.run { api in
            let session = try await session(answer.standing, api)
            try await api.application.test(.router) { client in
                let response = try await client.execute(
                    uri: answer.endpoint.path.replacing("{session_id}", with: session.description),
                    method: answer.endpoint.method,
                    headers: api.headers(),
                    body: answer.endpoint.method == .post ? ByteBuffer(string: "{}") : nil
                )
                #expect(response.status == answer.status)
                #expect(Set(try response.json.keys) == answer.members)
                if let code = answer.code { #expect(try response.error().code == code) }
            }
        }
    }
}
