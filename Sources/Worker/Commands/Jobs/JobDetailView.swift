import Console
import Foundation
import Record
import TramlineModel

/// Everything about a job, as `jobs show` tells it.
struct JobDetailView: Sendable {
    let detail: JobDetail

    private var entry: JobEntry { detail.entry }
    private var job: Job { detail.entry.job }

    // MARK: For people

    var text: String {
        [head, fault, deaths, steps, operations].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n")
    }

    private var head: [String] {
        var lines = ["Job \(job.id): \(job.kind.rawValue), \(state)"]
        func line(_ name: String, _ text: String) {
            lines.append("  " + name.padding(toLength: 10, withPad: " ", startingAt: 0) + TextTable.printable(text))
        }
        line("team", "\(entry.teamName)\(job.site.map { " at \($0)" } ?? ""), priority \(job.priority)")
        if let session = detail.session {
            let name = session.name.map { " “\(TextTable.short($0, 40))”" } ?? ""
            line("session", "\(session.id)\(name)")
            line(
                "",
                "\(session.status.rawValue), \(session.exportedTickets) of \(session.totalTickets) tickets in Jira"
            )
        }
        line("made", time(job.createdAt))
        if let started = job.startedAt { line("started", time(started)) }
        if let claimed = entry.claimedAt { line("claimed", "\(time(claimed)), epoch \(job.epoch)") }
        if job.state == .queued || job.state == .retrying { line("due", time(job.runAt)) }
        if let finished = job.finishedAt { line("ended", time(finished)) }
        line(
            "attempts",
            "\(job.attempts) of \(job.maximumAttempts) since the last progress, deaths of workers: \(job.deaths)"
        )
        return lines
    }

    private var state: String {
        switch job.state {
        case .running: "running\(job.worker.map { " on \($0)" } ?? "")\(job.cancelRequested ? ", to be cancelled" : "")"
        default: job.state.rawValue
        }
    }

    /// A time with how far away it is.
    private func time(_ date: Date) -> String {
        let since = JobView.since(date, entry)
        return "\(date.forTable) (\(since < .zero ? "in \((.zero - since).forTable)" : "\(since.forTable) ago"))"
    }

    private var fault: [String] {
        guard let fault = job.fault else { return [] }
        return ["Fault: \(TextTable.printable(fault.userMessage)) (\(fault.category.rawValue), \(fault.code))"]
            + fault.recoveryActions.map { "  • \(TextTable.printable($0))" }
    }

    private var deaths: [String] {
        guard !detail.deaths.isEmpty else { return [] }
        let rows = detail.deaths.map { death in
            [
                death.epoch.description, death.worker.rawValue, death.claimedAt?.forTable ?? "–",
                death.noticedAt.forTable,
                death.lastStep.map { "\($0)\(death.lastStepRef.map { " \($0)" } ?? "")" } ?? "none",
                death.openTicketRef ?? "–",
            ]
        }
        let head = ["EPOCH", "WORKER", "CLAIMED", "FOUND DEAD", "LAST STEP", "CREATING"]
        return ["Workers that died while they ran it:", TextTable(head, rows).text]
    }

    private var steps: [String] {
        guard !detail.stepCounts.isEmpty else { return [] }
        let counts = detail.stepCounts.map { "\($0.count) × \($0.step) \($0.outcome)" }.joined(separator: ", ")
        let rows = detail.newestSteps.map { step in
            let ticket = [step.ref ?? "–", step.blockerRef].compactMap(\.self).joined(separator: " blocked by ")
            return [step.finishedAt.forTable, step.step, ticket, step.outcome, step.epoch.description]
        }
        return ["Steps done: \(counts)", TextTable(["WHEN", "STEP", "TICKET", "OUTCOME", "EPOCH"], rows).text]
    }

    private var operations: [String] {
        guard !detail.operationCounts.isEmpty else { return [] }
        let counts = OperationState.allCases.compactMap { state in
            detail.operationCounts[state].map { "\($0) \(state.rawValue)" }
        }
        var lines = ["Create requests: \(counts.joined(separator: ", "))"]
        guard !detail.openOperations.isEmpty else { return lines }
        let rows = detail.openOperations.map { operation in
            [
                operation.intendedAt.forTable, operation.ref, operation.state.rawValue, String(operation.attempt),
                operation.httpStatus.map(String.init) ?? "–", operation.detail.map { TextTable.short($0, 80) } ?? "",
            ]
        }
        lines.append(TextTable(["SENT", "TICKET", "STATE", "ATTEMPT", "HTTP", "DETAIL"], rows).text)
        return lines
    }

    // MARK: For machines

    var json: JSONValue {
        guard case .object(let members) = JobView.json(entry) else { preconditionFailure("a job is an object") }
        let session = detail.session.map { session in
            JSONValue.members([
                "session_id": .text(session.id), "name": session.name.map(JSONValue.string),
                "status": .string(session.status.rawValue), "total_tickets": .integer(session.totalTickets),
                "exported_tickets": .integer(session.exportedTickets),
            ])
        }
        return .object(
            members + [
                JSONMember("session", session ?? .null),
                JSONMember("deaths_known", .array(detail.deaths.map(Self.json))),
                JSONMember("step_counts", .array(detail.stepCounts.map(Self.json))),
                JSONMember("newest_steps", .array(detail.newestSteps.map(Self.json))),
                JSONMember(
                    "operation_counts",
                    .object(
                        OperationState.allCases.map {
                            JSONMember($0.rawValue, .integer(detail.operationCounts[$0] ?? 0))
                        }
                    )
                ),
                JSONMember("open_operations", .array(detail.openOperations.map(Self.json))),
            ]
        )
    }

    private static func json(_ death: JobDeath) -> JSONValue {
        .members([
            "epoch": .integer(death.epoch.rawValue), "worker": .text(death.worker),
            "claimed_at": death.claimedAt.map(JSONValue.time), "noticed_at": .time(death.noticedAt),
            "noticed_by": .text(death.noticedBy), "last_step": death.lastStep.map(JSONValue.string),
            "last_step_ticket": death.lastStepRef.map(JSONValue.string),
            "last_step_at": death.lastStepAt.map(JSONValue.time),
            "creating_ticket": death.openTicketRef.map(JSONValue.string),
            "open_operation_id": death.openOperation.map(JSONValue.text),
        ])
    }

    private static func json(_ count: JobDetail.StepCount) -> JSONValue {
        .members([
            "step": .string(count.step), "outcome": .string(count.outcome), "count": .integer(count.count),
        ])
    }

    private static func json(_ step: JobDetail.Step) -> JSONValue {
        .members([
            "step": .string(step.step), "ticket": step.ref.map(JSONValue.string),
            "blocked_by": step.blockerRef.map(JSONValue.string), "outcome": .string(step.outcome),
            "epoch": .integer(step.epoch.rawValue), "finished_at": .time(step.finishedAt),
        ])
    }

    private static func json(_ operation: JobDetail.Operation) -> JSONValue {
        .members([
            "operation_id": .text(operation.id), "ticket": .string(operation.ref),
            "attempt": .integer(operation.attempt), "state": .string(operation.state.rawValue),
            "epoch": .integer(operation.epoch.rawValue), "intended_at": .time(operation.intendedAt),
            "settled_at": operation.settledAt.map(JSONValue.time), "jira_key": operation.jiraKey.map(JSONValue.string),
            "http_status": operation.httpStatus.map(JSONValue.integer),
            "detail": operation.detail.map(JSONValue.string),
        ])
    }
}
