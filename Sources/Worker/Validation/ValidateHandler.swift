import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// Runs questions to a Jira site for which somebody waits within a request: the answer is the job's result.
struct ValidateHandler: JobHandler {
    let integrations: IntegrationStore
    let connector: SiteConnector
    let logger: Logger

    func run(_ run: JobRun) async throws -> JobOutcome {
        let question = try AnswerJSON.decode(SiteQuestion.self, from: run.claim.job.payload)
        guard let integration = try await integrations.load(question.integrationId, on: integrations.pool) else {
            return .failed(FaultTable.recordIncomplete("the integration of the site is not in the record."))
        }
        do {
            let answer = try await answer(question, try connector.caller(for: integration, run: run))
            try await run.commit { connection in
                (try await run.jobs.storeResult(answer, of: run.claim, on: connection), nil)
            }
            return .succeeded
        } catch let fault as Fault {
            return .failed(fault)
        } catch let error as JiraError {
            if error.code == .cancelled, run.shouldStop { return .handedOver }
            let what = question.projectKey.map { "validating the project \($0)" } ?? "looking at the site"
            let fault = FaultTable.fault(of: error, doing: what)
            return FaultTable.isTransient(error) ? .retry(fault, after: error.retryAfter) : .failed(fault)
        }
    }

    private func answer(_ question: SiteQuestion, _ caller: SiteCaller) async throws -> String {
        let reader = ProjectReader(caller: caller, project: question.projectKey ?? "")
        switch question.subject {
        case .account:
            let user = try await caller.send(spaced: false) { client throws(JiraError) in try await client.myself() }
            return try AnswerJSON.encode(SiteAccount(accountId: user.accountID, displayName: user.displayName))
        case .project:
            let check = ProjectCheck(facts: try await reader.readForPeople())
            return try AnswerJSON.encode(check.validation(for: question.requirements))
        case .attachments:
            return try AnswerJSON.encode(try await reader.readAllowance())
        }
    }

    /// Nothing but the job's own row knows of it.
    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? { nil }
}
