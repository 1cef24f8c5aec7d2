import Jira
import Record
import TramlineModel

/// What a site must be asked before tickets can be sent: create screens and files' limits, remembered by the process for a
/// while; people and sprints, asked once per job.
///
/// All are short reads: they take their turn at the gate but need no spacing.
actor SiteFacts {
    private let caller: SiteCaller
    private let project: String
    private var accounts: [Assignee: String?] = [:]
    private var sprints: [JiraSprint]?
    private var ownAccount: String?
    private var highest: Int64??

    init(caller: SiteCaller, project: String) {
        self.caller = caller
        self.project = project
    }

    private var memory: SiteMemory { caller.memory }
    private nonisolated var place: SiteMemory.Place {
        SiteMemory.Place(integration: caller.access.integration.id, project: project)
    }

    // MARK: Create screens

    /// The create screen of an issue type.
    /// - Throws: ``Fault`` when the project has no such type; `JiraError`.
    func screen(ofType name: String) async throws -> CreateScreen {
        let known = memory.issueTypes(of: place)
        var type = known.flatMap { Self.type(named: name, in: $0) }
        if type == nil {
            // A type that is not among those remembered may be a new one.
            let types = try await loadIssueTypes()
            type = Self.type(named: name, in: types)
            if type == nil {
                throw FaultTable.issueTypeMissing(name, project: project, available: types.map(\.name))
            }
        }
        guard let type else { preconditionFailure("a missing type has been told") }
        if let screen = memory.screen(of: place, type: type.id) { return screen }
        let screen = CreateScreen(issueTypeID: type.id, fields: try await loadFields(ofType: type.id))
        memory.remember(screen, of: place)
        return screen
    }

    private static func type(named name: String, in types: [JiraIssueType]) -> JiraIssueType? {
        types.first { $0.name == name || $0.untranslatedName == name }
            ?? types.first { $0.name.lowercased() == name.lowercased() }
    }

    private func loadFields(ofType type: String) async throws -> [JiraFieldMeta] {
        var fields: [JiraFieldMeta] = []
        var start: Int? = 0
        while let from = start {
            let page = try await caller.send(spaced: false) { [project] client throws(JiraError) in
                try await client.createMetaFields(project: project, issueType: type, startAt: from)
            }
            fields += page.values
            start = page.next
        }
        return fields
    }

    private func loadIssueTypes() async throws -> [JiraIssueType] {
        var types: [JiraIssueType] = []
        var start: Int? = 0
        while let from = start {
            let page = try await caller.send(spaced: false) { [project] client throws(JiraError) in
                try await client.createMetaIssueTypes(project: project, startAt: from)
            }
            types += page.values
            start = page.next
        }
        memory.remember(types, of: place)
        return types
    }

    /// Drops a screen that has promised a field which Jira refuses.
    nonisolated func forget(_ screen: CreateScreen) {
        caller.memory.forgetScreen(of: place, type: screen.issueTypeID)
    }

    /// Whether the project refuses creates because of their issue properties.
    nonisolated var refusesProperties: Bool { caller.memory.refusesProperties(place) }

    nonisolated func noteRefusalOfProperties() {
        caller.memory.rememberRefusalOfProperties(place)
    }

    // MARK: Keys

    /// The highest issue number that Jira's search knows of the project, asked once per job; 0 where it knows no issue.
    ///
    /// The index may lag behind, so there may be higher ones; there is never a lower one.
    /// - Returns: `nil` when Jira refuses the search.
    func highestKeyNumber() async throws -> Int64? {
        if let highest { return highest }
        let search = JiraSearch(jql: "project = \"\(project)\" ORDER BY key DESC", fields: ["created"], maxResults: 1)
        do {
            let page = try await caller.send(spaced: true) { client throws(JiraError) in
                try await client.searchPage(search)
            }
            let number = page.issues.first?.key?.split(separator: "-").last.flatMap { Int64($0) }
            highest = .some(number ?? 0)
        } catch let error as JiraError where !FaultTable.isTransient(error) {
            highest = .some(nil)
        }
        return highest ?? nil
    }

    // MARK: Files

    /// Whether and how large files may be attached.
    func uploadSettings() async throws -> JiraAttachmentSettings {
        let integration = caller.access.integration.id
        if let known = memory.uploadSettings(of: integration) { return known }
        let settings = try await caller.send(spaced: false) { client throws(JiraError) in
            try await client.attachmentSettings()
        }
        memory.remember(settings, of: integration)
        return settings
    }

    // MARK: People

    /// The account that the credential belongs to.
    func ownAccountID() async throws -> String {
        if let ownAccount { return ownAccount }
        let account = try await caller.send(spaced: false) { client throws(JiraError) in try await client.myself() }
        ownAccount = account.accountID
        return account.accountID
    }

    /// The account id of whoever is named, if exactly one active person of the project fits.
    ///
    /// A look that Jira refuses finds nobody: an optional field never fails an export.
    func accountID(of assignee: Assignee) async throws -> String? {
        if let known = accounts[assignee] { return known }
        var id: String?
        do {
            id = try await findAccount(assignee)
        } catch let error as JiraError where !FaultTable.isTransient(error) {
            id = nil
        }
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

    // MARK: Sprints

    /// The id of a sprint of the project's boards that is not closed. Boards that Jira does not show have none.
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
        do {
            while let from = start {
                let boards = try await caller.send(spaced: false) { [project] client throws(JiraError) in
                    try await client.boards(project: project, startAt: from)
                }
                for board in boards.values where board.type != "kanban" {
                    all += try await sprints(of: board.id)
                }
                start = boards.next
            }
        } catch let error as JiraError where !FaultTable.isTransient(error) {
            // The account, or its token, may not read boards: the sprint becomes a manual fix.
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
