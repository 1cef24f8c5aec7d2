/// Reads the `fields` of a create or an edit, gathering every fault under its field as Jira does.
struct IssueFields: Sendable {
    /// The limit of a description, in characters of its visible text.
    static let longestText = 32_767

    private(set) var errors: [String: String] = [:]
    /// Why a document is not valid ADF; Jira does not say.
    private(set) var documentFault: String?

    private let site: SimulatedSite
    private let project: ProjectConfiguration
    private let type: IssueType
    private let fields: [String: JSON]

    init(_ fields: [String: JSON], _ site: SimulatedSite, _ project: ProjectConfiguration, _ type: IssueType) {
        self.fields = fields
        self.site = site
        self.project = project
        self.type = type
    }

    /// The refusal, when anything was wrong.
    var refusal: Answer? {
        if let documentFault {
            var answer = Answer.invalidInput
            answer.detail = documentFault
            return answer
        }
        return errors.isEmpty ? nil : .failure(400, [], errors)
    }

    /// Refuses fields that are not on the screen, and required ones that are missing.
    ///
    /// - Parameter requiring: Whether required fields must be there, as in a create.
    mutating func check(screen: [ScreenField], requiring: Bool) {
        let known = Set(screen.map(\.id))
        for name in fields.keys where !known.contains(name) {
            errors[name] = "Field '\(name)' cannot be set. It is not on the appropriate screen, or unknown."
        }
        guard requiring else { return }
        for field in screen where field.isRequired && !field.hasDefault && fields[field.id].map(\.isNull) ?? true {
            switch field.id {
            case "summary": errors["summary"] = "You must specify a summary of the issue."
            case "parent":
                errors["parent"] = "Issue type is a sub-task but parent issue key or id not specified."
            default: errors[field.id] = "\(field.name) is required."
            }
        }
    }

