import Foundation

/// Compares what a fault run has left behind with what was promised. Pure.
struct FaultRunJudge {
    let evidence: FaultRunEvidence
    /// Whether commits came after the settle time: then a ticket may have several issues, each of which must be reported.
    let hasLateCommits: Bool
    /// Whether a job may have failed or been quarantined, as long as its session went on and came to its end.
    var allowsFailedJobs = false

    /// The figures of a run, for its log.
    struct Figures: Sendable {
        var issues = 0
        var lost = 0
        var adopted = 0
        var twins = 0
    }

    /// Everything that is not as promised, as sentences; empty when all is well.
    func violations() -> [String] {
        sessions() + issues() + creates() + operations() + twins() + contents() + fields()
    }

    func figures() -> Figures {
        let keys = Dictionary(grouping: evidence.issues.filter { $0.marker != nil }) { "\($0.site) \($0.marker ?? "")" }
        return Figures(
            issues: evidence.issues.count,
            lost: evidence.creates.count { $0.key != nil && !$0.isHeard },
            adopted: evidence.operations.count { $0.isAdopted },
            twins: keys.values.reduce(0) { $0 + $1.count - 1 }
        )
    }

    // MARK: The record

    private func sessions() -> [String] {
        var found: [String] = []
        for session in evidence.sessions {
            if session.status != "completed" {
                found.append("session \(session.id.wire) is \(session.status): \(session.message ?? "")")
            }
            // The oldest are trimmed from long sessions.
            let kept = session.newest - session.progress.count + 1
            if session.progress.isEmpty || session.progress != Array(kept...session.newest) {
                found.append("session \(session.id.wire) has gaps in its progress")
            }
        }
        for (site, most) in evidence.inFlight.sorted(by: { $0.key < $1.key }) where most != 1 {
            found.append("\(most) requests were in flight at \(site) at once")
        }
        for job in evidence.jobs {
            let isFinal = ["succeeded", "failed", "quarantined"].contains(job.state)
            if allowsFailedJobs ? !isFinal : job.state != "succeeded" {
                found.append("job \(job.id.wire) (\(job.kind)) is \(job.state)")
            }
            if job.lateSteps > 0 {
                found.append("job \(job.id.wire) has \(job.lateSteps) steps of a claim that was over")
            }
        }
        return found
    }

    private func operations() -> [String] {
        let open = evidence.operations.filter { $0.state != "created" && $0.state != "refused" }
        let created = Dictionary(grouping: evidence.operations.filter { $0.state == "created" }, by: \.ticket)
        return open.map { "an operation of ticket \($0.ticket.wire) is \($0.state)" }
            + created.filter { $0.value.count > 1 }.map {
                "ticket \($0.key.wire) has \($0.value.count) created operations"
            }
    }

    // MARK: Exactly one

    private func issues() -> [String] {
        var found: [String] = []
        let byMarker = Dictionary(grouping: evidence.issues) { "\($0.site) \($0.marker ?? "")" }
        let markers = Set(evidence.tickets.map { "\($0.site) \($0.marker)" })
        for ticket in evidence.tickets {
            let name = "ticket \(ticket.title)"
            let issues = byMarker["\(ticket.site) \(ticket.marker)"] ?? []
            guard !issues.isEmpty else {
                found.append("\(name) is lost: Jira has no issue with its marker")
                continue
            }
            if issues.count > 1, !hasLateCommits {
                found.append("\(name) has \(issues.count) issues: \(issues.map(\.key).joined(separator: ", "))")
            }
            if ticket.status != "exported" { found.append("\(name) is \(ticket.status) in the record") }
            guard let own = issues.first(where: { $0.key == ticket.key && $0.id == ticket.issueID }) else {
                found.append("\(name) has the key \(ticket.key ?? "none") in the record, which is no issue of its own")
                continue
            }
            if own.title != ticket.title { found.append("\(name) is called \(own.title) in Jira") }
        }
        for issue in evidence.issues where !markers.contains("\(issue.site) \(issue.marker ?? "")") {
            found.append("issue \(issue.key) of \(issue.site) belongs to no ticket")
        }
        return found
    }

