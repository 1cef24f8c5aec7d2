import Jira
import Jobs
import Record
import TramlineModel

/// Asks Jira what it says of a project, now. All are short reads, which take their turns at the gate and need no spacing.
///
/// What the worker remembers of the project is asked for anew, and remembered as it is now: whoever asks has perhaps just
/// changed it.
struct ProjectReader {
    /// Of how many issue types the create screens are read where no tickets say which are needed.
    static let screens = 10
    /// Of how many boards the sprints are read.
    static let boards = 10
    /// How many people Jira is asked to look through: its own limit.
    private static let people = 1000

    let caller: SiteCaller
    let project: String

    /// Reads what the rules for an export need.
    /// - Parameter types: the names of the tickets' issue types.
    /// - Throws: `JobInterrupted` between two requests; what ``SiteCaller`` throws.
    func readForExport(types: Set<String>) async throws -> ProjectFacts {
        var facts = try await readAccess()
        for name in types.sorted() {
            guard let type = facts.issueType(named: name), facts.screens[type.id] == nil else { continue }
            facts.screens[type.id] = try await readScreen(of: type)
        }
        return facts
    }

    /// Reads all that people choose from when they set a session up.
    /// - Throws: `JobInterrupted` between two requests; what ``SiteCaller`` throws.
    func readForPeople() async throws -> ProjectFacts {
        var facts = try await readAccess()
        guard facts.project != nil else { return facts }
        for type in facts.issueTypes.filter({ !$0.isSubtask }).prefix(Self.screens) {
            facts.screens[type.id] = try await readScreen(of: type)
        }
        facts.sprints = try await readSprints()
        facts.people = try await readPeople()
        return facts
    }

    /// Whether and how large files may be attached.
    func readAllowance() async throws -> AttachmentAllowance {
        let permissions = try await readPermissions() ?? []
        let settings = try await send { client throws(JiraError) in try await client.attachmentSettings() }
        return AttachmentAllowance(
            isEnabled: settings.isEnabled,
            isPermitted: permissions.contains(.attach),
            uploadLimit: settings.uploadLimit
        )
    }

    // MARK: Parts

    private var place: SiteMemory.Place {
        SiteMemory.Place(integration: caller.access.integration.id, project: project)
    }

    private func send<Value: Sendable>(
        _ request: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> Value {
        try caller.run.checkpoint()
        return try await caller.send(spaced: false, request)
    }

    /// Reads a list page by page.
    private func all<Element: Sendable>(
        _ page: (JiraClient, Int) async throws(JiraError) -> JiraReply<JiraPage<Element>>
    ) async throws -> [Element] {
        var elements: [Element] = []
        var start: Int? = 0
        while let from = start {
            let read = try await send { client throws(JiraError) in try await page(client, from) }
            elements += read.values
            start = read.next
        }
        return elements
    }

    private func readAccess() async throws -> ProjectFacts {
        var facts = ProjectFacts(key: project)
        do {
            facts.project = try await send { client throws(JiraError) in try await client.project(project) }
        } catch let error as JiraError where error.code == .notFound {
            // Jira tells a stranger the same. Whether the account is one, only this shows.
            _ = try await send { client throws(JiraError) in try await client.myself() }
            return facts
        }
        facts.permissions = try await readPermissions() ?? []
        guard facts.permissions.contains(.create) else { return facts }
        facts.issueTypes = try await all { client, start throws(JiraError) in
            try await client.createMetaIssueTypes(project: project, startAt: start)
        }
        caller.memory.remember(facts.issueTypes, of: place)
        return facts
    }

    /// - Returns: `nil` when the account cannot see the project.
    private func readPermissions() async throws -> Set<ProjectFacts.Permission>? {
        do {
            let granted = try await send { client throws(JiraError) in
                try await client.myPermissions(
                    projectKey: project,
                    permissions: ProjectFacts.Permission.allCases.map(\.rawValue)
                )
            }
            return Set(ProjectFacts.Permission.allCases.filter { granted[$0.rawValue] == true })
        } catch let error as JiraError where error.code == .notFound {
            return nil
        }
    }

    private func readScreen(of type: JiraIssueType) async throws -> CreateScreen {
        let fields = try await all { client, start throws(JiraError) in
            try await client.createMetaFields(project: project, issueType: type.id, startAt: start)
        }
        let screen = CreateScreen(issueTypeID: type.id, fields: fields)
        caller.memory.remember(screen, of: place)
        return screen
    }

    private func readSprints() async throws -> ProjectFacts.Sprints {
        do {
            let first = try await send { client throws(JiraError) in try await client.boards(project: project) }
            let boards = first.values.filter { $0.type != "kanban" }
            var sprints: [JiraSprint] = []
            for board in boards.prefix(Self.boards) { sprints += try await readSprints(of: board) }
            // A sprint shows on every board whose filter finds its issues.
            var seen: Set<Int> = []
            let open = sprints.filter { $0.state != .closed && seen.insert($0.id).inserted }
            return .open(open, isComplete: first.next == nil && boards.count <= Self.boards)
        } catch let error as JiraError where error.code == .forbidden || error.code == .notFound {
            return .refused
        }
    }

    private func readSprints(of board: JiraBoard) async throws -> [JiraSprint] {
        do {
            return try await all { client, start throws(JiraError) in
                try await client.sprints(board: board.id, states: [.active, .future], startAt: start)
            }
        } catch let error as JiraError where error.code == .rejected {
            // A board that has no sprints says so by a 400.
            return []
        }
    }

    private func readPeople() async throws -> ProjectFacts.People {
        do {
            let found = try await send { client throws(JiraError) in
                try await client.assignableSearch(project: project, maxResults: Self.people)
            }
            let people = found.filter { $0.isActive && $0.accountType == .atlassian }
            return .active(people.sorted { ($0.displayName, $0.accountID) < ($1.displayName, $1.accountID) })
        } catch let error as JiraError where error.code == .forbidden || error.code == .notFound {
            return .refused
        }
    }
}
