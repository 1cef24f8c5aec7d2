package import Foundation
package import Postgres
package import TramlineModel

/// A worker died while it ran a job: what is known of it.
package struct JobDeath: Sendable {
    /// The claim that it ended.
    package let epoch: Epoch
    package let worker: WorkerID
    package let claimedAt: Date?
    /// When another worker claimed the job and found that nobody had handed it over.
    package let noticedAt: Date
    package let noticedBy: WorkerID
    /// The last step that was finished before, `nil` when there was none: what was done, and to which ticket.
    package let lastStep: String?
    package let lastStepRef: String?
    package let lastStepAt: Date?
    /// The ref of the ticket for which a create request was intended and not settled; `nil` when there was none.
    package let openTicketRef: String?
    package let openOperation: OperationID?
}

extension JobStore {
    /// The deaths of workers under a job, the latest first.
    package func deaths(of id: JobID, on client: some PostgresClient, limit: Int = 20) async throws -> [JobDeath] {
        try await client.query(
            """
            SELECT epoch, worker_id, claimed_at, noticed_at, noticed_by, last_step, last_step_at, open_operation_id,
                   finished.ref AS last_step_ref, open.ref AS open_ref
            FROM job_deaths
            LEFT JOIN tickets AS finished ON finished.id = last_step_subject_id
            LEFT JOIN tickets AS open ON open.id = open_ticket_id
            WHERE job_id = \(id) ORDER BY epoch DESC LIMIT \(limit)
            """
        ).map { row in
            JobDeath(
                epoch: try row.get("epoch"),
                worker: try row.get("worker_id"),
                claimedAt: try row.get("claimed_at"),
                noticedAt: try row.get("noticed_at"),
                noticedBy: try row.get("noticed_by"),
                lastStep: try row.get("last_step"),
                lastStepRef: try row.get("last_step_ref"),
                lastStepAt: try row.get("last_step_at"),
                openTicketRef: try row.get("open_ref"),
                openOperation: try row.get("open_operation_id")
            )
        }
    }
}
