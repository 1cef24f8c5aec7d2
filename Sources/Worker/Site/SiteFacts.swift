import Jira
import TramlineModel

/// What a site must be asked before tickets can be sent, asked once per job: create screens, people, sprints.
///
/// All are short reads: they take their turn at the gate but need no spacing.
actor SiteFacts {
    private let caller: SiteCaller
    private let project: String
    private var issueTypes: [JiraIssueType]?
    private var screens: [String: CreateScreen] = [:]
    private var accounts: [Assignee: String?] = [:]
    private var sprints: [JiraSprint]?

    init(caller: SiteCaller, project: String) {
        self.caller = caller
        self.project = project
    }

    /// The create screen of an issue type.
    /// - Throws: ``Fault`` when the project has no such type; `JiraError`.
    func screen(ofType name: String) async throws -> CreateScreen {
        if let screen = screens[name] { return screen }
        let types = try await loadIssueTypes()
        guard
            let type = types.first(where: { $0.name == name || $0.untranslatedName == name })
                ?? types.first(where: { $0.name.lowercased() == name.lowercased() })
        else {
            throw FaultTable.issueTypeMissing(name, project: project, available: types.map(\.name))
        }
        var fields: [JiraFieldMeta] = []
        var start: Int? = 0
        while let from = start {
            let page = try await caller.send(spaced: false) { [project] client throws(JiraError) in
                try await client.createMetaFields(project: project, issueType: type.id, startAt: from)
            }
            fields += page.values
            start = page.next
        }
        let screen = CreateScreen(issueTypeID: type.id, fields: fields)
        screens[name] = screen
        return screen
    }

    private func loadIssueTypes() async throws -> [JiraIssueType] {
        if let issueTypes { return issueTypes }
        var types: [JiraIssueType] = []
        var start: Int? = 0
        while let from = start {
            let page = try await caller.send(spaced: false) { [project] client throws(JiraError) in
                try await client.createMetaIssueTypes(project: project, startAt: from)
            }
            types += page.values
            start = page.next
        }
        issueTypes = types
        return types
    }

    /// The account id of whoever is named, if exactly one active person of the project fits.
    func accountID(of assignee: Assignee) async throws -> String? {
        if let known = accounts[assignee] { return known }
        let id = try await findAccount(assignee)
        accounts[assignee] = .some(id)
        return id
    }

    private func findAccount(_ assignee: Assignee) async throws -> String? {
        let query: String
        switch assignee {
        // An id that cannot be assigned is refused by Jira with the field's name, and dropped then.
        case .accountID(let id): return id
        case .email(let email): query = email
        case .displayName(let name): query = name
        }
        let found = try await caller.send(spaced: false) { [project] client throws(JiraError) in
            try await client.assignableSearch(project: project, query: query)
        }
        let people = found.filter { $0.isActive && $0.accountType == .atlassian }
        switch assignee {
        case .email(let email):
            let exact = people.filter { $0.emailAddress?.lowercased() == email.lowercased() }
            if exact.count == 1 { return exact[0].accountID }
            // Jira hides addresses, yet finds by them only where they may be seen: a single hit without one is a match by
            // something else, and no proof.
            return nil
        case .displayName(let name):
            let exact = people.filter { $0.displayName.lowercased() == name.lowercased() }
            return exact.count == 1 ? exact[0].accountID : nil
        case .accountID(let id):
            return id
        }
    }

    /// The id of a sprint of the project's boards that is not closed.
    func sprintID(of reference: SprintReference) async throws -> Int64? {
        switch reference {
        case .number(let number):
            return number
        case .name(let name):
            let open = try await loadSprints().filter { $0.name == name && $0.state != .closed }
            return (open.first { $0.state == .active } ?? open.first).map { Int64($0.id) }
        }
    }

    private func loadSprints() async throws -> [JiraSprint] {
        if let sprints { return sprints }
        var all: [JiraSprint] = []
        var start: Int? = 0
        while let from = start {
            let boards = try await caller.send(spaced: false) { [project] client throws(JiraError) in
                try await client.boards(project: project, startAt: from)
            }
            for board in boards.values where board.type != "kanban" {
                all += try await sprints(of: board.id)
            }
            start = boards.next
        }
        sprints = all
        return all
    }

    private func sprints(of board: Int) async throws -> [JiraSprint] {
        var all: [JiraSprint] = []
        var start: Int? = 0
        while let from = start {
            do {
                let page = try await caller.send(spaced: false) { client throws(JiraError) in
                    try await client.sprints(board: board, states: [.active, .future], startAt: from)
                }
                all += page.values
                start = page.next
            } catch let error as JiraError where error.code == .rejected {
                // A board that has no sprints says so by a 400.
                return all
            }
        }
        return all
    }
}
