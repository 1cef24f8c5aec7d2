import Console
import Delivery
import Jobs
import TramlineModel

/// What a check has found, as it is told.
struct CheckView: Sendable {
    let report: FleetCheck.Report
    /// What was put right before this report was made.
    var mended: [CheckFinding] = []
    /// What no worker would take of this environment.
    let settings: [String]

    var isWell: Bool { report.findings.isEmpty && settings.isEmpty }

    var text: String {
        var lines = summary
        lines += mended.map { "MENDED  \($0.subject) \($0.message)" }
        lines += settings.map { "WRONG   \($0)" }
        for finding in report.findings {
            lines.append("WRONG   \(finding.subject) \(finding.message)")
            if let mend = finding.mend { lines.append("        --repair would \(mend.description)") }
        }
        let count = report.findings.count + settings.count
        lines.append(
            count == 0
                ? "All is well: PostgreSQL and Redis agree."
                : "\(count) \(count == 1 ? "thing is" : "things are") wrong."
        )
        return lines.map(TextTable.printable).joined(separator: "\n")
    }

    private var summary: [String] {
        let stats = report.stats
        let paused = report.pauses.inOrder.map { "\($0)" }.joined(separator: ", ")
        return [
            "ok      PostgreSQL answers, its tables are this version's",
            "ok      Redis \(report.server.version) answers, \(report.server.usedMemory >> 20) MiB used",
            "looked  at \(report.liveJobs) live jobs: \(stats.ready) ready, \(stats.delayed) delayed, \(stats.aside) put aside, "
                + "\(stats.held) held",
            "looked  at \(stats.workers.count { $0.leaseLeft > .zero }) living workers, \(stats.gates.count) sites' gates, "
                + "pauses: \(paused.isEmpty ? "none" : paused)",
        ]
    }

    var json: JSONValue {
        .members([
            "ok": .bool(isWell), "live_jobs": .integer(report.liveJobs),
            "findings": .array(
                report.findings.map(Self.json)
                    + settings.map { .members(["code": .string("setting"), "message": .string($0)]) }
            ),
            "mended": .array(mended.map(Self.json)),
        ])
    }

    private static func json(_ finding: CheckFinding) -> JSONValue {
        .members([
            "code": .string(finding.code.rawValue), "subject": .string(finding.subject),
            "message": .string(finding.message), "repair": finding.mend.map { .string($0.description) },
        ])
    }
}
