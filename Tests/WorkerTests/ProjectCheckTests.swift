import Jira
import Record
import Testing
import TramlineModel

@testable import Worker

/// The rules alone, on facts that are made up.
@Suite("What a project must offer")
struct ProjectCheckTests {
    static func facts(_ change: (inout ProjectFacts) -> Void = { _ in }) -> ProjectFacts {
        var facts = ProjectFacts(key: "PROJ")
        facts.project = JiraProject(["id": "1", "key": "PROJ", "name": "Project"])
        facts.permissions = Set(ProjectFacts.Permission.allCases)
        facts.issueTypes = [type("1", "Task"), type("2", "Bug")]
        facts.screens = ["1": screen("1"), "2": screen("2")]
        facts.sprints = .open([sprint(38, "Next", "future"), sprint(37, "Now", "active")], isComplete: true)
        facts.people = .active([JiraUser(accountID: "a", displayName: "Ada", emailAddress: "ada@x.example")])
        change(&facts)
        return facts
    }

    static func type(_ id: String, _ name: String) -> JiraIssueType {
        JiraIssueType(["id": .string(id), "name": .string(name)])!
    }

    static func sprint(_ id: Int, _ name: String, _ state: String) -> JiraSprint {
        JiraSprint(["id": .integer(id), "name": .string(name), "state": .string(state)])!
    }

    static func field(_ id: String, required: Bool = false, hasDefault: Bool = false) -> JiraFieldMeta {
        JiraFieldMeta([
            "fieldId": .string(id), "name": .string("Name of \(id)"), "required": .bool(required),
            "hasDefaultValue": .bool(hasDefault),
        ])!
    }

    /// A create screen with what every ticket gives, the three optional fields, and more.
    static func screen(_ type: String, _ more: JiraFieldMeta..., without: Set<String> = []) -> CreateScreen {
        let priority = JiraFieldMeta([
            "fieldId": "priority", "name": "Priority",
            "allowedValues": [["id": "1", "name": "High"], ["id": "2", "name": "Low"]],
        ])!
        let sprint = JiraFieldMeta([
            "fieldId": "customfield_1", "name": "Sprint",
            "schema": ["type": "array", "custom": .string(JiraFieldSchema.sprint)],
        ])!
        let fields = [
            field("project", required: true), field("issuetype", required: true), field("summary", required: true),
            field("reporter", required: true), field("labels", required: true), field("assignee"), priority, sprint,
        ]
        return CreateScreen(issueTypeID: type, fields: (fields + more).filter { !without.contains($0.id) })
    }

    static func ticket(_ ref: String, _ content: TicketContent = TicketContent(title: "x")) -> Ticket {
        Ticket(
            id: TicketID(),
            ref: ref,
            exportOrder: 1,
            content: content,
            parent: nil,
            marker: Marker(),
            status: .pending,
            issue: nil
        )
    }

    private func kinds(_ facts: ProjectFacts, _ requirements: ProjectRequirements) -> [String] {
        ProjectCheck(facts: facts).findings(for: requirements).map {
            ($0.isBlocking ? "!" : "") + $0.kind.rawValue
        }
    }

    static let all = ProjectRequirements(
        requiresSprintAssignment: true,
        requiresAssignee: true,
        requiresPriorityLevels: true
    )

