import Foundation
import JiraSimulator
import Synchronization

/// What a long run has shown, for people and for machines.
struct LongRunReport: Sendable, Codable {
    /// Where some hundred durations lie, in seconds.
    struct Spread: Sendable, Codable {
        let count: Int
        let p50: Double
        let p90: Double
        let p99: Double
        let longest: Double

        /// - Returns: `nil` for none.
        init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func at(_ part: Double) -> Double {
                let place = Int((Double(sorted.count) * part).rounded(.up)) - 1
                return (sorted[max(0, place)] * 100).rounded() / 100
            }
            count = sorted.count
            p50 = at(0.5)
            p90 = at(0.9)
            p99 = at(0.99)
            longest = at(1)
        }
    }

    /// How far apart requests came that the gate spaces.
    struct Gaps: Sendable, Codable {
        /// As the workers were told, in seconds.
        let spacing: Double
        let count: Int
        /// More than a twentieth shorter than that.
        let short: Int
        /// In seconds.
        let shortest: Double

        init(_ entries: [JournalEntry], spacing: Double) {
            let sites = Dictionary(grouping: entries.filter { $0.kind != .read }, by: \.site)
            let gaps = sites.values.flatMap { entries in
                zip(entries, entries.dropFirst()).map { Double($1.arrived.monotonic - $0.arrived.monotonic) / 1e6 }
            }
            self.spacing = spacing
            count = gaps.count
            short = gaps.count { $0 < spacing * 0.95 }
            shortest = ((gaps.min() ?? spacing) * 1000).rounded() / 1000
        }
    }

    let seed: UInt64
    let minutes: Double
    /// Where it ran, for people.
    let machine: String
    let sessions: Int
    let tickets: Int
    let retries: Int
    let issues: Int
    let requests: Int
    let faultyRequests: Int
    let lostAnswers: Int
    /// Gaps between spaced requests of one site as Jira saw them, on a machine that delivers late now and then.
    let gaps: Gaps
    let adopted: Int
    /// Faults injected, by what they were.
    let events: [String: Int]
    let redisLosses: Int
    /// Requests to the API by the status of their answers; 0 for none.
    let answers: [Int: Int]
    /// From `kill -9` to the next run of a job elsewhere: where nothing else happened meanwhile, where another worker was killed or
    /// stopped, and where a server or a network was in trouble.
    let recovery: Spread?
    let struckRecovery: Spread?
    let disturbedRecovery: Spread?
    /// From Redis's return to a queue that knows every live job.
    let queueBack: Spread?
    /// From SIGTERM to the end of a worker.
    let goodbye: Spread?
    let violations: [String]

    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return try encoder.encode(self)
        }
    }

    var markdown: String {
        var text = """
            # A fleet under fire: seed \(seed), \((minutes * 10).rounded() / 10) minutes

            \(tickets) tickets in \(sessions) sessions, \(issues) issues, \(requests) requests to Jira, \(faultyRequests) of them with \
            a fault; \(lostAnswers) answers lost, \(adopted) issues adopted, \(retries) sessions retried by hand.

            **\(violations.count) violations.** \(machine).


            """
        if !violations.isEmpty { text += violations.map { "- \($0)\n" }.joined() + "\n" }
        text += "| fault | times |\n|---|---|\n"
        for (event, count) in events.sorted(by: { $0.key < $1.key }) { text += "| \(event) | \(count) |\n" }
        text += "\n| recovery | times | p50 | p90 | p99 | longest |\n|---|---|---|---|---|---|\n"
        let rows: [(String, Spread?)] = [
            ("`kill -9` to the job's next run elsewhere", recovery),
            ("the same, and another worker was killed or stopped meanwhile", struckRecovery),
            ("the same, with a server or a network in trouble too", disturbedRecovery),
            ("Redis's return to a whole queue", queueBack),
            ("SIGTERM to the worker's end", goodbye),
        ]
        for case (let name, let spread?) in rows {
            text += "| \(name) | \(spread.count) | \(spread.p50) s | \(spread.p90) s | \(spread.p99) s | "
            text += "\(spread.longest) s |\n"
        }
        text += "\nOf \(gaps.count) gaps between requests that are to be \(gaps.spacing) s apart, "
        text += "\(gaps.short) were more than 5 % shorter; the shortest was \(gaps.shortest) s.\n"
        text += "\n| answer of the API | times |\n|---|---|\n"
        for (status, count) in answers.sorted(by: { $0.key < $1.key }) {
            text += "| \(status == 0 ? "none" : "\(status)") | \(count) |\n"
        }
        return text
    }

    private static func machine() -> String {
        let process = ProcessInfo.processInfo
        let memory = (Double(process.physicalMemory) / Double(1 << 30)).rounded()
        // Where the system does not tell, the report does not either.
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ")
        let average = load.flatMap { $0.count > 2 ? ", load \($0[2]) over the last quarter of an hour" : nil }
        return "\(process.activeProcessorCount) cores, \(Int(memory)) GiB, debug builds\(average ?? "")"
    }

    /// Writes both forms into a folder, as `report.md` and `report.json`.
    func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(markdown.utf8).write(to: folder.appending(path: "report.md"))
        try json.write(to: folder.appending(path: "report.json"))
    }
}

extension LongRunReport {
    init(of run: LongRun, _ judge: FaultRunJudge, minutes: Double, more violations: [String]) {
        let tally = run.tally.withLock { $0 }
        let journal = run.fleet.jira.journal()
        let figures = judge.figures()
        let recoveries = Dictionary(grouping: run.watch.recoveries, by: \.besides).mapValues { $0.map(\.seconds) }
        seed = run.plan.seed
        self.minutes = minutes
        machine = Self.machine()
        sessions = tally.sessions
        tickets = tally.tickets
        retries = tally.retries
        issues = figures.issues
        requests = journal.count
        faultyRequests = journal.count { $0.fault != nil }
        lostAnswers = figures.lost
        gaps = Gaps(journal, spacing: run.fleet.options.spacing)
        adopted = figures.adopted
        events = tally.events
        redisLosses = tally.redisLosses
        answers = tally.answers
        recovery = Spread(recoveries[.nothing] ?? [])
        struckRecovery = Spread(recoveries[.anotherStrike] ?? [])
        disturbedRecovery = Spread(recoveries[.trouble] ?? [])
        queueBack = Spread(tally.queueBack)
        goodbye = Spread(tally.goodbyes)
        self.violations = judge.violations() + tally.violations + violations
    }
}
