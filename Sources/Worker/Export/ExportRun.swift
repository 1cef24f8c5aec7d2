import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// One run of a session's export: goes through the plan, one step after the other.
///
/// The files beside this one hold the steps: creating, reconciling, uploading, linking. Each commits what it did at once.
struct ExportRun {
    struct Settings: Sendable {
        /// Of the site's gate: what the forecasts are made with.
        var spacing: Duration
        /// How long a request to Jira may take.
        var requestTimeout: Duration
        /// How long after an uncertain create its absence proves nothing.
        var settle: Duration
    }

    let run: JobRun
    let material: ExportMaterial
    let caller: SiteCaller
    let facts: SiteFacts
    let exports: ExportStore
    let sessions: SessionStore
    let settings: Settings
    let logger: Logger

    var claim: JobClaim { run.claim }
    var project: String { material.session.projectKey }
    var session: SessionID { material.session.id }

    init(
        run: JobRun,
        material: ExportMaterial,
        caller: SiteCaller,
        exports: ExportStore,
        sessions: SessionStore,
        settings: Settings,
        logger: Logger
    ) {
        self.run = run
        self.material = material
        self.caller = caller
        self.facts = SiteFacts(caller: caller, project: material.session.projectKey)
        self.exports = exports
        self.sessions = sessions
        self.settings = settings
        self.logger = logger
    }

    /// Why a run stops before the plan is done.
    enum Interruption: Error {
        case outcome(JobOutcome)
    }

    func run() async throws -> JobOutcome {
        do {
            var ledger = ExportLedger(material)
            try await announceStart()
            let wait = try await createTickets(&ledger)
            if let wait {
                logger.notice("An export waits for tickets with an unknown end", metadata: ["delay_s": "\(wait)"])
                return .postponed(after: wait)
            }
            // Creating may have added files: descriptions that had to be cut.
            guard let material = try await exports.load(session) else {
                return .failed(FaultTable.recordIncomplete("its session is not in the record."))
            }
            let plan = ExportPlan(material)
            for attachment in plan.attachments {
                try checkpoint()
                try await upload(attachment, ledger)
            }
            for link in plan.links {
                try checkpoint()
                try await makeLink(link, ledger)
            }
            return .succeeded
        } catch Interruption.outcome(let outcome) {
            return outcome
        }
    }

    /// Creates what is not in Jira yet, in order.
    /// - Returns: `nil` when all are there; else how long until those with an unknown end are looked at again.
    private func createTickets(_ ledger: inout ExportLedger) async throws -> Duration? {
        let plan = ExportPlan(material)
        var nextLook: Duration?
        for ticket in plan.tickets {
            try checkpoint()
            guard !ledger.mustWait(ticket) else {
                ledger.postpone(ticket.id)
                continue
            }
            switch try await create(ticket, ledger) {
            case .exported(let issue):
                ledger.record(issue, for: ticket.id)
            case .undecided(let look):
                ledger.postpone(ticket.id)
                nextLook = min(nextLook ?? look, look)
            }
        }
        return nextLook
    }

    /// Between two steps: stops here when the worker is going away.
    func checkpoint() throws {
        if run.shouldStop { throw Interruption.outcome(.handedOver) }
    }

    /// Says that the export has begun, or goes on elsewhere.
    private func announceStart() async throws {
        try await run.commit { connection in ((), try await storeProgress(on: connection)) }
    }

    /// Stores the progress message of a step, in the step's transaction.
    func storeProgress(on connection: PostgresConnection) async throws -> ProgressMark {
        let counts = try await sessions.counts(of: session, on: connection)
        let sequence = try await sessions.appendMessage(to: session, job: claim.job.id, on: connection) { sequence in
            .progress(
                .init(
                    sequence: sequence,
                    session: session,
                    task: claim.job.id,
                    counts: counts,
                    project: project,
                    spacing: settings.spacing
                )
            )
        }
        return ProgressMark(session: session, sequence: sequence)
    }

    /// Sorts a refusal or a failure that ends the run.
    /// - Parameter doing: what was tried, in words.
    func interruption(_ error: JiraError, doing: String) -> Interruption {
        if error.code == .cancelled, run.shouldStop { return .outcome(.handedOver) }
        let fault = FaultTable.fault(of: error, doing: doing)
        return .outcome(FaultTable.isTransient(error) ? .retry(fault, after: error.retryAfter) : .failed(fault))
    }

    /// How a ticket is called in messages.
    func name(_ ticket: Ticket) -> String {
        "ticket \(ticket.exportOrder) of \(material.session.totalTickets) (\"\(ticket.content.title)\")"
    }
}
