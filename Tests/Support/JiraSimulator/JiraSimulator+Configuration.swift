extension JiraSimulator {
    /// How a simulator is set up. The defaults are one site `acme` with one project `PROJ`.
    package struct Configuration: Sendable {
        /// Where it listens.
        package var host: String
        /// The port; 0 takes a free one.
        package var port: Int
        /// The sites, at least one; the first answers at `/`, each at `/site/<name>` and at `/ex/jira/<cloudId>`.
        package var sites: [SiteConfiguration]
        /// How long an answer takes, half before and half after what it does. Default 20 ms.
        package var latency: Duration
        /// Where the journal is written as lines of JSON; nil for nowhere.
        package var journalFile: String?
        /// The largest body that the journal keeps, of requests and of answers, in bytes; 0 for none at all.
        package var journaledBody: Int
        /// The issue property whose `marker` the journal keeps.
        package var markerProperty: String
        /// A note that the summary repeats, such as the spacing that the client keeps; nil for none.
        package var note: String?
        /// Faults to begin with.
        package var faults: [Fault]
        /// Atlassian's authorization server, which answers at `/authorize` and `/oauth/token`.
        package var authorization: AuthorizationConfiguration

        package init(
            host: String = "127.0.0.1",
            port: Int = 0,
            sites: [SiteConfiguration] = [SiteConfiguration()],
            latency: Duration = .milliseconds(20),
            journalFile: String? = nil,
            journaledBody: Int = 0,
            markerProperty: String = "tramline",
            note: String? = nil,
            faults: [Fault] = [],
            authorization: AuthorizationConfiguration = AuthorizationConfiguration()
        ) {
            self.host = host
            self.port = port
            self.sites = sites
            self.latency = latency
            self.journalFile = journalFile
            self.journaledBody = journaledBody
            self.markerProperty = markerProperty
            self.note = note
            self.faults = faults
            self.authorization = authorization
        }
    }
}

/// One Jira site.
package struct SiteConfiguration: Sendable {
    /// Its name: the first label of its host, and its place in paths.
    package var name: String
    /// Its id behind the gateway, a UUID made from the name unless given.
    package var cloudID: String
    /// Its projects.
    package var projects: [ProjectConfiguration]
    /// Its people and apps. The first is the user of the default credentials.
    package var users: [SimulatedUser]
    /// Who may come in. Empty lets nobody in.
    package var credentials: [Credential]
    /// Further fields than Jira's own, story points and sprint.
    package var customFields: [CustomField]
    /// Its rate limits; nil for none.
    package var limits: RateLimits?
    /// How long a change takes to show in searches, in milliseconds: one number drawn from the range for each change.
    package var indexLag: ClosedRange<Int>
    /// How far the site's clock is ahead of the machine's, in milliseconds.
    package var clockSkew: Int
    /// The largest attachment, in bytes.
    package var uploadLimit: Int
    /// Whether issues may be linked.
    package var linking: Bool
    /// The most issues on a page of a search that asks for more than ids and keys.
    package var searchPageLimit: Int
    /// How long a page token is good, in milliseconds. Default 7 days.
    package var tokenLifetime: Int

    package init(
        name: String = "acme",
        cloudID: String? = nil,
        projects: [ProjectConfiguration] = [ProjectConfiguration()],
        users: [SimulatedUser] = SimulatedUser.defaults,
        credentials: [Credential] = Credential.defaults,
        customFields: [CustomField] = [],
        limits: RateLimits? = RateLimits(),
        indexLag: ClosedRange<Int> = 0...0,
        clockSkew: Int = 0,
        uploadLimit: Int = 10_485_760,
        linking: Bool = true,
        searchPageLimit: Int = 100,
        tokenLifetime: Int = 604_800_000
    ) {
        self.name = name
        self.cloudID = cloudID ?? Self.cloudID(of: name)
        self.projects = projects.enumerated().map { index, project in
            // A sprint's number belongs to one board only.
            var project = project
            if index > 0, project.sprints == SimulatedSprint.defaults {
                for sprint in project.sprints.indices { project.sprints[sprint].id += 100 * index }
            }
            return project
        }
        self.users = users
        self.credentials = credentials
        self.customFields = customFields
        self.limits = limits
        self.indexLag = indexLag
        self.clockSkew = clockSkew
        self.uploadLimit = uploadLimit
        self.linking = linking
        self.searchPageLimit = searchPageLimit
        self.tokenLifetime = tokenLifetime
    }

    /// The UUID that a site has unless it is given one: the same name always has the same.
    package static func cloudID(of name: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        let tail = String(repeating: "0", count: 16 - digits.count) + digits
        return "11223344-a1b2-4b33-\(tail.prefix(4))-\(tail.suffix(12))"
    }
}

/// One project of a site.
package struct ProjectConfiguration: Sendable {
    /// Its key, such as `PROJ`.
    package var key: String
    /// Its name.
    package var name: String
    /// Whether `labels` is on its create screen.
    package var labelsOnScreen: Bool
    /// Whether `priority` is on its create screen.
    package var priorityOnScreen: Bool
    /// The names of the issue types it offers, of Epic, Story, Task, Bug, Sub-task.
    package var issueTypes: [String]
    /// Custom fields that must be set.
    package var requiredFields: Set<String>
    /// Whether its board has sprints; a Kanban board has none.
    package var hasSprints: Bool
    /// Its sprints.
    package var sprints: [SimulatedSprint]
    /// Permissions that nobody has in it, such as `CREATE_ISSUES`.
    package var deniedPermissions: Set<String>

    package init(
        key: String = "PROJ",
        name: String? = nil,
        labelsOnScreen: Bool = true,
        priorityOnScreen: Bool = true,
        issueTypes: [String] = ["Epic", "Story", "Task", "Bug", "Sub-task"],
        requiredFields: Set<String> = [],
        hasSprints: Bool = true,
        sprints: [SimulatedSprint] = SimulatedSprint.defaults,
        deniedPermissions: Set<String> = []
    ) {
        self.key = key
        self.name = name ?? "Project \(key)"
        self.labelsOnScreen = labelsOnScreen
        self.priorityOnScreen = priorityOnScreen
        self.issueTypes = issueTypes
        self.requiredFields = requiredFields
        self.hasSprints = hasSprints
        self.sprints = sprints
        self.deniedPermissions = deniedPermissions
    }
}

