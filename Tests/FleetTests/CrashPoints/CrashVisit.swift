#if DEBUG
import CrashPoints
import Foundation
import JiraSimulator

/// A planned interruption of a process: at a point, at its how-manieth passing.
struct PlannedCrash: Sendable, CustomStringConvertible {
    /// What happens to the process there.
    enum Fate: String, Sendable, CaseIterable {
        case dies
        /// It is stopped, and goes on when another one has done its work.
        case sleeps
        /// It is stopped, and goes on while another one does its work.
        case dozes

        /// The variable that says where.
        var variable: String { self == .dies ? "TRAMLINE_CRASH_AT" : "TRAMLINE_STOP_AT" }
    }

    let point: CrashPoint
    var passing = 1
    var fate = Fate.dies

    /// As the variable says it.
    var place: String { "\(point.rawValue):\(passing)" }
    var description: String { "\(fate.rawValue) \(place)" }
    var environment: [String: String] { [fate.variable: place] }

    /// Whether it is the API that passes the point.
    var isOfAPI: Bool { point == .beforePush || point == .afterPush }

    /// Whether the process has a job at that moment, of which it must let go when it wakes.
    var hasJob: Bool {
        switch point {
        case .afterRecordClaim, .afterGate, .beforeRequest, .afterRequest, .beforeCommit, .afterCommit,
            .beforeSettlement:
            true
        default: false
        }
    }

    /// Those that an export passes whose site takes an API token: a grant's are the matter of the worker's own tests.
    private static let points = CrashPoint.allCases.filter {
        ![.beforeRefresh, .afterRefresh, .afterRefreshStore].contains($0)
    }

    /// Every point, so many passings of each.
    static func deaths(passings: Int) -> [PlannedCrash] {
        points.flatMap { point in (1...passings).map { PlannedCrash(point: point, passing: $0) } }
    }

    /// Every point that a worker passes, with each kind of sleep.
    static let sleeps: [PlannedCrash] = [Fate.sleeps, .dozes].flatMap { fate in
        points.map { PlannedCrash(point: $0, fate: fate) }.filter { !$0.isOfAPI }
    }
}

/// What came of a planned interruption.
struct CrashVisit: Sendable {
    let crash: PlannedCrash
    /// Whether the process came there so often.
    let wasReached: Bool
    /// Requests that write, and were sent more than once.
    var repeated: [String] = []
    var attempts = 0
    var deaths = 0
    /// Requests that a sleeper sent when it woke after its work had been done.
    var late = 0
    var seconds = 0.0

    /// Everything that is not as promised, as sentences. What holds for the whole fleet is the judge's to tell.
    var violations: [String] {
        let allowed = wasReached ? 1 : 0
        var found = repeated.filter { $0.hasPrefix("create") }.map { "\(crash): the \($0) was sent twice" }
        if repeated.count > allowed { found.append("\(crash): repeated were \(repeated.joined(separator: ", "))") }
        if attempts > 0 { found.append("\(crash): it cost \(attempts) attempts") }
        if deaths > allowed { found.append("\(crash): it counted as \(deaths) deaths") }
        if late > 0 { found.append("\(crash): \(late) requests were sent after waking") }
        return found
    }

    /// A line of the report.
    var line: String {
        let name = "\(crash)".padding(toLength: 32, withPad: " ", startingAt: 0)
        guard wasReached else { return "\(name) not passed so often" }
        let repetition = repeated.isEmpty ? "nothing repeated" : "repeated: \(repeated.joined(separator: ", "))"
        return "\(name) \(repetition), over after \((seconds * 10).rounded() / 10) s"
    }
}

extension [JournalEntry] {
    /// The requests among them that write and were sent more than once, by what they write. What never came whole, since its
    /// sender slept or died before the end of it, was not sent.
    var repeatedWrites: [String] {
        var seen: Set<String> = []
        return filter { $0.writes && $0.bodyComplete != nil }.map { entry in
            if entry.isCreate { return "create of \(entry.title ?? "?")" }
            // Files have one name, links one pair of ends: what is sent twice is the same twice.
            return "\(entry.method) \(entry.path) \(entry.path.hasSuffix("issueLink") ? entry.body : "")"
        }.filter { !seen.insert($0).inserted }
    }
}

extension JournalEntry {
    fileprivate var body: String { requestBody?.text ?? "" }
}
#endif
