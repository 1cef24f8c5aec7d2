import Postgres
import Record
import TestEquipment
import TramlineModel

@testable import API

/// How the session stands that an endpoint is asked about.
enum Standing: String, Sendable, CaseIterable {
    case unknown, anotherTeams, empty, ready, exporting, cancelling, completed, failed, retriesUsedUp, cancelled
    case parked, parkedAfterFailure
    /// Ready, or failed, while a task of the session's has not ended: what two requests at one moment may meet.
    case occupied, occupiedAfterFailure
    /// Exporting, while its task has ended: the other thing that they may meet.
    case torn

    /// Makes a session that stands so.
    func makeSession(_ api: APIFixture) async throws -> SessionID {
        let pool = api.backend.pool
        switch self {
        case .unknown: return SessionID()
        case .anotherTeams:
            let stranger = try await api.importSession(tickets: 1)
            let (other, _) = try await APIFixture.makeTeam("others", pool)
            try await pool.execute("UPDATE sessions SET team_id = \(other) WHERE id = \(stranger)")
            return stranger
        case .empty: return try await api.importSession(tickets: 0)
        case .ready: return try await api.importSession(tickets: 2)
        case .exporting: return try await api.startExport(tickets: 2).0
        case .cancelling:
            let (session, _) = try await api.startExport(tickets: 2)
            _ = try await api.standIn.claim(session)
            _ = try await api.backend.sessions.cancelExport(of: session, team: api.team, actor: .test)
            return session
        case .completed: return try await Self.ended(.succeeded, creating: 2, api)
        case .failed: return try await Self.ended(.failed(.jiraAway), creating: 1, api)
        case .cancelled: return try await Self.ended(.cancelled, creating: 1, api)
        case .retriesUsedUp:
            let failed = try await Standing.failed.makeSession(api)
            try await pool.execute("UPDATE sessions SET export_retry_count = 3 WHERE id = \(failed)")
            return failed
        case .parked: return try await Self.parked(.ready, api)
        case .parkedAfterFailure: return try await Self.parked(.failed, api)
        case .occupied: return try await Self.occupied(.ready, api)
        case .occupiedAfterFailure: return try await Self.occupied(.failed, api)
        case .torn:
            let (session, task) = try await api.startExport(tickets: 2)
            try await pool.execute("UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE id = \(task)")
            return session
        }
    }

    /// One whose export has ended so, with a manual fix for its first ticket.
    private static func ended(
        _ end: JobSettlement,
        creating count: Int,
        _ api: APIFixture
    ) async throws -> SessionID {
        let (session, _) = try await api.startExport(tickets: 2)
        try await api.standIn.run(session, creating: count, to: end)
        let exports = api.backend.exports
        let ticket = try await exports.tickets(of: session, on: api.backend.pool)[0].id
        try await api.backend.pool.withTransaction { connection in
            try await exports.recordFix(
                ManualFix(
                    ticket: ticket,
                    issueType: "assignee_invalid",
                    subject: "assignee",
                    reason: "Nobody has this address.",
                    recommendedAction: "Assign it"
                ),
                session: session,
                on: connection
            )
        }
        return session
    }

    private static func parked(_ standing: Standing, _ api: APIFixture) async throws -> SessionID {
        let session = try await standing.makeSession(api)
        try await api.standIn.parkIntegration(of: session, because: "The token was revoked.")
        return session
    }

    private static func occupied(_ standing: Standing, _ api: APIFixture) async throws -> SessionID {
        let session = try await standing.makeSession(api)
        let other = NewJob(
            kind: .export,
            team: api.team,
            session: session,
            idempotencyKey: "export:\(session)",
            maximumAttempts: 1
        )
        _ = try await api.backend.pool.withTransaction { try await api.backend.jobs.insert(other, on: $0) }
        return session
    }
}
