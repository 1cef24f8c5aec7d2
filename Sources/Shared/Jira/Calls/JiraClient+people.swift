extension JiraClient {
    /// The account the credential belongs to: the one sure way to learn that a credential is still good.
    package func myself() async throws(JiraError) -> JiraReply<JiraUser> {
        try await send(.get("/rest/api/3/myself", "/rest/api/3/myself")) { JiraUser($0) }
    }

    /// Users whose name, or visible e-mail address, matches. Hidden addresses are not searched: no match proves
    /// nothing.
    /// - Parameter maxResults: of the first 1,000 users, that is all Jira searches.
    package func userSearch(
        query: String,
        startAt: Int = 0,
        maxResults: Int = 50
    ) async throws(JiraError) -> JiraReply<[JiraUser]> {
        let members = [("query", query), ("startAt", String(startAt)), ("maxResults", String(maxResults))]
        return try await users("/rest/api/3/user/search", members)
    }

    /// Users who can be assigned to issues of a project and whose name, or visible e-mail address, matches.
    ///
    /// Jira filters after it has taken a page, so that a page may be short, or empty, though there are more.
    /// - Parameters:
    ///   - project: key or id.
    ///   - query: what a name or an address begins with; `nil` for everybody.
    package func assignableSearch(
        project: String,
        query: String? = nil,
        startAt: Int = 0,
        maxResults: Int = 50
    ) async throws(JiraError) -> JiraReply<[JiraUser]> {
        var parameters: [(name: String, value: String)] = [
            ("project", project), ("startAt", String(startAt)), ("maxResults", String(maxResults)),
        ]
        // An empty one is not allowed by Jira's description; without one it is everybody.
        if let query { parameters.insert(("query", query), at: 1) }
        return try await users("/rest/api/3/user/assignable/search", parameters)
    }

    /// Whether an account can be assigned to issues of a project.
    /// - Returns: The user, or `nil`.
    package func assignableUser(project: String, accountID: String) async throws(JiraError) -> JiraReply<JiraUser?> {
        try await users("/rest/api/3/user/assignable/search", [("project", project), ("accountId", accountID)])
            .map { users in users.first { $0.accountID == accountID } }
    }

    private func users(
        _ path: String,
        _ query: [(name: String, value: String)]
    ) async throws(JiraError) -> JiraReply<[JiraUser]> {
        // Someone without an account id is no use; the others still are.
        try await send(.get(path, path, query: query)) { $0.array?.compactMap { JiraUser($0) } }
    }
}
