/// Understands a query at one site: names must exist, values must fit their field.
struct JQLCompiler {
    typealias Test = @Sendable (SimulatedIssue) -> Bool

    let site: SimulatedSite
    /// Whose time zone and whose `currentUser()` it is.
    let caller: SimulatedUser?
    /// The site's time, in milliseconds since 1970.
    let now: Int

    /// - Throws: ``JQLFault`` with Jira's words.
    func compile(_ condition: JQLQuery.Condition) throws(JQLFault) -> Test {
        switch condition {
        case .all(let terms):
            let tests = try compile(terms)
            return { issue in tests.allSatisfy { $0(issue) } }
        case .any(let terms):
            let tests = try compile(terms)
            return { issue in tests.contains { $0(issue) } }
        case .not(let term):
            let test = try compile(term)
            return { !test($0) }
        case .clause(let field, let operation, let operand):
            return try clause(field, operation, operand)
        }
    }

    private func compile(_ terms: [JQLQuery.Condition]) throws(JQLFault) -> [Test] {
        var tests: [Test] = []
        for term in terms { tests.append(try compile(term)) }
        return tests
    }

    private func clause(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand
    ) throws(JQLFault) -> Test {
        switch field.lowercased() {
        case "project", "space":
            return try match(field, operation, operand) { value throws(JQLFault) in
                guard
                    let project = site.project(value)
                        ?? site.configuration.projects.first(where: { $0.name.caseInsensitiveEquals(value) })
                else { throw missing(value, field) }
                return project.key
            } of: {
                [$0.projectKey]
            }
        case "key", "issuekey", "id", "issue", "workitem", "workitemkey": return try key(field, operation, operand)
        case "created", "createddate": return try time(field, operation, operand) { $0.created }
        case "updated", "updateddate": return try time(field, operation, operand) { $0.updated }
        case "creator": return try people(field, operation, operand) { $0.creator }
        case "reporter": return try people(field, operation, operand) { $0.reporter }
        case "assignee": return try people(field, operation, operand) { $0.assignee }
        case "labels", "label":
            return try match(field, operation, operand) { value throws(JQLFault) in
                value.lowercased()
            } of: {
                $0.labels.map { $0.lowercased() }
            }
        case "issuetype", "type", "worktype":
            return try match(field, operation, operand) { value throws(JQLFault) in
                guard let type = IssueType.named(value) ?? IssueType.all.first(where: { $0.id == value }) else {
                    throw missing(value, field)
                }
                return type.name
            } of: {
                [$0.type]
            }
        case "status":
            return try match(field, operation, operand) { value throws(JQLFault) in
                guard let status = Status.all.first(where: { $0.name.caseInsensitiveEquals(value) || $0.id == value })
                else {
                    throw missing(value, field)
                }
                return status.name
            } of: {
                [$0.status]
            }
        case "statuscategory":
            return try match(field, operation, operand) { value throws(JQLFault) in
                guard let status = Status.all.first(where: { $0.category.name.caseInsensitiveEquals(value) }) else {
                    throw missing(value, field)
                }
                return status.category.name
            } of: { issue in
                Status.all.filter { $0.name == issue.status }.map(\.category.name)
            }
        case "priority":
            return try match(field, operation, operand) { value throws(JQLFault) in
                guard
                    let priority = Priority.all.first(where: { $0.name.caseInsensitiveEquals(value) || $0.id == value })
                else { throw missing(value, field) }
                return priority.name
            } of: {
                [$0.priority]
            }
        case "parent": return try parent(field, operation, operand)
        case "sprint", "cf[10020]": return try sprint(field, operation, operand)
        case "summary", "text": return try words(field, operation, operand)
        default: throw JQLFault(message: "Field '\(field)' does not exist or you do not have permission to view it.")
        }
    }

    private func missing(_ value: String, _ field: String) -> JQLFault {
        JQLFault(message: "The value '\(value)' does not exist for the field '\(field)'.")
    }

    private func unsupported(_ operation: JQLQuery.Operator, _ field: String) -> JQLFault {
        JQLFault(message: "The operator '\(operation.rawValue)' is not supported by the '\(field)' field.")
    }

    /// Equality, membership and emptiness over names.
    private func match(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand,
        resolve: (String) throws(JQLFault) -> String,
        of values: @escaping @Sendable (SimulatedIssue) -> [String]
    ) throws(JQLFault) -> Test {
        var wanted: Set<String> = []
        var wantsEmpty = false
        for element in flattened(operand) {
            switch element {
            case .value(let text, _): wanted.insert(try resolve(text))
            case .empty: wantsEmpty = true
            case .function(let name, _):
                throw JQLFault(message: "Unable to find JQL function '\(name)'.")
            case .list: break
            }
        }
        let (set, empty) = (wanted, wantsEmpty)
        let isAny: Test = { issue in
            let present = values(issue)
            return present.isEmpty ? empty : present.contains { set.contains($0) }
        }
        switch operation {
        case .equal, .isIn, .isWhat: return isAny
        // A field without a value never satisfies "not equal".
        case .notEqual, .isNotIn: return { issue in !values(issue).isEmpty && !isAny(issue) }
        case .isNot: return { !values($0).isEmpty }
        default: throw unsupported(operation, field)
        }
    }

