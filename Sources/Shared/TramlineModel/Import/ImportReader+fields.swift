extension ImportReader {
    /// Fields of Jira for which a ticket has a member of its own: two values for one field would leave open which counts.
    private static let members = [
        "summary": "title", "description": "description_html", "issuetype": "issue_type", "priority": "priority",
        "assignee": "assignee", "labels": "labels", "parent": "parent", "attachment": "attachments",
        "issuelinks": "depends_on", "project": "project_key",
    ]

    /// Reads values for Jira's fields: any JSON that the record can hold.
    /// - Returns: the object as it was written, without white space.
    mutating func fields(_ value: JSONValue?, at place: ImportPlace) -> String {
        guard let value else { return "{}" }
        guard case .object(let members) = value else {
            faults.add(place, "must be an object, but is \(value.kind)")
            return "{}"
        }
        if members.count > ImportLimits.fields {
            faults.add(place, "has \(members.count) members, the most is \(ImportLimits.fields)")
        }
        for member in members.prefix(ImportLimits.fields) {
            if let own = Self.members[member.name] {
                faults.add(place.member(member.name), "has a member of its own in the import: \(own)")
            } else if member.name.allSatisfy(\.isWhitespace) || member.name.utf16.count > ImportLimits.nameCharacters {
                faults.add(place.member(member.name), "is no name of a field")
            }
        }
        check(value, at: place)
        return value.text
    }

    /// Refuses what PostgreSQL's `jsonb` cannot hold as it is: U+0000, numbers without measure, a name that stands twice.
    private mutating func check(_ value: JSONValue, at place: ImportPlace) {
        switch value {
        case .null, .bool:
            return
        case .number(let number):
            if number.text.utf8.count > ImportLimits.numberCharacters || number.double == nil {
                faults.add(place, "is beyond all bounds")
            }
        case .string(let text):
            if text.utf8.contains(0) { faults.add(place, "must not hold the character U+0000") }
        case .array(let elements):
            for (index, element) in elements.enumerated() { check(element, at: place.element(index)) }
        case .object(let members):
            var names: Set<String> = []
            for member in members {
                let place = place.member(member.name)
                if member.name.utf8.contains(0) { faults.add(place, "must not hold the character U+0000") }
                if !names.insert(member.name).inserted { faults.add(place, "stands here twice") }
                check(member.value, at: place)
            }
        }
    }
}
