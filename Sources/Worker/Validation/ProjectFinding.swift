import TramlineModel

/// Something about a project that an export, or what is required of it, cannot do with or without: in words for a person.
struct ProjectFinding: Sendable, Equatable {
    /// What is the matter: a stable word for machines.
    enum Kind: String, Sendable, CaseIterable {
        case projectNotFound = "project_not_found"
        case projectArchived = "project_archived"
        case createNotPermitted = "create_not_permitted"
        case noIssueTypes = "no_issue_types"
        case issueTypeMissing = "issue_type_missing"
        case requiredFieldMissing = "required_field_missing"

        case sprintsNotAvailable = "sprints_not_available"
        case sprintsNotListed = "sprints_not_listed"
        case assigneesNotAvailable = "assignees_not_available"
        case assigneesNotListed = "assignees_not_listed"
        case prioritiesNotAvailable = "priorities_not_available"

        case assignNotPermitted = "assign_not_permitted"
        case scheduleNotPermitted = "schedule_not_permitted"
        case attachNotPermitted = "attach_not_permitted"
        case linkNotPermitted = "link_not_permitted"
        case fieldsRequired = "fields_required"

        /// Who can mend it.
        var category: FaultCategory {
            switch self {
            case .projectNotFound, .projectArchived, .noIssueTypes, .issueTypeMissing: .adminRequired
            default: .userFixable
            }
        }
    }

    let kind: Kind
    /// Whether it keeps an export from beginning, or a requirement from being met.
    let isBlocking: Bool
    /// A sentence, without its full stop.
    let sentence: String
    /// What a person can do about it.
    let action: String

    static func blocking(_ kind: Kind, _ sentence: String, action: String) -> ProjectFinding {
        ProjectFinding(kind: kind, isBlocking: true, sentence: sentence, action: action)
    }

    static func warning(_ kind: Kind, _ sentence: String, action: String) -> ProjectFinding {
        ProjectFinding(kind: kind, isBlocking: false, sentence: sentence, action: action)
    }
}

extension FaultTable {
    /// How many findings a fault spells out.
    private static let spelledFindings = 20

    /// A project in which an export cannot begin: every reason at once.
    /// - Parameter findings: at least one.
    static func projectUnready(_ project: String, _ findings: [ProjectFinding]) -> Fault {
        let kinds = Set(findings.map(\.kind))
        var sentences = findings.prefix(spelledFindings).map(\.sentence)
        if findings.count > spelledFindings {
            sentences.append("\(findings.count - spelledFindings) more things are amiss")
        }
        let reasons =
            sentences.count == 1
            ? sentences[0]
            : sentences.enumerated().map { "(\($0.offset + 1)) \($0.element)" }.joined(separator: "; ")
        var actions: [String] = []
        for finding in findings.prefix(spelledFindings) where !actions.contains(finding.action) {
            actions.append(finding.action)
        }
        return Fault(
            category: kinds.contains { $0.category == .adminRequired } ? .adminRequired : .userFixable,
            code: kinds.count == 1 ? findings[0].kind.rawValue : "project_unready",
            userMessage: "The export to \(project) cannot begin, and nothing was created: \(reasons)."
                .plainLine(most: 4000),
            recoveryActions: actions + ["Then retry the export"]
        )
    }
}
