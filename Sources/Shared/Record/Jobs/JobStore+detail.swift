package import Foundation
import Postgres
package import TramlineModel

/// Everything that the record knows of a job.
package struct JobDetail: Sendable {
    /// The session that a job exports.
    package struct Session: Sendable {
        package let id: SessionID
        package let name: String?
        package let status: SessionRow.Status
        package let totalTickets: Int
        package let exportedTickets: Int
    }

    /// A step that was done.
    package struct Step: Sendable {
        package let step: String
        /// The ref of the ticket that the step was one of: its own, its file's, or that of a link's blocked end.
        package let ref: String?
        /// Of a link: the ref of the ticket that blocks.
        package let blockerRef: String?
        package let outcome: String
        package let epoch: Epoch
        package let finishedAt: Date
    }

    /// How many steps of a sort ended in one way.
    package struct StepCount: Sendable, Equatable {
        package let step: String
        package let outcome: String
        package let count: Int
    }

    /// A create request that the job sent.
    package struct Operation: Sendable {
        package let id: OperationID
        package let ref: String
        package let attempt: Int
        package let state: OperationState
        package let epoch: Epoch
        package let intendedAt: Date
        package let settledAt: Date?
        package let jiraKey: String?
        package let httpStatus: Int?
        package let wasAdopted: Bool
        package let detail: String?
    }

    package let entry: JobEntry
    package let session: Session?
    package let stepCounts: [StepCount]
    /// The newest, newest first.
    package let newestSteps: [Step]
    /// The newest that are not settled well, newest first: intended, uncertain, refused, parked.
    package let openOperations: [Operation]
    /// How many create requests the job sent, by state.
    package let operationCounts: [OperationState: Int]
    /// The deaths of workers under the job, the latest first.
    package let deaths: [JobDeath]
}

extension JobStore {
    /// Everything about a job, as of one moment.
    ///
    /// - Parameter limit: How many steps and how many operations at most, 1...1000.
    /// - Returns: `nil` when there is no such job.
    package func detail(of id: JobID, limit: Int) async throws -> JobDetail? {
        try await pool.withTransaction(isolation: .repeatableRead, isReadOnly: true) { connection in
            let entries = try await connection.query(
                """
                SELECT \(Self.entryColumns) FROM (
                    SELECT jobs.*, teams.name AS teams_name, now() AS read_at FROM jobs JOIN teams ON teams.id = team_id
                    WHERE jobs.id = \(id)
                ) AS entry
                """
            )
            guard let entry = try entries.first.map(Self.entry(from:)) else { return nil }
            return JobDetail(
                entry: entry,
                session: try await Self.session(of: entry.job, on: connection),
                stepCounts: try await Self.stepCounts(of: id, on: connection),
                newestSteps: try await Self.newestSteps(of: entry.job, limit: limit, on: connection),
                openOperations: try await Self.openOperations(of: id, limit: limit, on: connection),
                operationCounts: try await Self.operationCounts(of: id, on: connection),
                deaths: try await deaths(of: id, on: connection, limit: limit)
            )
        }
    }

    private static func session(of job: Job, on connection: PostgresConnection) async throws -> JobDetail.Session? {
        guard let id = job.session else { return nil }
        return try await connection.query(
            """
            SELECT name, status, total_tickets,
                   (SELECT count(*) FROM tickets WHERE session_id = sessions.id AND jira_export_status = 'exported')
                       AS exported_tickets
            FROM sessions WHERE id = \(id)
            """
        ).first.map { row in
            JobDetail.Session(
                id: id,
                name: try row.get("name"),
                status: try row.get("status"),
                totalTickets: try row.get("total_tickets"),
                exportedTickets: try row.get("exported_tickets")
            )
        }
    }

    private static func stepCounts(
        of id: JobID,
        on connection: PostgresConnection
    ) async throws -> [JobDetail.StepCount] {
        try await connection.query(
            """
            SELECT step, outcome, count(*) FROM job_steps WHERE job_id = \(id)
            GROUP BY step, outcome ORDER BY step, outcome
            """
        ).map { row in
            JobDetail.StepCount(step: try row.get("step"), outcome: try row.get("outcome"), count: try row.get("count"))
        }
    }

    private static func newestSteps(
        of job: Job,
        limit: Int,
        on connection: PostgresConnection
    ) async throws -> [JobDetail.Step] {
        let links = try await links(of: job.session, on: connection)
        return try await connection.query(
            """
            SELECT step, subject_id, ref, outcome, epoch, finished_at
            FROM job_steps
            LEFT JOIN attachments ON attachments.id = subject_id
            LEFT JOIN tickets ON tickets.id = COALESCE(attachments.ticket_id, subject_id)
            WHERE job_id = \(job.id) ORDER BY finished_at DESC LIMIT \(limit)
            """
        ).map { row in
            let link = links[try row.get("subject_id")]
            return JobDetail.Step(
                step: try row.get("step"),
                ref: try row.get("ref") ?? link?.blocked,
                blockerRef: link?.blocker,
                outcome: try row.get("outcome"),
                epoch: try row.get("epoch"),
                finishedAt: try row.get("finished_at")
            )
        }
    }

    /// The refs of both ends of a session's links, by the subjects of their steps.
    private static func links(
        of session: SessionID?,
        on connection: PostgresConnection
    ) async throws -> [UUID: (blocked: String, blocker: String)] {
        guard let session else { return [:] }
        let rows = try await connection.query(
            """
            SELECT ticket_id, depends_on_ticket_id, blocked.ref AS blocked_ref, blocker.ref AS blocker_ref
            FROM ticket_dependencies
            JOIN tickets AS blocked ON blocked.id = ticket_id
            JOIN tickets AS blocker ON blocker.id = depends_on_ticket_id
            WHERE ticket_dependencies.session_id = \(session)
            """
        )
        var links: [UUID: (blocked: String, blocker: String)] = [:]
        for row in rows {
            let subject = DependencyRow.stepSubject(
                blocked: try row.get("ticket_id"),
                blocker: try row.get("depends_on_ticket_id")
            )
            links[subject] = (try row.get("blocked_ref"), try row.get("blocker_ref"))
        }
        return links
    }

    private static func openOperations(
        of id: JobID,
        limit: Int,
        on connection: PostgresConnection
    ) async throws -> [JobDetail.Operation] {
        try await connection.query(
            """
            SELECT operations.id, ref, attempt, state, epoch, intended_at, settled_at, jira_key, http_status, adopted,
                   detail
            FROM operations JOIN tickets ON tickets.id = ticket_id
            WHERE job_id = \(id) AND state <> 'created' ORDER BY intended_at DESC LIMIT \(limit)
            """
        ).map { row in
            JobDetail.Operation(
                id: try row.get("id"),
                ref: try row.get("ref"),
                attempt: try row.get("attempt"),
                state: try row.get("state"),
                epoch: try row.get("epoch"),
                intendedAt: try row.get("intended_at"),
                settledAt: try row.get("settled_at"),
                jiraKey: try row.get("jira_key"),
                httpStatus: try row.get("http_status"),
                wasAdopted: try row.get("adopted"),
                detail: try row.get("detail")
            )
        }
    }

    private static func operationCounts(
        of id: JobID,
        on connection: PostgresConnection
    ) async throws -> [OperationState: Int] {
        let rows = try await connection.query(
            "SELECT state, count(*) FROM operations WHERE job_id = \(id) GROUP BY state"
        )
        var counts: [OperationState: Int] = [:]
        for row in rows { counts[try row.get("state")] = try row.get("count", as: Int.self) }
        return counts
    }
}
