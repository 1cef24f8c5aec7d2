import Jira
import Jobs
import Postgres
import Record
import TramlineModel

extension ExportRun {
    /// Makes one ticket block another in Jira. Repeating is harmless: Jira keeps one link.
    ///
    /// - Returns: How long the link must wait, if it must.
    func makeLink(
        _ link: DependencyRow,
        from blocker: ExportedIssue,
        to blocked: ExportedIssue
    ) async throws -> DelayedStep? {
        let doing = "linking \(blocker.key) to \(blocked.key)"
        do {
            try await caller.send(spaced: true) { client throws(JiraError) in
                try await client.createLink(blocker: blocker.key, blocked: blocked.key)
            }
            try await commitLink(link, fix: nil)
            return nil
        } catch let error as JiraError {
            switch error.code {
            // Jira says 401 where the account may not link; that the credential is good is known by now.
            case .rejected, .notFound, .forbidden, .tooLarge, .unauthenticated:
                let fix = FixTable.notLinked(link, blocker: blocker.key, blocked: blocked.key, reason: error.message)
                try await commitLink(link, fix: fix)
                return nil
            case .rateLimited:
                guard case .issue(let wait) = RateLimitReach(error) else {
                    throw interruption(error, doing: doing, nil)
                }
                return DelayedStep(wait: wait, fault: FaultTable.fault(of: error, doing: doing))
            default:
                throw interruption(error, doing: doing, nil)
            }
        }
    }

    private func commitLink(_ link: DependencyRow, fix: ManualFix?) async throws {
        try await run.commit { connection in
            try await exports.markLink(link, refused: fix != nil, on: connection)
            if let fix { try await exports.recordFix(fix, session: session, on: connection) }
            try await run.jobs.recordStep(
                "link",
                of: claim,
                subject: link.stepSubject,
                outcome: fix == nil ? "linked" : "refused",
                on: connection
            )
            return ((), try await storeProgress(on: connection))
        }
    }
}
