package import Foundation
import Postgres
package import TramlineModel

/// Which jobs a list shows; what is empty or `nil` allows everything.
package struct JobFilter: Sendable {
    package var states: [JobState]
    package var kinds: [JobKind]
    /// A team's name.
    package var team: String?
    /// 1...1000.
    package var limit: Int

    package init(states: [JobState] = [], kinds: [JobKind] = [], team: String? = nil, limit: Int = 50) {
        self.states = states
        self.kinds = kinds
        self.team = team
        self.limit = limit
    }
}

/// A job with what people know it by.
package struct JobEntry: Sendable {
    package let job: Job
    package let teamName: String
    package let claimedAt: Date?
    /// When the entry was read, by the database's clock.
    package let readAt: Date
}

extension JobStore {
    static let entryColumns: PostgresQuery = "\(columns), teams_name, claimed_at, read_at"

    static func entry(from row: PostgresRow) throws(PostgresError) -> JobEntry {
        JobEntry(
            job: try job(from: row),
            teamName: try row.get("teams_name"),
            claimedAt: try row.get("claimed_at"),
            readAt: try row.get("read_at")
        )
    }

    /// Jobs, newest first.
    package func list(_ filter: JobFilter) async throws -> [JobEntry] {
        let states = filter.states.isEmpty ? JobState.allCases : filter.states
        let kinds = filter.kinds.isEmpty ? JobKind.allCases : filter.kinds
        return try await pool.query(
            """
            SELECT \(Self.entryColumns) FROM (
                SELECT jobs.*, teams.name AS teams_name, now() AS read_at FROM jobs JOIN teams ON teams.id = team_id
                WHERE state = ANY (\(states)) AND kind = ANY (\(kinds))
                  AND (\(filter.team)::text IS NULL OR teams.name = \(filter.team))
                ORDER BY jobs.created_at DESC, jobs.id LIMIT \(filter.limit)
            ) AS entry
            ORDER BY created_at DESC, id
            """
        ).map(Self.entry(from:))
    }

    /// The jobs whose ids begin with some digits, `limit` at most.
    package func jobs(withPrefix prefix: JobPrefix, limit: Int = 5) async throws -> [JobID] {
        try await pool.query(
            "SELECT id FROM jobs WHERE id BETWEEN \(prefix.first) AND \(prefix.last) ORDER BY id LIMIT \(limit)"
        ).column()
    }

    /// How many jobs there are of each kind in each live state.
    package func liveCounts() async throws -> [JobCount] {
        try await pool.query(
            """
            SELECT kind, state, count(*) FROM jobs WHERE state IN ('queued', 'running', 'retrying')
            GROUP BY kind, state ORDER BY kind, state
            """
        ).map { row in
            JobCount(kind: try row.get("kind"), state: try row.get("state"), count: try row.get("count"))
        }
    }
}

/// How many jobs of a kind are in a state.
package struct JobCount: Sendable, Equatable {
    package let kind: JobKind
    package let state: JobState
    package let count: Int
}

/// The beginning of a job's id, as people copy it from a list.
package struct JobPrefix: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// The least and the greatest id that begin so.
    package let first: JobID
    package let last: JobID

    /// - Parameter text: At least four hexadecimal digits; dashes where a UUID has them, or none.
    package init?(_ text: String) {
        let digits = text.lowercased().filter { $0 != "-" }
        guard (4...32).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        func id(filledWith digit: String) -> JobID? {
            var filled = digits + String(repeating: digit, count: 32 - digits.count)
            for place in [20, 16, 12, 8] { filled.insert("-", at: filled.index(filled.startIndex, offsetBy: place)) }
            return JobID(filled)
        }
        guard let first = id(filledWith: "0"), let last = id(filledWith: "f") else { return nil }
        // Dashes elsewhere would make another text than the one that was meant.
        guard text.count == digits.count || first.description.hasPrefix(text.lowercased()) else { return nil }
        description = text.lowercased()
        self.first = first
        self.last = last
    }
}
