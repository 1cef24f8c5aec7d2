import Jira

/// What Jira says of a project at one moment, as far as the account sees it.
struct ProjectFacts: Sendable {
    /// What an account may do in a project: Jira's names.
    enum Permission: String, Sendable, CaseIterable {
        case browse = "BROWSE_PROJECTS"
        case create = "CREATE_ISSUES"
        case assign = "ASSIGN_ISSUES"
        case schedule = "SCHEDULE_ISSUES"
        case attach = "CREATE_ATTACHMENTS"
        case link = "LINK_ISSUES"

        /// As Jira's administrators see it.
        var title: String {
            switch self {
            case .browse: "Browse Projects"
            case .create: "Create Issues"
            case .assign: "Assign Issues"
            case .schedule: "Schedule Issues"
            case .attach: "Create Attachments"
            case .link: "Link Issues"
            }
        }
    }

    /// What is known of the sprints of the project's boards.
    enum Sprints: Sendable {
        /// Nobody asked.
        case unread
        /// The account, or its token, may not read boards.
        case refused
        /// Those that are not closed; not all of them where there are very many boards.
        case open([JiraSprint], isComplete: Bool)
    }

    /// What is known of the people to whom issues can be assigned.
    enum People: Sendable {
        /// Nobody asked.
        case unread
        /// The account may not look for people.
        case refused
        /// Active people, by name.
        case active([JiraUser])
    }

    let key: String
    /// `nil` where there is none, or the account cannot see it: Jira makes no difference.
    var project: JiraProject?
    var permissions: Set<Permission> = []
    /// Those in which the account may create issues.
    var issueTypes: [JiraIssueType] = []
    /// The create screens that were read, by the id of their issue type.
    var screens: [String: CreateScreen] = [:]
    var sprints = Sprints.unread
    var people = People.unread

    init(key: String) { self.key = key }

    /// The issue type of a name, or of one that differs in case only.
    func issueType(named name: String) -> JiraIssueType? {
        issueTypes.first { $0.name == name || $0.untranslatedName == name }
            ?? issueTypes.first { $0.name.lowercased() == name.lowercased() }
    }
}