    /// Whatever Jira made and could not tell was found again.
    private func creates() -> [String] {
        let tickets = Dictionary(evidence.tickets.map { ($0.title, $0) }) { first, _ in first }
        let adopted = Set(evidence.operations.filter { $0.isAdopted && $0.state == "created" }.map(\.ticket))
        var found: [String] = []
        for create in evidence.creates where create.key != nil && !create.isHeard {
            guard let ticket = create.title.flatMap({ tickets[$0] }) else { continue }
            // Where there are twins, the others are somebody else's to tell.
            guard ticket.key == create.key || !hasLateCommits else { continue }
            if ticket.key != create.key || !adopted.contains(ticket.id) {
                found.append("\(create.key ?? "") of ticket \(ticket.title), whose answer was lost, was not adopted")
            }
        }
        return found
    }

    private func twins() -> [String] {
        let keys = Dictionary(evidence.tickets.map { ("\($0.site) \($0.marker)", $0) }) { first, _ in first }
        let twins = evidence.issues.filter { issue in
            guard let ticket = keys["\(issue.site) \(issue.marker ?? "")"] else { return false }
            return ticket.key != issue.key
        }
        let fixes = evidence.fixes.filter { $0.issueType == "duplicate_issue" }
        let told = Set(fixes.map { "\($0.title) \($0.jiraKey ?? "")" })
        let real = Set(twins.map { "\($0.title) \($0.key)" })
        return real.subtracting(told).sorted().map { "the twin \($0) is reported to nobody" }
            + told.subtracting(real).sorted().map { "the twin \($0) is reported and is none" }
            + evidence.fixes.filter { $0.issueType == "possible_orphan" }
            .map { "ticket \($0.title) is said to have a possible orphan: \($0.recommendedAction ?? "")" }
    }

    // MARK: What the issues hold

    private func contents() -> [String] {
        var found: [String] = []
        let issues = Dictionary(evidence.issues.map { ("\($0.site) \($0.key)", $0) }) { first, _ in first }
        let refused = Set(evidence.fixes.filter { $0.issueType == "attachment_refused" }.map(\.title))
        for ticket in evidence.tickets {
            guard let issue = issues["\(ticket.site) \(ticket.key ?? "")"] else { continue }
            if issue.hasDescription != ticket.hasDescription {
                found.append("ticket \(ticket.title) has lost its description")
            }
            if issue.attachments.sorted() != ticket.attachments.sorted(), !refused.contains(ticket.title) {
                found.append(
                    "ticket \(ticket.title) has the files \(issue.attachments) instead of \(ticket.attachments)"
                )
            }
        }
        let made = Set(evidence.madeLinks)
        let unlinked = Set(evidence.fixes.filter { $0.issueType == "dependency_not_linked" }.map(\.title))
        for link in evidence.wantedLinks.subtracting(made) where !unlinked.contains(link.blocked) {
            found.append("\(link.blocker) does not block \(link.blocked)")
        }
        for link in made.subtracting(evidence.wantedLinks) {
            found.append("\(link.blocker) blocks \(link.blocked), which nobody asked for")
        }
        if made.count != evidence.madeLinks.count { found.append("a link was made twice") }
        return found
    }

    /// Whatever an issue lacks of its ticket's fields is a manual fix, and no manual fix is needless.
    private func fields() -> [String] {
        let issues = Dictionary(evidence.issues.map { ("\($0.site) \($0.key)", $0) }) { first, _ in first }
        let told = Set(evidence.fixes.map { "\($0.title) \($0.issueType)" })
        var found: [String] = []
        for ticket in evidence.tickets {
            guard let issue = issues["\(ticket.site) \(ticket.key ?? "")"] else { continue }
            for field in FaultRunEvidence.Field.allCases {
                guard let wanted = ticket.fields[field] else { continue }
                let isSet = issue.fields[field] == wanted
                guard told.contains("\(ticket.title) \(field.rawValue)") == isSet else { continue }
                found.append(
                    isSet
                        ? "ticket \(ticket.title) has its \(field), and somebody is told that it has not"
                        : "ticket \(ticket.title) was made without its \(field), and nobody is told"
                )
            }
        }
        return found
    }
}
