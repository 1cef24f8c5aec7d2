package import Postgres
package import Record
package import TramlineModel

/// Does to the record what a worker does, without one.
package struct ExportStandIn: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let worker = WorkerID(rawValue: "stand-in")

    /// Claims the job that exports a session.
    package func claim(_ session: SessionID) async throws -> JobClaim {
        let task: JobID = try await pool.query("SELECT export_task_id FROM sessions WHERE id = \(session)").scalar()
        guard let claim = try await JobStore(pool: pool).claim([task], for: Self.worker).first else {
            throw RecordError(.notFound, "The session's task has ended.")
        }
        return claim
    }

    /// Puts the first tickets of a session into Jira, as far as the record is concerned.
    package func createIssues(_ count: Int, of session: SessionID) async throws {
        let exports = ExportStore(pool: pool)
        for ticket in try await exports.tickets(of: session, on: pool).prefix(count) where ticket.issue == nil {
            let key = "PROJ-\(ticket.exportOrder)"
            let issue = ExportedIssue(id: "\(10000 + ticket.exportOrder)", key: key, url: "https://x.example/\(key)")
            try await pool.withTransaction(by: .worker(Self.worker)) { connection in
                try await exports.markExported(ticket.id, as: issue, on: connection)
            }
        }
    }

    /// Runs a session's export to its end: so many tickets are created, and then it ends so.
    package func run(_ session: SessionID, creating count: Int = 0, to settlement: JobSettlement) async throws {
        try await end(try await claim(session), creating: count, as: settlement)
    }

    /// Goes on with a claim to its end.
    package func end(_ claim: JobClaim, creating count: Int = 0, as settlement: JobSettlement) async throws {
        guard let session = claim.job.session else { preconditionFailure("an export has a session") }
        try await createIssues(count, of: session)
        let (jobs, sessions) = (JobStore(pool: pool), SessionStore(pool: pool))
        try await jobs.withFence(claim) { connection in
            switch settlement {
            case .succeeded: try await sessions.completeExport(session, on: connection)
            case .cancelled: _ = try await sessions.concludeCancelled(session, job: claim.job.id, on: connection)
            case .failed(let fault), .exhausted(let fault), .quarantined(let fault):
                let order = try await sessions.counts(of: session, on: connection).resumingTicketOrder
                try await sessions.failExport(session, at: order, fault: fault, on: connection)
            case .queued, .retrying: break
            }
            try await jobs.settle(claim, as: settlement, on: connection)
        }
    }

    /// Says that the credential for a session's site is not in use any more.
    package func parkIntegration(of session: SessionID, because reason: String) async throws {
        try await pool.execute(
            """
            UPDATE integrations SET state = 'parked', parked_reason = \(reason)
            WHERE id = (SELECT integration_id FROM sessions WHERE id = \(session))
            """
        )
    }
}
