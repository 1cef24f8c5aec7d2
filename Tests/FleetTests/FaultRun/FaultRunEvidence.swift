import Foundation
import JiraSimulator
import Postgres

/// What was left behind by a fault run: in Jira, in the record, and on the wire. Plain values, so that the judge can be judged.
struct FaultRunEvidence: Sendable {
    struct Issue: Sendable {
        let site: String
        let id: String
        let key: String
        let marker: String?
        let title: String
        var hasDescription = false
        var attachments: [String] = []
        /// Its optional fields.
        var fields: [Field: String] = [:]
    }

    /// A field that an export can do without, called as the manual fix that tells of it.
    enum Field: String, Sendable, CaseIterable {
        case priority = "priority_not_available"
        case assignee = "assignee_invalid"
        case storyPoints = "story_points_not_set"
        case labels = "labels_not_set"
    }

    /// A create request as Jira saw it.
    struct Create: Sendable {
        let site: String
        /// Of the issue that it made, if any.
        let key: String?
        /// Whether the client was told of it by a whole 201.
        let isHeard: Bool
        let title: String?
    }

    struct Ticket: Sendable {
        let id: UUID
        let session: UUID
        let site: String
        let title: String
        let marker: String
        let status: String
        let issueID: String?
        let key: String?
        var hasDescription = false
        var attachments: [String] = []
        /// The optional fields that were asked for; an assignee by the address.
        var fields: [Field: String] = [:]
    }

    struct Operation: Sendable {
        let ticket: UUID
        let state: String
        let key: String?
        let isAdopted: Bool
    }

    struct Session: Sendable {
        let id: UUID
        let site: String
        let status: String
        let message: String?
        /// The numbers of the progress messages that are kept, in order.
        let progress: [Int]
        /// The number of the newest message.
        let newest: Int
    }

    struct Job: Sendable {
        let id: UUID
        let kind: String
        let state: String
        /// Steps that an older claim finished after a newer one had begun to.
        let lateSteps: Int
    }

    /// A manual fix as the API tells it.
    struct Fix: Sendable, Decodable {
        let jiraKey: String?
        let title: String
        let issueType: String
        let jiraUrl: String?
        /// What is the matter, and what to do.
        var recommendedAction: String?
    }

    /// A link, by the titles of its ends.
    struct Link: Sendable, Hashable {
        let blocker: String
        let blocked: String
    }

    var issues: [Issue] = []
    var creates: [Create] = []
    var tickets: [Ticket] = []
    var operations: [Operation] = []
    var sessions: [Session] = []
    var jobs: [Job] = []
    var fixes: [Fix] = []
    /// Those that were asked for, and those that are in Jira.
    var wantedLinks: Set<Link> = []
    var madeLinks: [Link] = []
    /// The most requests in flight, by site.
    var inFlight: [String: Int] = [:]
}

extension FaultRunEvidence {
    /// Gathers what a fleet has left behind.
    init(of fleet: Fleet) async throws {
        for site in fleet.options.sites { addIssues(of: site, fleet.jira) }
        for entry in fleet.jira.journal() where entry.isCreate { creates.append(Create(entry)) }
        inFlight = Dictionary(grouping: fleet.jira.journal(), by: \.site).mapValues { entries in
            entries.mostInFlight(patience: fleet.requestTimeout)
        }
        try await addRecord(fleet.pool)
        for session in sessions { fixes += try await Self.fixes(of: session.id, fleet) }
    }

