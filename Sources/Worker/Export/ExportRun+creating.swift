import Jira
import Jobs
import Logging
import Postgres
import Record
import Secrets
import TramlineModel

extension ExportRun {
    /// What became of a ticket.
    enum Creation {
        case exported(ExportedIssue)
        /// Nobody knows yet; look again after so long.
        case undecided(lookAgain: Duration)
    }

    /// Creates a ticket's issue, exactly one.
    ///
    /// A request with an unknown end is settled before another is sent. Optional fields that Jira refuses are dropped, one
    /// refusal at a time; each refusal proves that nothing was made.
    func create(_ ticket: Ticket, _ ledger: ExportLedger) async throws -> Creation {
        if let open = try await OperationStore.open(of: ticket.id, on: exports.pool) {
            switch try await reconcile(open, of: ticket) {
            case .found(let issue): return .exported(issue)
            case .undecided(let look): return .undecided(lookAgain: look)
            case .absent: break
            }
        }
        var mapping = try await map(ticket, ledger)
        var form = DescriptionForm.full
        // Each turn drops at least one field or simplifies the description, so the turns are bounded.
        while true {
            try checkpoint()
            var operation: CreateOperation?
            do {
                let draft = mapping.draft
                let created = try await caller.send(
                    spaced: true,
                    preparing: { operation = try await intend(ticket) },
                    { client throws(JiraError) in try await client.createIssue(draft) }
                )
                let issue = ExportedIssue(
                    id: created.id,
                    key: created.key,
                    url: caller.client.site.browseURL(of: created.key)
                )
                try await commit(issue, of: ticket, by: operation, adopted: false, mapping)
                return .exported(issue)
            } catch let error as JiraError {
                guard let operation else { throw interruption(error, doing: "creating \(name(ticket))") }
                guard error.outcome == .refused else {
                    return try await settleUncertain(operation, of: ticket, error)
                }
                try await commitRefusal(of: operation, error)
                if error.code == .rejected {
                    if mapping.drop(error.fieldErrors) { continue }
                    if error.fieldErrors.isEmpty, form == .full, mapping.draft.documents["description"] != nil {
                        form = .plain
                        mapping.setDescription(.plain)
                        continue
                    }
                }
                throw interruption(error, doing: "creating \(name(ticket))")
            }
        }
    }

    /// Makes the body of the create request; asks the site for what it needs to know.
    private func map(_ ticket: Ticket, _ ledger: ExportLedger) async throws -> TicketMapping {
        do {
            let screen = try await facts.screen(ofType: ticket.content.issueType)
            var names = ResolvedNames(parentKey: ledger.parentKey(of: ticket))
            if let assignee = ticket.content.assignee { names.assigneeID = try await facts.accountID(of: assignee) }
            if let sprint = ticket.content.sprint { names.sprintID = try await facts.sprintID(of: sprint) }
            var mapping = TicketMapping(ticket, project: project, screen: screen, names: names)
            if let report = mapping.descriptionFault {
                throw Interruption.outcome(.failed(FaultTable.descriptionUnusable(of: name(ticket), report)))
            }
            if ticket.content.assignee != nil, names.assigneeID == nil {
                mapping.addFix(
                    OptionalField.assignee.issueType,
                    subject: "assignee",
                    reason: "No active member of the project has this name or a visible address like this.",
                    action: OptionalField.assignee.action
                )
            }
            if ticket.content.sprint != nil, names.sprintID == nil {
                mapping.addFix(
                    OptionalField.sprint.issueType,
                    subject: "sprint",
                    reason: "No open sprint of the project's boards has this name.",
                    action: OptionalField.sprint.action
                )
            }
            return mapping
        } catch let error as JiraError {
            throw interruption(error, doing: "preparing \(name(ticket))")
        }
    }

    // MARK: What is committed

    private func intend(_ ticket: Ticket) async throws -> CreateOperation {
        try await run.commit { connection in
            let known = try await OperationStore.highestKeyNumber(
                inProject: project,
                of: material.integration.id,
                on: connection
            )
            return (try await OperationStore.intend(ticket, by: claim, lowKeyNumber: known, on: connection), nil)
        }
    }

    /// Stores the issue at once, before anything else is done.
    func commit(
        _ issue: ExportedIssue,
        of ticket: Ticket,
        by operation: CreateOperation?,
        adopted: Bool,
        _ mapping: TicketMapping?
    ) async throws {
        try await run.commit { connection in
            if let operation {
                try await OperationStore.settleCreated(operation, as: issue, adopted: adopted, on: connection)
            }
            try await exports.markExported(ticket.id, as: issue, on: connection)
            for fix in mapping?.fixes ?? [] {
                try await exports.recordFix(fix, session: session, on: connection)
            }
            if let text = mapping?.overflow {
                try await exports.addAttachment(
                    to: ticket.id,
                    session: session,
                    filename: TicketMapping.overflowFilename,
                    contentType: "text/plain; charset=utf-8",
                    bytes: Array(text.utf8),
                    hash: Digest.sha256(Array(text.utf8)),
                    on: connection
                )
            }
            try await run.jobs.recordStep(
                "ticket",
                of: claim,
                subject: ticket.id,
                outcome: adopted ? "adopted" : "created",
                on: connection
            )
            return ((), try await storeProgress(on: connection))
        }
        logger.info("A ticket is in Jira", metadata: ["ticket.id": "\(ticket.id)", "issue.key": "\(issue.key)"])
    }

    private func commitRefusal(of operation: CreateOperation, _ error: JiraError) async throws {
        try await run.commit { connection in
            try await OperationStore.settleRefused(
                operation,
                httpStatus: error.status,
                detail: error.message,
                on: connection
            )
            return ((), nil)
        }
    }

    /// The answer was lost: notes it, and looks at once whether the issue is there.
    private func settleUncertain(
        _ operation: CreateOperation,
        of ticket: Ticket,
        _ error: JiraError
    ) async throws -> Creation {
        logger.warning(
            "The answer to a create was lost",
            metadata: ["ticket.id": "\(ticket.id)", "error": "\(error)", "operation.id": "\(operation.id)"]
        )
        try await run.commit { connection in
            try await OperationStore.markUncertain(
                operation,
                httpStatus: error.status,
                detail: error.message,
                on: connection
            )
            return ((), nil)
        }
        switch try await reconcile(operation, of: ticket) {
        case .found(let issue): return .exported(issue)
        case .undecided(let look): return .undecided(lookAgain: look)
        case .absent: return .undecided(lookAgain: .zero)
        }
    }
}
