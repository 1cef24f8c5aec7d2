import Delivery
import Record
import TramlineModel

/// What is wrong with one job, by what the record and Redis say of it at about the same time. Pure.
///
/// The record is the truth. Everything that a healthy fleet passes through for a moment counts here, too: a finding is one
/// only when a second look some seconds later shows the same.
struct JobJudgement {
    /// How far the two may differ about when a job is due: rounding, and the time between two reads.
    private static let tolerance = Duration.seconds(30)

    let id: JobID
    /// The record's row; `nil` when the job is not live there.
    let live: LiveJob?
    let place: JobPlace
    /// The workers whose leases stand.
    let living: Set<WorkerID>

    var finding: CheckFinding? {
        guard let live else { return ended }
        switch place {
        case .nowhere:
            return finding(.lost, "is \(live.state.rawValue) and Redis does not know it", .restore(QueuedJob(live)))
        case .held(let worker, let lives, let isListed): return held(live, worker, lives: lives, isListed: isListed)
        case .ready, .aside: return offered(live, due: .zero)
        case .delayed(let left): return offered(live, due: left)
        }
    }

    private var ended: CheckFinding? {
        guard place != .nowhere else { return nil }
        return finding(.ended, "has ended or never was, and Redis has it \(words(place))", .strike(id, place))
    }

    private func held(_ live: LiveJob, _ worker: WorkerID, lives: Bool, isListed: Bool) -> CheckFinding? {
        guard lives else {
            return finding(.heldByDead, "is held by \(worker), which does not live", .release(id, worker))
        }
        guard live.state == .running, live.worker == worker, !live.isLetGo else {
            return finding(
                .heldAndNotRun,
                "is held by \(worker), but the record says \(words(live)); if it stays so, restart that worker",
                nil
            )
        }
        guard isListed else {
            return finding(.notListed, "is held by \(worker), which does not list it; restart that worker", nil)
        }
        return nil
    }

    /// A job that others may claim, now or later.
    private func offered(_ live: LiveJob, due: Duration) -> CheckFinding? {
        if live.state == .running {
            guard let worker = live.worker, living.contains(worker), !live.isLetGo else { return nil }
            return finding(
                .runAndOffered,
                "runs on \(worker), by the record, and Redis offers it to others; their claim ends that run",
                nil
            )
        }
        let difference = due - live.dueIn
        guard difference < .zero - Self.tolerance || difference > Self.tolerance else { return nil }
        return finding(
            .wrongTime,
            "is due in \(live.dueIn.components.seconds) s, and Redis has it in \(due.components.seconds) s",
            .replace(QueuedJob(live), place)
        )
    }

    private func finding(_ code: CheckFinding.Code, _ what: String, _ mend: CheckMend?) -> CheckFinding {
        CheckFinding(
            code,
            "job \(id)",
            what,
            evidence: "\(live.map { "\($0.epoch) \($0.state)" } ?? "not live"), \(words(place))",
            mend: mend
        )
    }

    private func words(_ live: LiveJob) -> String {
        guard live.state == .running, let worker = live.worker else { return live.state.rawValue }
        return live.isLetGo ? "that \(worker) let go of it" : "that \(worker) runs it"
    }

    private func words(_ place: JobPlace) -> String {
        switch place {
        case .nowhere: "nowhere"
        case .ready: "ready"
        case .aside: "put aside"
        case .delayed: "delayed"
        case .held(let worker, _, _): "held by \(worker)"
        }
    }
}
