import Console
import Foundation
import Record
import TramlineModel

/// A job as the commands show it.
enum JobView {
    /// The cells of its line in a list.
    static func cells(_ entry: JobEntry) -> [String] {
        let job = entry.job
        return [
            String(job.id.description.prefix(8)),
            job.state.rawValue,
            job.kind.rawValue,
            TextTable.short(entry.teamName, 14),
            job.site.map { TextTable.short($0.rawValue, 22) } ?? "–",
            since(job.createdAt, entry).forTable,
            tries(job),
            note(entry),
        ]
    }

    /// The attempts used of those allowed, and the deaths.
    static func tries(_ job: Job) -> String {
        "\(job.attempts)/\(job.maximumAttempts)" + String(repeating: "†", count: min(job.deaths, 3))
    }

    /// What the state alone does not say.
    private static func note(_ entry: JobEntry) -> String {
        let job = entry.job
        let due = .zero - since(job.runAt, entry)
        return switch job.state {
        case .running where job.cancelRequested: "to be cancelled"
        case .running: job.worker.map { "on \($0)" } ?? ""
        case .queued where due > .zero, .retrying where due > .zero: "due in \(due.forTable)"
        case .queued, .retrying: "due"
        case .failed, .quarantined: job.fault?.code ?? ""
        case .succeeded, .cancelled: ""
        }
    }

    static func since(_ date: Date, _ entry: JobEntry) -> Duration {
        .seconds(entry.readAt.timeIntervalSince(date))
    }

    /// The job's own members, in lists and by itself.
    static func json(_ entry: JobEntry) -> JSONValue {
        let job = entry.job
        return .members([
            "job_id": .text(job.id), "kind": .string(job.kind.rawValue), "state": .string(job.state.rawValue),
            "team": .string(entry.teamName), "site": job.site.map(JSONValue.text),
            "session_id": job.session.map(JSONValue.text), "priority": .string("\(job.priority)"),
            "attempts": .integer(job.attempts), "max_attempts": .integer(job.maximumAttempts),
            "deaths": .integer(job.deaths), "epoch": .integer(job.epoch.rawValue),
            "worker": job.worker.map(JSONValue.text), "cancel_requested": .bool(job.cancelRequested),
            "created_at": .time(job.createdAt), "run_at": .time(job.runAt),
            "claimed_at": entry.claimedAt.map(JSONValue.time), "started_at": job.startedAt.map(JSONValue.time),
            "finished_at": job.finishedAt.map(JSONValue.time), "fault": job.fault.map(json),
        ])
    }

    private static func json(_ fault: Fault) -> JSONValue {
        .members([
            "category": .string(fault.category.rawValue), "code": .string(fault.code),
            "message": .string(fault.userMessage),
            "recovery_actions": .array(fault.recoveryActions.map(JSONValue.string)),
        ])
    }
}
