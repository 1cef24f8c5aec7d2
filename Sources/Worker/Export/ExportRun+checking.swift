import Jira
import Jobs
import Logging
import Record
import TramlineModel

extension ExportRun {
    /// Looks, once in a job's life, whether the project takes what the export is about to create.
    ///
    /// Whatever is amiss ends the export before anything is created, with all of it in one fault. A later claim of the same job
    /// does not look again: what has changed since is met ticket by ticket.
    func checkProject(for tickets: [Ticket]) async throws {
        guard !tickets.isEmpty, try await !run.jobs.hasStep(Self.checkStep, of: claim, subject: session) else { return }
        do {
            let reader = ProjectReader(caller: caller, project: project)
            let facts = try await reader.readForExport(types: Set(tickets.map(\.content.issueType)))
            let findings = ProjectCheck(facts: facts).findings(for: tickets)
            guard findings.isEmpty else {
                logger.notice("An export cannot begin", metadata: ["findings": "\(findings.count)"])
                throw Interruption.outcome(.failed(FaultTable.projectUnready(project, findings)))
            }
        } catch let error as JiraError {
            throw interruption(error, doing: "checking the project \(project)", nil)
        }
        try await run.commit { connection in
            try await run.jobs.recordStep(
                Self.checkStep,
                of: claim,
                subject: session,
                outcome: "passed",
                on: connection
            )
            return ((), nil)
        }
    }

    /// The tickets of which a create request will be sent, as far as can be seen: not those whose last one has an unknown end.
    func tickets(toCreate operations: [TicketID: CreateOperation]) -> [Ticket] {
        material.tickets.filter { ticket in
            guard ticket.issue == nil, ticket.status != .skipped else { return false }
            switch operations[ticket.id]?.state {
            case .intended, .uncertain, .parked: return false
            case .created, .refused, nil: return true
            }
        }
    }

    private static let checkStep = "checks"
}
