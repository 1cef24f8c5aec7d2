extension JiraClient {
    /// Creates an issue: one POST, written to at most one connection.
    ///
    /// - Returns: What was made (201).
    /// - Throws: ``JiraError``. `.refused`: nothing was made; where fields are to blame, ``JiraError/fieldErrors``
    ///   names them all. `.uncertain`: the issue may exist or may come into being later; creating again without
    ///   looking for it first risks a twin.
    package func createIssue(_ draft: JiraIssueDraft) async throws(JiraError) -> JiraReply<CreatedIssue> {
        try await createIssue(body: draft.encoded())
    }

    /// Creates an issue from a body that ``JiraIssueDraft/encoded()`` made.
    package func createIssue(body: [UInt8]) async throws(JiraError) -> JiraReply<CreatedIssue> {
        try await send(.post("/rest/api/3/issue", json: body)) { CreatedIssue($0) }
    }

    /// Reads an issue. A moved one answers to its old key as well.
    /// - Parameters:
    ///   - key: or the numeric id.
    ///   - fields: field ids; empty means Jira's default: all of them. Use `["id"]` for nothing else.
    ///   - properties: property keys.
    /// - Throws: ``JiraError`` with `.notFound` when it does not exist, is archived or is not to be seen: Jira does
    ///   not tell which.
    package func issue(
        _ key: String,
        fields: [String] = [],
        properties: [String] = []
    ) async throws(JiraError) -> JiraReply<JiraIssue> {
        var query: [(name: String, value: String)] = []
        if !fields.isEmpty { query.append(("fields", fields.joined(separator: ","))) }
        if !properties.isEmpty { query.append(("properties", properties.joined(separator: ","))) }
        let path = "/rest/api/3/issue/\(PercentEncoding.segment(key))"
        return try await send(.get("/rest/api/3/issue/{key}", path, query: query)) { JiraIssue($0) }
    }

    /// Reads many issues by key or id, from the database and not from the search index.
    ///
    /// - Parameters:
    ///   - keys: keys and ids, mixed as you like, 1...100.
    ///   - fields: field ids; empty means ids and keys only.
    ///   - properties: at most 5 property keys.
    /// - Returns: The issues that exist and may be seen; those that do not are missing without a word.
    package func bulkFetch(
        _ keys: [String],
        fields: [String] = [],
        properties: [String] = []
    ) async throws(JiraError) -> JiraReply<JiraBulkFetch> {
        guard (1...100).contains(keys.count) else {
            throw JiraError(
                .invalidRequest,
                .refused,
                message: "A bulk fetch takes 1 to 100 issues, not \(keys.count)."
            )
        }
        var members: [String: JiraJSON] = ["issueIdsOrKeys": .array(keys.map { .string($0) })]
        // Without the member Jira gives all navigable fields.
        members["fields"] = .array((fields.isEmpty ? ["id"] : fields).map { .string($0) })
        if !properties.isEmpty { members["properties"] = .array(properties.map { .string($0) }) }
        let body = JiraJSON.object(members).encoded()
        return try await send(.post("/rest/api/3/issue/bulkfetch", json: body, onlyReads: true)) { JiraBulkFetch($0) }
    }
}