    private mutating func addIssues(of site: String, _ jira: JiraSimulator) {
        let all = jira.issues(site: site)
        let addresses = Dictionary(uniqueKeysWithValues: SimulatedUser.defaults.map { ($0.accountID, $0.email) })
        issues += all.map { issue in
            Issue(
                site: site,
                id: String(issue.id),
                key: issue.key,
                marker: jira.marker(of: issue),
                title: issue.summary,
                hasDescription: issue.description != .null,
                attachments: issue.attachments.map(\.filename),
                fields: [
                    .priority: issue.priority,
                    .assignee: issue.assignee.flatMap { addresses[$0] ?? nil },
                    .storyPoints: issue.storyPoints.map { "\($0)" },
                    // The marker's own label is nobody's.
                    .labels: issue.labels.filter { !$0.hasPrefix("tramline-") }.sorted().joined(separator: ","),
                ].compactMapValues(\.self)
            )
        }
        let titles = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0.summary) })
        madeLinks += jira.links(site: site).map { link in
            Link(blocker: titles[link.source] ?? "?", blocked: titles[link.destination] ?? "?")
        }
    }

    private mutating func addRecord(_ pool: PostgresPool) async throws {
        tickets = try await pool.query(
            """
            SELECT tickets.id, session_id, site, title, marker, jira_export_status, jira_ticket_id, jira_ticket_key,
                   description_html IS NOT NULL AS described, priority, assignee ->> 'email' AS assignee, story_points,
                   labels,
                   ARRAY(SELECT filename FROM attachments WHERE ticket_id = tickets.id) AS files
            FROM tickets JOIN sessions ON sessions.id = session_id
            """
        ).map { row in
            Ticket(
                id: try row.get("id"),
                session: try row.get("session_id"),
                site: try row.get("site"),
                title: try row.get("title"),
                marker: try row.get("marker", as: UUID.self).wire,
                status: try row.get("jira_export_status"),
                issueID: try row.get("jira_ticket_id"),
                key: try row.get("jira_ticket_key"),
                hasDescription: try row.get("described"),
                attachments: try row.get("files"),
                fields: [
                    .priority: try row.get("priority", as: String?.self),
                    .assignee: try row.get("assignee", as: String?.self),
                    .storyPoints: try row.get("story_points", as: Double?.self).map { "\($0)" },
                    .labels: try row.get("labels", as: [String].self).sorted().joined(separator: ","),
                ].compactMapValues(\.self)
            )
        }
        operations = try await pool.query("SELECT ticket_id, state, jira_key, adopted FROM operations").map { row in
            Operation(
                ticket: try row.get("ticket_id"),
                state: try row.get("state"),
                key: try row.get("jira_key"),
                isAdopted: try row.get("adopted")
            )
        }
        sessions = try await pool.query(
            """
            SELECT id, site, status, user_message, progress_sequence,
                   ARRAY(SELECT sequence FROM progress_messages WHERE session_id = sessions.id ORDER BY sequence)
                       AS sequences
            FROM sessions ORDER BY created_at
            """
        ).map { row in
            Session(
                id: try row.get("id"),
                site: try row.get("site"),
                status: try row.get("status"),
                message: try row.get("user_message"),
                progress: try row.get("sequences", as: [Int64].self).map { Int($0) },
                newest: try row.get("progress_sequence")
            )
        }
        jobs = try await pool.query(
            """
            SELECT id, kind, state,
                   (SELECT count(*) FROM job_steps AS late WHERE late.job_id = jobs.id AND EXISTS (
                       SELECT FROM job_steps AS newer
                       WHERE newer.job_id = jobs.id AND newer.epoch > late.epoch AND newer.finished_at < late.finished_at
                   )) AS late
            FROM jobs
            """
        ).map { row in
            Job(
                id: try row.get("id"),
                kind: try row.get("kind"),
                state: try row.get("state"),
                lateSteps: try row.get("late")
            )
        }
        wantedLinks = Set(
            try await pool.query(
                """
                SELECT blocker.title AS blocker, blocked.title AS blocked
                FROM ticket_dependencies
                JOIN tickets AS blocked ON blocked.id = ticket_id
                JOIN tickets AS blocker ON blocker.id = depends_on_ticket_id
                """
            ).map { row in Link(blocker: try row.get("blocker"), blocked: try row.get("blocked")) }
        )
    }

    private struct Results: Decodable {
        let manualFixes: [Fix]
    }

    private static func fixes(of session: UUID, _ fleet: Fleet) async throws -> [Fix] {
        let answer = try await fleet.send("GET", "/api/jira/export-results/\(session.wire)", key: fleet.key)
        guard answer.status == 200 else { throw FleetFault("the results were answered with \(answer.status)") }
        return try answer.decode(Results.self).manualFixes
    }
}

extension FaultRunEvidence.Create {
    init(_ entry: JournalEntry) {
        let fault = entry.fault ?? ""
        site = entry.site
        key = entry.issueKey
        isHeard = entry.outcome == .answered && entry.status == 201 && !fault.contains("truncated")
        title = entry.title
    }
}

extension [JournalEntry] {
    /// The most requests in flight at once, of one site.
    ///
    /// A process that is stopped in the middle of a request keeps its connection open, and nobody waits for the answer any more:
    /// what never came whole is not counted, and nothing longer than its sender would have waited.
    ///
    /// - Parameter patience: How long a client waits for an answer, in seconds.
    func mostInFlight(patience: Double) -> Int {
        let longest = Int(patience * 1e6)
        var ends: [Int] = []
        var most = 0
        // They are in the order of arrival.
        for entry in self where entry.bodyComplete != nil {
            let arrived = entry.arrived.monotonic
            ends.removeAll { $0 <= arrived }
            ends.append(Swift.min(entry.ended?.monotonic ?? .max, arrived + longest))
            most = Swift.max(most, ends.count)
        }
        return most
    }
}