    @Test("A project that has everything leaves nothing to say, and all there is to choose from")
    func valid() {
        let validation = ProjectCheck(facts: Self.facts()).validation(for: Self.all)
        #expect(
            validation
                == ProjectValidation(
                    projectKey: "PROJ",
                    projectName: "Project",
                    validationStatus: .valid,
                    canCreateTasks: true,
                    canViewProject: true,
                    availableSprints: [
                        .init(id: "37", name: "Now", state: "active"), .init(id: "38", name: "Next", state: "future"),
                    ],
                    teamMembers: [.init(accountId: "a", displayName: "Ada", email: "ada@x.example")],
                    priorityLevels: [.init(id: "1", name: "High"), .init(id: "2", name: "Low")]
                )
        )
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout ProjectFacts) -> Void
        var requirements = ProjectRequirements()
        let kinds: [String]
    }

    @Test(
        "What is missing blocks where it is required, and else is a warning or nothing",
        arguments: [
            Case(
                testDescription: "no project, and nothing else is said",
                change: { $0 = ProjectFacts(key: "PROJ") },
                requirements: all,
                kinds: ["!project_not_found"]
            ),
            Case(
                testDescription: "a project that is not shown",
                change: { $0.permissions.remove(.browse) },
                kinds: ["!project_not_found"]
            ),
            Case(
                testDescription: "an archived project",
                change: {
                    $0.project = JiraProject(["id": "1", "key": "PROJ", "name": "Project", "archived": true])
                },
                kinds: ["!project_archived"]
            ),
            Case(
                testDescription: "no permission to create",
                change: { facts in
                    facts.permissions.remove(.create)
                    facts.issueTypes = []
                    facts.screens = [:]
                },
                requirements: all,
                kinds: ["!create_not_permitted"]
            ),
            Case(
                testDescription: "no issue type",
                change: { facts in
                    facts.issueTypes = []
                    facts.screens = [:]
                },
                kinds: ["!no_issue_types"]
            ),
            Case(
                testDescription: "no permissions for files and links",
                change: { $0.permissions.subtract([.attach, .link]) },
                kinds: ["attach_not_permitted", "link_not_permitted"]
            ),
            Case(
                testDescription: "a field that tickets must give",
                change: {
                    $0.screens["2"] = screen(
                        "2",
                        field("cf", required: true),
                        field("due", required: true, hasDefault: true)
                    )
                },
                kinds: ["fields_required"]
            ),
            Case(
                testDescription: "no open sprint, not required",
                change: { $0.sprints = .open([], isComplete: true) },
                kinds: []
            ),
            Case(
                testDescription: "no open sprint",
                change: { $0.sprints = .open([], isComplete: true) },
                requirements: ProjectRequirements(requiresSprintAssignment: true),
                kinds: ["!sprints_not_available"]
            ),
            Case(
                testDescription: "boards that may not be read",
                change: { $0.sprints = .refused },
                requirements: ProjectRequirements(requiresSprintAssignment: true),
                kinds: ["!sprints_not_listed"]
            ),
            Case(
                testDescription: "no sprint field anywhere",
                change: {
                    $0.screens = [
                        "1": screen("1", without: ["customfield_1"]), "2": screen("2", without: ["customfield_1"]),
                    ]
                },
                requirements: ProjectRequirements(requiresSprintAssignment: true),
                kinds: ["!sprints_not_available"]
            ),
            Case(
                testDescription: "no sprint field for bugs, many boards, no permission to schedule",
                change: { facts in
                    facts.screens["2"] = screen("2", without: ["customfield_1"])
                    facts.sprints = .open([sprint(1, "a", "active")], isComplete: false)
                    facts.permissions.remove(.schedule)
                },
                requirements: ProjectRequirements(requiresSprintAssignment: true),
                kinds: ["sprints_not_available", "sprints_not_listed", "schedule_not_permitted"]
            ),
            Case(
                testDescription: "nobody to assign to, and no permission to",
                change: { facts in
                    facts.people = .active([])
                    facts.permissions.remove(.assign)
                },
                requirements: ProjectRequirements(requiresAssignee: true),
                kinds: ["!assign_not_permitted", "!assignees_not_available"]
            ),
            Case(
                testDescription: "people who may not be looked for",
                change: { $0.people = .refused },
                kinds: ["assignees_not_listed"]
            ),
            Case(
                testDescription: "people who may not be looked for, and must be",
                change: { $0.people = .refused },
                requirements: ProjectRequirements(requiresAssignee: true),
                kinds: ["!assignees_not_listed"]
            ),
            Case(
                testDescription: "no assignee field",
                change: {
                    $0.screens = ["1": screen("1", without: ["assignee"]), "2": screen("2", without: ["assignee"])]
                },
                requirements: ProjectRequirements(requiresAssignee: true),
                kinds: ["!assignees_not_available"]
            ),
            Case(
                testDescription: "no priorities",
                change: {
                    $0.screens = ["1": screen("1", without: ["priority"]), "2": screen("2", without: ["priority"])]
                },
                requirements: ProjectRequirements(requiresPriorityLevels: true),
                kinds: ["!priorities_not_available"]
            ),
        ]
    )
    func requirements(_ example: Case) {
        let facts = Self.facts(example.change)
        #expect(kinds(facts, example.requirements) == example.kinds)
        let validation = ProjectCheck(facts: facts).validation(for: example.requirements)
        let isBlocked = example.kinds.contains { $0.hasPrefix("!") }
        #expect(validation.validationStatus == (isBlocked ? .invalid : .valid))
        #expect(validation.blockingIssues.count == example.kinds.count { $0.hasPrefix("!") })
        #expect(validation.validationWarnings.count == example.kinds.count { !$0.hasPrefix("!") })
    }

    @Test("Five hundred people are listed, and a warning says that there are more")
    func manyPeople() {
        let people = (1...501).map { JiraUser(accountID: "\($0)", displayName: "P\($0)") }
        let check = ProjectCheck(facts: Self.facts { $0.people = .active(people) })
        let validation = check.validation(for: ProjectRequirements())
        #expect(validation.teamMembers.count == 500)
        #expect(validation.validationWarnings.map(\.code) == ["assignees_not_listed"])
        #expect(validation.validationStatus == .valid)
    }

    @Test("Names from a site come as one line, whatever is in them")
    func hostileNames() {
        let name = "a\u{0}b\n" + String(repeating: "x", count: 1000)
        let check = ProjectCheck(
            facts: Self.facts { $0.people = .active([JiraUser(accountID: "a", displayName: name)]) }
        )
        let shown = check.validation(for: ProjectRequirements()).teamMembers[0].displayName
        #expect(shown.hasPrefix("a b x"))
        #expect(shown.count == 255)
    }

    // MARK: Tickets

    @Test("Tickets that the project takes leave nothing to say")
    func goodTickets() {
        let facts = Self.facts { facts in
            facts.screens["1"] = Self.screen(
                "1",
                Self.field("cf", required: true),
                Self.field("description", required: true),
                Self.field("due", required: true, hasDefault: true)
            )
        }
        let content = TicketContent(title: "x", descriptionHTML: "<p>y</p>", issueType: "task", fields: #"{"cf": 1}"#)
        let bug = TicketContent(title: "x", issueType: "Bug")
        let findings = ProjectCheck(facts: facts).findings(for: [Self.ticket("A", content), Self.ticket("B", bug)])
        #expect(findings.isEmpty)
    }

    @Test("Missing types and fields are all told at once, with the tickets that they are about")
    func badTickets() {
        let facts = Self.facts { $0.screens["1"] = Self.screen("1", Self.field("cf", required: true)) }
        let tickets =
            (1...7).map { Self.ticket("T\($0)") }
            + [
                Self.ticket("E", TicketContent(title: "x", issueType: "Epic")),
                Self.ticket("N", TicketContent(title: "x", fields: #"{"cf": null}"#)),
                Self.ticket("G", TicketContent(title: "x", fields: #"{"cf": "given"}"#)),
            ]
        let findings = ProjectCheck(facts: facts).findings(for: tickets)
        #expect(findings.map(\.kind) == [.issueTypeMissing, .requiredFieldMissing])
        let fault = FaultTable.projectUnready("PROJ", findings)
        #expect(fault.category == .adminRequired)
        #expect(fault.code == "project_unready")
        #expect(
            fault.userMessage == """
                The export to PROJ cannot begin, and nothing was created: (1) the project has no issue type "Epic", asked for \
                by E; it has Task, Bug; (2) every Task must have Name of cf (cf), not given by T1, T2, T3, T4, T5 and 3 more.
                """
        )
        #expect(fault.recoveryActions.count == 3)
        #expect(fault.recoveryActions.last == "Then retry the export")
    }

    @Test("One kind of finding gives the fault its name")
    func oneKind() {
        let facts = Self.facts {
            $0.screens["1"] = Self.screen("1", Self.field("a", required: true), Self.field("b", required: true))
        }
        let fault = FaultTable.projectUnready("PROJ", ProjectCheck(facts: facts).findings(for: [Self.ticket("A")]))
        #expect(fault.code == "required_field_missing")
        #expect(fault.category == .userFixable)
    }

    @Test("Without access to the project its types and fields are not spoken of")
    func accessFirst() {
        let facts = Self.facts { facts in
            facts.permissions.remove(.create)
            facts.issueTypes = []
            facts.screens = [:]
        }
        let findings = ProjectCheck(facts: facts).findings(for: [Self.ticket("A")])
        #expect(findings.map(\.kind) == [.createNotPermitted])
    }
}
