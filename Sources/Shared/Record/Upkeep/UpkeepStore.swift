package import Postgres
import TramlineModel

/// How long finished work is remembered in full; `nil` keeps for ever.
package struct Retention: Sendable, Equatable {
    /// Steps, deaths, progress messages, requests' details, files that Jira has, jobs of no session.
    package var details: Duration?
    /// The audit trail.
    package var audit: Duration?

    package init(details: Duration?, audit: Duration?) {
        self.details = details
        self.audit = audit
    }
}

/// Trims what finished work has left behind: by age, in small batches, never what something live needs.
///
/// What stays for ever is small, and what later decisions rest on: sessions, tickets with their keys, create requests with
/// their markers and outcomes, manual fixes, the jobs that exported, and each session's last message.
package struct UpkeepStore: Sendable {
    /// Answers that a request waited for are of no use once it has gone.
    private static let answersKept = Duration.seconds(86_400)

    package let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Trims one batch of everything. Each part is a transaction of its own; two who trim at once do not wait for each other.
    ///
    /// - Parameter batch: How many rows of a sort at most, 1...10,000; of finished jobs a hundredth of it, since each may have
    ///   thousands of steps.
    /// - Returns: How many rows were trimmed, by what they were; nothing is left when all are less than the batch.
    package func trim(_ retention: Retention, batch: Int) async throws -> [String: Int] {
        var trimmed: [String: Int] = [:]
        if let age = retention.details {
            trimmed["jobs"] = try await trimJobs(olderThan: age, limit: max(1, batch / 100))
            trimmed["messages"] = try await trimMessages(olderThan: age, limit: batch)
            trimmed["files"] = try await trimFiles(olderThan: age, limit: max(1, batch / 100))
            trimmed["sessionless_jobs"] = try await removeJobs(olderThan: age, limit: batch)
            trimmed["pauses"] = try await removePauses(olderThan: age, limit: batch)
        }
        if let age = retention.audit {
            trimmed["audit"] = try await trimAudit(olderThan: age, limit: batch)
        }
        return trimmed.filter { $0.value > 0 }
    }

    /// Steps, deaths and requests' details of jobs that have ended; not while their session is exported again.
    private func trimJobs(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            WITH ended_job AS (
                SELECT jobs.id FROM jobs
                WHERE finished_at < now() - make_interval(secs => \(age.inSeconds)) AND trimmed_at IS NULL
                  AND NOT EXISTS (SELECT FROM sessions WHERE id = session_id AND status = 'exporting')
                ORDER BY finished_at LIMIT \(limit)
                FOR UPDATE OF jobs SKIP LOCKED
            ), trimmed_step AS (
                DELETE FROM job_steps USING ended_job WHERE job_id = ended_job.id
            ), trimmed_death AS (
                DELETE FROM job_deaths USING ended_job WHERE job_id = ended_job.id
            ), trimmed_operation AS (
                UPDATE operations SET detail = NULL FROM ended_job
                -- What is not settled, or was parked, somebody may still have to understand.
                WHERE job_id = ended_job.id AND state IN ('created', 'refused') AND detail IS NOT NULL
            )
            UPDATE jobs SET trimmed_at = now() FROM ended_job WHERE jobs.id = ended_job.id
            """
        )
    }

    /// Progress messages of sessions that are not exported now; the last one of each stays, which tells how it ended.
    private func trimMessages(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM progress_messages WHERE (session_id, sequence) IN (
                SELECT session_id, sequence FROM progress_messages JOIN sessions ON sessions.id = session_id
                WHERE progress_messages.created_at < now() - make_interval(secs => \(age.inSeconds))
                  AND status <> 'exporting' AND sequence < progress_sequence
                LIMIT \(limit)
            )
            """
        )
    }

    /// The bytes of files that are in Jira, of sessions that are complete.
    private func trimFiles(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM attachment_chunks WHERE (attachment_id, chunk) IN (
                SELECT attachment_id, chunk
                FROM attachment_chunks
                JOIN attachments ON attachments.id = attachment_id
                JOIN sessions ON sessions.id = session_id
                WHERE sessions.status = 'completed' AND attachments.status <> 'pending'
                  AND completed_at < now() - make_interval(secs => \(age.inSeconds))
                LIMIT \(limit)
            )
            """
        )
    }

    /// Jobs that belong to no session: nobody asks for them again.
    private func removeJobs(olderThan age: Duration, limit: Int) async throws -> Int {
        let answers = min(age, Self.answersKept)
        return try await pool.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs
                WHERE session_id IS NULL
                  AND finished_at < now() - make_interval(
                      secs => CASE kind WHEN 'validate' THEN \(answers.inSeconds) ELSE \(age.inSeconds) END
                  )
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            )
            """
        )
    }

    private func removePauses(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM pauses WHERE id IN (
                SELECT id FROM pauses WHERE resumed_at < now() - make_interval(secs => \(age.inSeconds)) LIMIT \(limit)
            )
            """
        )
    }

    private func trimAudit(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM audit_log WHERE id IN (
                SELECT id FROM audit_log
                WHERE at < now() - make_interval(secs => \(age.inSeconds))
                  AND NOT EXISTS (SELECT FROM sessions WHERE id = audit_log.session_id AND status = 'exporting')
                LIMIT \(limit)
            )
            """
        )
    }
}
