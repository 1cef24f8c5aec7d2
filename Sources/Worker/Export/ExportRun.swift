import Jira
import Jobs
import Logging
import Postgres
import Record
import TramlineModel

/// One run of a session's export: tickets, then their files, then their links, as far as nothing undecided stands before them.
///
/// The files beside this one hold the steps: creating, reconciling, uploading, linking. Each commits what it did at once.
struct ExportRun {
    struct Settings: Sendable {
        /// Of the site's gate: what the forecasts are made with.
        var spacing: Duration
        /// How long a request to Jira may take.
        var requestTimeout: Duration
        /// How long after an uncertain request its absence proves nothing.
        var settle: Duration
        /// How long after a repeated create its twin is looked for.
        var twinAudit: Duration
    }

    /// Creates in a row that may end unknown before the run stops and backs off: Jira is in trouble then.
    static let lossesInARow = 3

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
            let operations = try await OperationStore.newest(ofSession: session, on: exports.pool)
            var ledger = ExportLedger(
                material.tickets,
                operations: operations,
                claim: claim,
                now: .now
            )
            try await announceStart()
            try await checkProject(for: tickets(toCreate: operations))
            try await createTickets(&ledger)
            let delayed = try await finishTickets(ledger)
            return outcome(ledger, delayed)
        } catch Interruption.outcome(let outcome) {
            return outcome
        }
    }

    /// What remains once everything that could be done is done.
    private func outcome(_ ledger: ExportLedger, _ delayed: DelayedStep?) -> JobOutcome {
        if let look = ledger.nextLook {
            let wait = max(.zero, min(ContinuousClock.now.duration(to: look), delayed?.wait ?? .seconds(3600)))
            logger.notice("An export waits for tickets with an unknown end", metadata: ["delay_s": "\(wait.inSeconds)"])
            return .postponed(after: wait)
        }
        if let delayed { return .retry(delayed.fault, after: delayed.wait) }
        let parked = ledger.parked
        return parked.isEmpty ? .succeeded : .failed(undecided(parked))
    }

    /// Creates what is not in Jira yet, in order; looks for what was lost whenever it is time for that.
    private func createTickets(_ ledger: inout ExportLedger) async throws {
        var losses = 0
        while true {
            try run.checkpoint()
            let lost = ledger.lost(dueAt: .now)
            if !lost.isEmpty {
                try await reconcile(lost, &ledger)
                continue
            }
            guard let (ticket, probe) = ledger.next() else { return }
            switch try await create(ticket, after: probe, ledger) {
            case .exported(let issue):
                ledger.record(issue, for: ticket.id)
                losses = 0
            case .lost(let operation, let error):
                ledger.lose(operation, lookAt: .now + .seconds(2))
                losses += 1
                if losses == Self.lossesInARow { throw interruption(error, doing: "creating \(name(ticket))", ticket) }
            }
        }
    }

    /// Uploads and links what is in Jira. What hangs on an undecided ticket waits for it.
    /// - Returns: The step that Jira wants to come last, if there is one.
    private func finishTickets(_ ledger: ExportLedger) async throws -> DelayedStep? {
        // Creating may have added files: descriptions that had to be cut.
        guard let material = try await exports.load(session) else {
            throw Interruption.outcome(.failed(FaultTable.recordIncomplete("its session is not in the record.")))
        }
        var delayed: DelayedStep?
        for attachment in material.attachments where attachment.status == .pending {
            guard let issue = ledger.issue(of: attachment.ticket) else { continue }
            try run.checkpoint()
            delayed = DelayedStep.earlier(delayed, try await upload(attachment, to: issue))
        }
        for link in material.dependencies where !link.isSettled {
            guard let blocker = ledger.issue(of: link.blocker), let blocked = ledger.issue(of: link.blocked) else {
                continue
            }
            try run.checkpoint()
            delayed = DelayedStep.earlier(delayed, try await makeLink(link, from: blocker, to: blocked))
        }
        return delayed
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
    /// - Parameters:
    ///   - doing: what was tried, in words.
    ///   - ticket: the one that it was tried for.
    func interruption(_ error: JiraError, doing: String, _ ticket: Ticket?) -> Interruption {
        if error.code == .cancelled, run.shouldStop { return .outcome(.handedOver) }
        var fault = FaultTable.fault(of: error, doing: doing)
        fault.ticketOrder = ticket?.exportOrder
        guard FaultTable.isTransient(error) else { return .outcome(.failed(fault)) }
        let wait = error.code == .rateLimited ? RateLimitReach(error).wait : error.retryAfter
        return .outcome(.retry(fault, after: wait))
    }

    /// How a ticket is called in messages.
    func name(_ ticket: Ticket) -> String {
        "ticket \(ticket.exportOrder) of \(material.session.totalTickets) (\"\(ticket.content.title)\")"
    }
}

/// A step that Jira does not want now, while others may go on.
struct DelayedStep {
    let wait: Duration
    /// What ends the export if the job's attempts are used up.
    let fault: Fault

    static func earlier(_ left: DelayedStep?, _ right: DelayedStep?) -> DelayedStep? {
        guard let left, let right else { return left ?? right }
        return left.wait <= right.wait ? left : right
    }
}
