import Foundation
import JiraSimulator

/// All that a fault run does, made from one number: the same seed gives the same sessions, the same faults and the same kills.
///
/// The plan says what meets the n-th request of a kind. Which ticket that is depends on the order in which requests arrive, so
/// two runs of one plan are alike, not the same.
struct FaultRunPlan: Sendable {
    /// How much.
    struct Size: Sendable {
        var tickets = 240
        var sites = 2
        var workers = 3
        var kills = 2
        /// Whether some commits come later than the settle time: then there are twins, and all must be reported.
        var hasLateCommits = false
    }

    /// A worker's death: when so many requests have got so far, by its place among those that live.
    struct Kill: Sendable {
        enum Stage: Sendable, CaseIterable { case arrived, read, answered }

        let requests: Int
        let stage: Stage
        let worker: Int
    }

    let seed: UInt64
    let size: Size
    let sites: [String]
    let sessions: [ImportBody]
    let faults: [Fault]
    /// In the order of their moments.
    let kills: [Kill]

    /// When late commits come, in milliseconds after the request.
    static let lateCommit = 7000
    /// The most tickets that an import holds.
    private static let largestSession = 1000

    init(seed: UInt64, size: Size) {
        var random = SplitMix(seed: seed)
        self.seed = seed
        self.size = size
        let sites = (0..<size.sites).map { $0 == 0 ? "acme" : "site\($0 + 1)" }
        self.sites = sites
        // Two on each site at least, so that they take turns.
        let count = max(2 * size.sites, (size.tickets + Self.largestSession - 1) / Self.largestSession)
        sessions = (0..<count).map { index in
            let tickets = size.tickets / count + (index < size.tickets % count ? 1 : 0)
            return Self.session("S\(index + 1)", tickets: tickets, site: sites[index % sites.count], using: &random)
        }
        faults = FaultMenu(lateCommit: size.hasLateCommits ? Self.lateCommit : nil).faults(using: &random)
        kills = (0..<size.kills).map { _ in
            Kill(
                // A ticket takes more than two requests, with its links, files and lost answers: spread over all of the run.
                requests: Int.random(in: size.tickets / 20...max(1, size.tickets * 2), using: &random),
                stage: Kill.Stage.allCases.randomElement(using: &random) ?? .arrived,
                worker: Int.random(in: 0..<size.workers, using: &random)
            )
        }.sorted { $0.requests < $1.requests }
    }

    /// A session whose tickets have some of what tickets may have.
    static func session(
        _ name: String,
        tickets count: Int,
        site: String,
        using random: inout SplitMix
    ) -> ImportBody {
        var body = ImportBody(name, count: count, site: site)
        for place in body.tickets.indices { furnish(&body.tickets, place, &random) }
        return body
    }

    /// Gives a ticket some of what tickets may have.
    private static func furnish(_ tickets: inout [ImportTicket], _ place: Int, _ random: inout SplitMix) {
        func happens(_ chance: Double) -> Bool { Double.random(in: 0..<1, using: &random) < chance }
        if happens(0.7) {
            tickets[place].descriptionHtml =
                "<p>What <b>\(tickets[place].title)</b> is about.</p><ul><li>One</li><li>Two</li></ul>"
        }
        // Each has a label of its own, so that leaving labels out is always worth telling.
        tickets[place].labels = ["fleet", "batch-\(place % 7)"]
        if happens(0.3) { tickets[place].priority = ["High", "Low", "No such priority"].randomElement(using: &random) }
        if happens(0.2) {
            // The second is nobody: the export drops it and says so.
            tickets[place].assignee = ImportAssignee(
                email: happens(0.8) ? "ada@acme.example" : "nobody@acme.example"
            )
        }
        if happens(0.2) { tickets[place].storyPoints = Double(Int.random(in: 1...13, using: &random)) }
        if happens(0.1), place > 0 {
            tickets[place].dependsOn = [tickets[Int.random(in: 0..<place, using: &random)].ref]
        }
        if happens(0.05) {
            let bytes = (0..<Int.random(in: 1...4000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            tickets[place].attachments = [
                ImportAttachment(filename: "file-\(place).bin", contentBase64: Data(bytes).base64EncodedString())
            ]
        }
    }
}

extension FaultRunPlan {
    /// The plan that the environment asks for: `TRAMLINE_SEED`, `TRAMLINE_FAULT_TICKETS`, `TRAMLINE_FAULT_KILLS`. A small one with a
    /// seed of its own without them.
    static func fromEnvironment(hasLateCommits: Bool) -> FaultRunPlan {
        let environment = ProcessInfo.processInfo.environment
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
        var size = Size(hasLateCommits: hasLateCommits)
        if let tickets = number("TRAMLINE_FAULT_TICKETS") {
            size.tickets = max(40, tickets)
            size.sites = tickets > 2000 ? 4 : 2
            size.kills = max(2, tickets / 500)
        }
        if let kills = number("TRAMLINE_FAULT_KILLS") { size.kills = kills }
        let seed = environment["TRAMLINE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999)
        return FaultRunPlan(seed: seed, size: size)
    }

    /// How long the run may take, in minutes.
    static var longest: Int {
        let tickets = ProcessInfo.processInfo.environment["TRAMLINE_FAULT_TICKETS"].flatMap { Int($0) } ?? 0
        return 3 + tickets / 200
    }

    /// How to do the same again.
    var repetition: String {
        "TRAMLINE_SEED=\(seed) TRAMLINE_FAULT_TICKETS=\(size.tickets) TRAMLINE_FAULT_KILLS=\(size.kills)"
    }
}