    /// Puts what was sent into an issue; what is wrong is left out and entered as an error.
    mutating func apply(to issue: inout SimulatedIssue, caller: SimulatedUser?) {
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) where errors[name] == nil {
            switch name {
            case "project", "issuetype": break
            case "summary": summary(value, &issue)
            case "description": description(value, &issue)
            case "labels": labels(value, &issue)
            case "priority": priority(value, &issue)
            case "assignee": issue.assignee = account(value, name)
            case "reporter": if let reporter = account(value, name) { issue.reporter = reporter }
            case "duedate": dueDate(value, &issue)
            case "parent": parent(value, &issue, caller)
            case SimulatedSite.storyPoints: issue.storyPoints = number(value, name)
            case SimulatedSite.sprint: sprint(value, &issue)
            default: custom(value, name, &issue)
            }
        }
    }

    private mutating func summary(_ value: JSON, _ issue: inout SimulatedIssue) {
        guard let text = value.string else {
            errors["summary"] = "Operation value must be a string"
            return
        }
        if text.trimmingSpaces.isEmpty {
            errors["summary"] = "You must specify a summary of the issue."
        } else if text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
            errors["summary"] = "The summary is invalid because it contains newline characters."
        } else if text.utf16.count > 255 {
            errors["summary"] = "Summary can't exceed 255 characters."
        } else {
            issue.summary = text
        }
    }

    private mutating func description(_ value: JSON, _ issue: inout SimulatedIssue) {
        guard !value.isNull else {
            issue.description = .null
            return
        }
        guard value.object != nil else {
            errors["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            return
        }
        if let fault = DocumentRules.fault(in: value) {
            documentFault = fault
        } else if DocumentRules.length(of: value) > Self.longestText {
            errors["description"] =
                "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
        } else {
            issue.description = value
        }
    }

    private mutating func labels(_ value: JSON, _ issue: inout SimulatedIssue) {
        guard let elements = value.isNull ? [] : value.array else {
            errors["labels"] = "Operation value must be an array of strings"
            return
        }
        var labels: [String] = []
        for element in elements {
            guard let label = element.string else {
                errors["labels"] = "Operation value must be an array of strings"
                return
            }
            if label.unicodeScalars.contains(where: { $0.properties.isWhitespace }) {
                errors["labels"] = "The label '\(label)' contains spaces which is invalid."
                return
            }
            if label.isEmpty || label.utf16.count > 255 {
                errors["labels"] = "The label '\(label.prefix(20))' must have 1 to 255 characters."
                return
            }
            if !labels.contains(label) { labels.append(label) }
        }
        issue.labels = labels.sorted()
    }

    private mutating func priority(_ value: JSON, _ issue: inout SimulatedIssue) {
        if value.isNull {
            issue.priority = "Medium"
            return
        }
        let found =
            value["id"]?.string.map { id in Priority.all.first { $0.id == id } }
            ?? value["name"]?.string.map { name in Priority.all.first { $0.name.caseInsensitiveEquals(name) } }
        guard let found, let priority = found else {
            errors["priority"] = "Specify a valid 'id' or 'name' for Priority"
            return
        }
        issue.priority = priority.name
    }

    private mutating func account(_ value: JSON, _ name: String) -> String? {
        if value.isNull { return nil }
        guard let id = (value["accountId"] ?? value["id"])?.string else {
            errors[name] = "Specify a valid value for \(name)"
            return nil
        }
        guard let user = site.user(id), name == "reporter" ? user.isActive : user.isAssignable else {
            errors[name] =
                name == "reporter"
                ? "The reporter specified is not a user." : "User '\(id)' cannot be assigned issues."
            return nil
        }
        return id
    }

    private mutating func dueDate(_ value: JSON, _ issue: inout SimulatedIssue) {
        if value.isNull {
            issue.dueDate = nil
        } else if let text = value.string, text.wholeMatch(of: /\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/) != nil {
            issue.dueDate = text
        } else {
            errors["duedate"] = "Error parsing date string: \(value.string ?? value.text)"
        }
    }

    private mutating func parent(_ value: JSON, _ issue: inout SimulatedIssue, _ caller: SimulatedUser?) {
        if value.isNull {
            issue.parent = nil
            return
        }
        guard let name = (value["key"] ?? value["id"])?.string, let parent = site.visibleIssue(name, to: caller),
            let parentType = IssueType.named(parent.type)
        else {
            errors["parent"] = "Could not find issue by id or key."
            return
        }
        guard parentType.level == type.level + 1 else {
            errors["parent"] = "Given parent work item does not belong to appropriate hierarchy."
            return
        }
        if type.level < 0, parent.projectKey != project.key {
            errors["project"] = "Sub-tasks must be created in the same project as the parent."
            return
        }
        issue.parent = parent.id
    }

    private mutating func number(_ value: JSON, _ name: String) -> Double? {
        if value.isNull { return nil }
        guard let number = value.number else {
            errors[name] = "Operation value must be a number"
            return nil
        }
        return number
    }

    private mutating func sprint(_ value: JSON, _ issue: inout SimulatedIssue) {
        let name = SimulatedSite.sprint
        if value.isNull {
            issue.sprint = nil
            return
        }
        guard let id = value.integer else {
            errors[name] = "Number value expected as the Sprint id."
            return
        }
        guard let found = site.sprint(id), found.project == project.key else {
            errors[name] = "Sprint with id \(id) does not exist or you do not have permission to view it."
            return
        }
        guard found.sprint.state != "closed" else {
            errors[name] = "Issue can be assigned only active or future sprints."
            return
        }
        issue.sprint = id
    }

    private mutating func custom(_ value: JSON, _ name: String, _ issue: inout SimulatedIssue) {
        guard let field = site.configuration.customFields.first(where: { $0.id == name }) else { return }
        if value.isNull {
            issue.custom[name] = nil
            return
        }
        switch field.kind {
        case .text:
            guard let text = value.string else {
                errors[name] = "Operation value must be a string"
                return
            }
            issue.custom[name] = .string(text)
        case .number:
            if let number = number(value, name) { issue.custom[name] = .number(number) }
        case .select(let options):
            let byID = value["id"]?.string.flatMap { Int($0) }.map { $0 - 10_000 }
            let byValue = value["value"]?.string.flatMap { options.firstIndex(of: $0) }
            guard let index = byID ?? byValue, options.indices.contains(index) else {
                errors[name] = "Option value '\((value["value"] ?? value["id"] ?? value).text)' is not valid"
                return
            }
            issue.custom[name] = ["id": .string(String(10_000 + index)), "value": .string(options[index])]
        }
    }
}

extension String {
    /// Without spaces at its ends.
    var trimmingSpaces: Substring {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return self[first...last]
    }
}
