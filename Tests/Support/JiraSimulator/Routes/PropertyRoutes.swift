import HTTPTypes

/// Issue properties.
enum PropertyRoutes {
    static let routes = [
        Route(.get, "/rest/api/3/issue/{}/properties", keys),
        Route(.get, "/rest/api/3/issue/{}/properties/{}", read),
        Route(.put, "/rest/api/3/issue/{}/properties/{}", input: .json, access: .users, writesIssueAt: 0, write),
        Route(.delete, "/rest/api/3/issue/{}/properties/{}", access: .users, writesIssueAt: 0, delete),
    ]

    /// Whether a property may be stored: a key of 1 to 255 characters, a value of at most 32,768 characters of JSON.
    static func isValid(key: String, value: JSON) -> Bool {
        (1...255).contains(key.utf16.count) && value.text.utf16.count <= 32_768
    }

    private static func url(_ key: String, of issue: SimulatedIssue, _ call: Call) -> JSON {
        .string("\(call.request.base)/rest/api/3/issue/\(issue.id)/properties/\(key)")
    }

    @Sendable private static func keys(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        let keys = issue.properties.keys.sorted().map { key -> JSON in
            ["self": url(key, of: issue, call), "key": .string(key)]
        }
        return Answer(200, ["keys": .array(keys)])
    }

    @Sendable private static func read(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        guard let value = issue.properties[call.parameters[1]] else {
            return .failure(404, ["The property with key '\(call.parameters[1])' does not exist."])
        }
        return Answer(200, ["key": .string(call.parameters[1]), "value": value])
    }

    @Sendable private static func write(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        let key = call.parameters[1]
        guard let value = call.request.json else {
            return .failure(400, ["There was an error parsing JSON. Check that your request body is valid."])
        }
        guard isValid(key: key, value: value) else { return .failure(400, ["The issue property is not valid."]) }
        let isNew = issue.properties[key] == nil
        site.changeIssue(issue.id, at: call.now, touch: false) { $0.properties[key] = value }
        return Answer(isNew ? 201 : 200, ["self": url(key, of: issue, call)])
    }

    @Sendable private static func delete(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller) else { return .noIssue }
        guard issue.properties[call.parameters[1]] != nil else {
            return .failure(404, ["The property with key '\(call.parameters[1])' does not exist."])
        }
        site.changeIssue(issue.id, at: call.now, touch: false) { $0.properties[call.parameters[1]] = nil }
        return Answer(empty: 204)
    }
}