/// A person or an app that a site knows.
package struct SimulatedUser: Sendable, Hashable {
    /// The stable id.
    package var accountID: String
    /// The name shown.
    package var displayName: String
    /// The address, whether or not others may see it.
    package var email: String?
    /// Whether the address is hidden from everybody else: neither shown nor found.
    package var hidesEmail: Bool
    /// Whether the account is active.
    package var isActive: Bool
    /// `atlassian`, `app` or `customer`.
    package var accountType: String
    /// The profile's time zone.
    package var timeZone: String

    package init(
        accountID: String,
        displayName: String,
        email: String? = nil,
        hidesEmail: Bool = false,
        isActive: Bool = true,
        accountType: String = "atlassian",
        timeZone: String = "Europe/Berlin"
    ) {
        self.accountID = accountID
        self.displayName = displayName
        self.email = email
        self.hidesEmail = hidesEmail
        self.isActive = isActive
        self.accountType = accountType
        self.timeZone = timeZone
    }

    /// Whether issues may be assigned to this account.
    package var isAssignable: Bool { isActive && accountType == "atlassian" }

    /// The bot that the default credentials belong to, and five others: two ordinary, one with a hidden address, one inactive,
    /// one app.
    package static let defaults = [
        SimulatedUser(accountID: "5b10a2844c20165700ede21g", displayName: "Tramline Bot", email: "bot@acme.example"),
        SimulatedUser(accountID: "5b10ac8d82e05b22cc7d4ef5", displayName: "Ada Arden", email: "ada@acme.example"),
        SimulatedUser(accountID: "712020:ben-0001", displayName: "Ben Brook", email: "ben@acme.example"),
        SimulatedUser(
            accountID: "712020:cleo-0002",
            displayName: "Cleo Crane",
            email: "cleo@acme.example",
            hidesEmail: true
        ),
        SimulatedUser(
            accountID: "712020:dan-0003",
            displayName: "Dan Dale",
            email: "dan@acme.example",
            isActive: false
        ),
        SimulatedUser(
            accountID: "557058:automation-0004",
            displayName: "Automation for Jira",
            email: "automation@acme.example",
            accountType: "app"
        ),
    ]
}

/// A way to prove who one is.
package struct Credential: Sendable, Hashable {
    /// How it is sent.
    package enum Scheme: Sendable, Hashable {
        /// `Basic`: the e-mail address of the account, and its token.
        case basic(email: String)
        /// `Bearer`.
        case bearer
    }

    /// How it is sent.
    package var scheme: Scheme
    /// The secret.
    package var token: String
    /// Whose it is.
    package var accountID: String
    /// Whether it has run out: a bearer then answers 401.
    package var isExpired: Bool

    package init(_ scheme: Scheme, token: String, accountID: String, isExpired: Bool = false) {
        self.scheme = scheme
        self.token = token
        self.accountID = accountID
        self.isExpired = isExpired
    }

    /// `bot@acme.example` with the token `simulated-token`, and the bearer `simulated-bearer`.
    package static let defaults = [
        Credential(
            .basic(email: "bot@acme.example"),
            token: "simulated-token",
            accountID: SimulatedUser.defaults[0].accountID
        ),
        Credential(.bearer, token: "simulated-bearer", accountID: SimulatedUser.defaults[0].accountID),
    ]
}

/// A sprint of a project's board.
package struct SimulatedSprint: Sendable, Hashable {
    /// The number by which it is set.
    package var id: Int
    /// The name shown.
    package var name: String
    /// `closed`, `active` or `future`.
    package var state: String

    package init(id: Int, name: String, state: String) {
        self.id = id
        self.name = name
        self.state = state
    }

    /// Sprint 11 (36) is closed, Sprint 12 (37) active, Sprint 13 (38) to come; in a site's second project 136 and so on, in its
    /// third 236.
    package static let defaults = [
        SimulatedSprint(id: 36, name: "Sprint 11", state: "closed"),
        SimulatedSprint(id: 37, name: "Sprint 12", state: "active"),
        SimulatedSprint(id: 38, name: "Sprint 13", state: "future"),
    ]
}

/// A field that a site has made for itself.
package struct CustomField: Sendable, Hashable {
    /// What it takes.
    package enum Kind: Sendable, Hashable {
        case text
        case number
        /// One of the options, as `{"value": …}` or `{"id": …}`.
        case select([String])
    }

    /// Such as `customfield_10100`.
    package var id: String
    /// The name shown.
    package var name: String
    /// What it takes.
    package var kind: Kind
    /// Whether it is on the create screens.
    package var isOnScreen: Bool

    package init(id: String, name: String, kind: Kind = .text, isOnScreen: Bool = true) {
        self.id = id
        self.name = name
        self.kind = kind
        self.isOnScreen = isOnScreen
    }
}