    private func flattened(_ operand: JQLQuery.Operand) -> [JQLQuery.Operand] {
        if case .list(let elements) = operand { elements.flatMap { flattened($0) } } else { [operand] }
    }

    private func people(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand,
        of value: @escaping @Sendable (SimulatedIssue) -> String?
    ) throws(JQLFault) -> Test {
        let resolved = flattened(operand).map { element -> JQLQuery.Operand in
            if case .function(let name, _) = element, name.caseInsensitiveEquals("currentUser") {
                return .value(caller?.accountID ?? "anonymous", quoted: true)
            }
            return element
        }
        return try match(field, operation, .list(resolved)) { text throws(JQLFault) in
            text == "anonymous" ? text : site.user(text)?.accountID ?? text
        } of: {
            value($0).map { [$0] } ?? []
        }
    }

    private func key(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand
    ) throws(JQLFault) -> Test {
        var found: [SimulatedIssue] = []
        for case .value(let text, _) in flattened(operand) {
            guard let issue = site.visibleIssue(text, to: caller) else {
                throw JQLFault(message: "An issue with key '\(text)' does not exist for field '\(field)'.")
            }
            found.append(issue)
        }
        let ids = Set(found.map(\.id))
        switch operation {
        case .equal, .isIn: return { ids.contains($0.id) }
        case .notEqual, .isNotIn: return { !ids.contains($0.id) }
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard let bound = found.first else { throw unsupported(operation, field) }
            let compare = Self.comparison(operation)
            return { $0.projectKey == bound.projectKey && compare($0.number, bound.number) }
        default: throw unsupported(operation, field)
        }
    }

    private func parent(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand
    ) throws(JQLFault) -> Test {
        try match(field, operation, operand) { text throws(JQLFault) in
            guard let issue = site.visibleIssue(text, to: caller) else { throw missing(text, field) }
            return String(issue.id)
        } of: {
            $0.parent.map { [String($0)] } ?? []
        }
    }

    private func sprint(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand
    ) throws(JQLFault) -> Test {
        let sprints = site.configuration.projects.filter(\.hasSprints).flatMap(\.sprints)
        var elements: [JQLQuery.Operand] = []
        for element in flattened(operand) {
            guard case .function(let name, _) = element else {
                elements.append(element)
                continue
            }
            let states = ["opensprints": ["active"], "closedsprints": ["closed"], "futuresprints": ["future"]]
            guard let state = states[name.lowercased()] else {
                throw JQLFault(message: "Unable to find JQL function '\(name)'.")
            }
            elements += sprints.filter { state.contains($0.state) }.map { .value(String($0.id), quoted: false) }
        }
        return try match(field, operation, .list(elements)) { text throws(JQLFault) in
            let found = sprints.first { String($0.id) == text } ?? sprints.first { $0.name.caseInsensitiveEquals(text) }
            guard let found else { throw missing(text, field) }
            return String(found.id)
        } of: {
            $0.sprint.map { [String($0)] } ?? []
        }
    }

    private func words(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand
    ) throws(JQLFault) -> Test {
        guard case .value(let text, _) = operand, operation == .contains || operation == .containsNot else {
            throw unsupported(operation, field)
        }
        let wanted = Self.words(of: text)
        let isWanted = operation == .contains
        return { issue in wanted.isSubset(of: Self.words(of: issue.summary)) == isWanted }
    }

    private static func words(of text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    }

    private func time(
        _ field: String,
        _ operation: JQLQuery.Operator,
        _ operand: JQLQuery.Operand,
        of value: @escaping @Sendable (SimulatedIssue) -> Int
    ) throws(JQLFault) -> Test {
        switch operation {
        case .isWhat: return { _ in false }
        case .isNot: return { _ in true }
        default: break
        }
        guard let bound = JQLTime.instant(operand, zone: caller?.timeZone, now: now) else {
            throw JQLFault(
                message:
                    "Date value for field '\(field)' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        }
        switch operation {
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let compare = Self.comparison(operation)
            return { compare(value($0), bound) }
        case .equal: return { value($0) / 60_000 == bound / 60_000 }
        case .notEqual: return { value($0) / 60_000 != bound / 60_000 }
        default: throw unsupported(operation, field)
        }
    }

    private static func comparison(_ operation: JQLQuery.Operator) -> @Sendable (Int, Int) -> Bool {
        switch operation {
        case .less: { $0 < $1 }
        case .lessOrEqual: { $0 <= $1 }
        case .greater: { $0 > $1 }
        default: { $0 >= $1 }
        }
    }
}
