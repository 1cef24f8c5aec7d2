/// The type of a field's values.
package struct JiraFieldSchema: JiraReadable, Hashable {
    /// `string`, `number`, `array`, `user`, `option` …
    package let type: String
    /// The type of an array's elements.
    package let items: String?
    /// The system field it is.
    package let system: String?
    /// The kind of custom field, a URI-like name that no translation changes.
    package let custom: String?

    package init?(_ json: JiraJSON) {
        guard let type = json["type"]?.string else { return nil }
        self.type = type
        items = json["items"]?.string
        system = json["system"]?.string
        custom = json["custom"]?.string
    }

    /// The sprint field's kind.
    package static let sprint = "com.pyxis.greenhopper.jira:gh-sprint"
    /// The kind of "Story point estimate", as team-managed projects have it.
    package static let storyPointEstimate = "com.pyxis.greenhopper.jira:jsw-story-points"
    /// The kind of any number field, "Story Points" of company-managed projects among them.
    package static let float = "com.atlassian.jira.plugin.system.customfieldtypes:float"
}

/// A field of a site.
package struct JiraField: JiraReadable, Hashable {
    package let id: String
    package let key: String?
    /// In the account's language.
    package let name: String
    /// As the administrator named it, in no language in particular; missing for most system fields.
    package let untranslatedName: String?
    package let isCustom: Bool
    package let schema: JiraFieldSchema?

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        self.id = id
        key = json["key"]?.string
        name = json["name"]?.string ?? id
        untranslatedName = json["untranslatedName"]?.string
        isCustom = json["custom"]?.bool ?? false
        schema = json["schema"].flatMap { JiraFieldSchema($0) }
    }

    package var isSprint: Bool { schema?.custom == JiraFieldSchema.sprint }

    /// Whether it holds story points by all signs: its kind, or a number field by one of the two names that Jira gives.
    ///
    /// Where several do, a board's ``JiraBoardConfiguration/estimationFieldID`` decides.
    package var isStoryPoints: Bool {
        guard let schema else { return false }
        if schema.custom == JiraFieldSchema.storyPointEstimate { return true }
        let name = (untranslatedName ?? name).lowercased()
        return schema.custom == JiraFieldSchema.float && (name == "story points" || name == "story point estimate")
    }
}

/// What may be said about a field when an issue is created.
package struct JiraFieldMeta: JiraReadable, Equatable {
    package let id: String
    /// In the account's language.
    package let name: String
    package let isRequired: Bool
    package let hasDefaultValue: Bool
    /// `set`, `add`, `remove` …
    package let operations: [String]
    /// The values to choose from, where there is a choice; `nil` where anything of the type goes.
    package let allowedValues: [JiraJSON]?
    package let schema: JiraFieldSchema?

    package init?(_ json: JiraJSON) {
        guard let id = json["fieldId"]?.string ?? json["key"]?.string, !id.isEmpty else { return nil }
        self.id = id
        name = json["name"]?.string ?? id
        isRequired = json["required"]?.bool ?? false
        hasDefaultValue = json["hasDefaultValue"]?.bool ?? false
        operations = json["operations"]?.strings ?? []
        allowedValues = json["allowedValues"]?.array
        schema = json["schema"].flatMap { JiraFieldSchema($0) }
    }

    /// The allowed value with a name, regardless of case. Values are named by `name` or, for options, by `value`.
    package func allowedValue(named name: String) -> JiraJSON? {
        let name = name.lowercased()
        return allowedValues?.first { ($0["name"]?.string ?? $0["value"]?.string)?.lowercased() == name }
    }
}

/// An issue type.
package struct JiraIssueType: JiraReadable, Hashable {
    package let id: String
    /// In the account's language.
    package let name: String
    /// In no language in particular, when Jira tells it.
    package let untranslatedName: String?
    package let isSubtask: Bool
    /// −1 for sub-tasks, 0 for the usual ones, 1 for epics.
    package let hierarchyLevel: Int?

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let name = json["name"]?.string else { return nil }
        self.id = id
        self.name = name
        untranslatedName = json["untranslatedName"]?.string
        isSubtask = json["subtask"]?.bool ?? false
        hierarchyLevel = json["hierarchyLevel"]?.int
    }
}

/// A priority of a site.
package struct JiraPriority: JiraReadable, Hashable {
    package let id: String
    package let name: String
    package let isDefault: Bool

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let name = json["name"]?.string else { return nil }
        self.id = id
        self.name = name
        isDefault = json["isDefault"]?.bool ?? false
    }
}
