/// A field that an export can do without: dropped when Jira cannot take it, and told as a manual fix.
struct OptionalField: Sendable {
    /// The manual fix's type.
    let issueType: String
    /// What a person does about it.
    let action: String
    /// Whether the ticket asked for it.
    var isTicketsOwn = true

    static func priority(_ name: String, available: [String] = []) -> OptionalField {
        let choice = available.isEmpty ? "" : " (\(available.joined(separator: ", ")))"
        return OptionalField(
            issueType: "priority_not_available",
            action: "Choose a priority of the project\(choice); the ticket asked for \"\(name)\""
        )
    }

    static let assignee = OptionalField(
        issueType: "assignee_invalid",
        action: "Assign the issue to a member of the project"
    )
    static let sprint = OptionalField(
        issueType: "sprint_not_found",
        action: "Move the issue into a sprint that is open"
    )

    static func storyPoints(_ points: Double) -> OptionalField {
        OptionalField(issueType: "story_points_not_set", action: "Enter the story points: \(points.formatted)")
    }

    static func parent(_ key: String) -> OptionalField {
        OptionalField(issueType: "parent_not_set", action: "Set the parent to \(key), if its type allows that")
    }

    static func labels(_ labels: [String]) -> OptionalField {
        OptionalField(
            issueType: "labels_not_set",
            action: "Add the labels: \(labels.joined(separator: ", "))",
            // The marker's own label is nobody's loss.
            isTicketsOwn: !labels.isEmpty
        )
    }

    static func other(_ id: String) -> OptionalField {
        OptionalField(issueType: "field_not_set", action: "Set the field \(id) in Jira")
    }
}

extension Double {
    /// Without a needless ".0": as a person writes it.
    fileprivate var formatted: String {
        rounded() == self && abs(self) < 1e15 ? String(Int64(self)) : String(self)
    }
}
