/// A field as a create screen has it.
struct ScreenField: Sendable {
    let id: String
    let name: String
    let isRequired: Bool
    let hasDefault: Bool
    let schema: JSON
    let operations: [String]
    let allowed: [JSON]?
}

extension SimulatedSite {
    /// The fields that may be set when an issue of this type is made.
    ///
    /// - Parameter labels: Whether `labels` is there, if the project has it.
    func createScreen(
        _ project: ProjectConfiguration,
        _ type: IssueType,
        labels: Bool = true,
        base: String = ""
    ) -> [ScreenField] {
        var fields = [
            field("project", "Project", required: true, type: "project", allowed: [render(project, base: base)]),
            field(
                "issuetype",
                "Issue Type",
                required: true,
                type: "issuetype",
                operations: [],
                allowed: [render(type, base: base)]
            ),
            field("summary", "Summary", required: true, type: "string"),
            field("description", "Description", type: "string"),
            field("assignee", "Assignee", type: "user"),
            field("reporter", "Reporter", hasDefault: true, type: "user"),
            field("duedate", "Due date", type: "date"),
            field("parent", "Parent", required: type.level < 0, type: "issuelink"),
        ]
        if project.priorityOnScreen {
            let allowed = Priority.all.map { render($0, base: base) }
            fields.append(field("priority", "Priority", hasDefault: true, type: "priority", allowed: allowed))
        }
        if project.labelsOnScreen, labels {
            fields.append(
                field("labels", "Labels", type: "array", items: "string", operations: ["add", "set", "remove"])
            )
        }
        if type.level == 0 {
            fields.append(
                custom(Self.storyPoints, "Story Points", "number", Self.float, required: project.requiredFields)
            )
            if project.hasSprints {
                fields.append(
                    custom(
                        Self.sprint,
                        "Sprint",
                        "array",
                        Self.sprintType,
                        items: "json",
                        required: project.requiredFields
                    )
                )
            }
        }
        for own in configuration.customFields where own.isOnScreen {
            fields.append(screenField(own, required: project.requiredFields))
        }
        return fields
    }

    static let float = "com.atlassian.jira.plugin.system.customfieldtypes:float"
    static let sprintType = "com.pyxis.greenhopper.jira:gh-sprint"

    private func screenField(_ own: CustomField, required: Set<String>) -> ScreenField {
        let types = "com.atlassian.jira.plugin.system.customfieldtypes:"
        switch own.kind {
        case .text: return custom(own.id, own.name, "string", types + "textfield", required: required)
        case .number: return custom(own.id, own.name, "number", types + "float", required: required)
        case .select(let options):
            let allowed = options.enumerated().map { index, option -> JSON in
                ["id": .string(String(10_000 + index)), "value": .string(option)]
            }
            return custom(own.id, own.name, "option", types + "select", required: required, allowed: allowed)
        }
    }

    private func field(
        _ id: String,
        _ name: String,
        required: Bool = false,
        hasDefault: Bool = false,
        type: String,
        items: String? = nil,
        operations: [String] = ["set"],
        allowed: [JSON]? = nil
    ) -> ScreenField {
        var schema: [String: JSON] = ["type": .string(type), "system": .string(id)]
        schema["items"] = items.map { .string($0) }
        return ScreenField(
            id: id,
            name: name,
            isRequired: required,
            hasDefault: hasDefault,
            schema: .object(schema),
            operations: operations,
            allowed: allowed
        )
    }

    private func custom(
        _ id: String,
        _ name: String,
        _ type: String,
        _ custom: String,
        items: String? = nil,
        required: Set<String>,
        allowed: [JSON]? = nil
    ) -> ScreenField {
        var schema: [String: JSON] = ["type": .string(type), "custom": .string(custom)]
        schema["items"] = items.map { .string($0) }
        schema["customId"] = id.split(separator: "_").last.flatMap { Int($0) }.map { .integer($0) }
        return ScreenField(
            id: id,
            name: name,
            isRequired: required.contains(id),
            hasDefault: false,
            schema: .object(schema),
            operations: ["set"],
            allowed: allowed
        )
    }
}
