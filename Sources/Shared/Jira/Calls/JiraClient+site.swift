extension JiraClient {
    /// What the site says of itself. Answers to anybody: proves nothing about the credential.
    package func serverInfo() async throws(JiraError) -> JiraReply<JiraServerInfo> {
        try await send(.get("/rest/api/3/serverInfo", "/rest/api/3/serverInfo")) { JiraServerInfo($0) }
    }

    /// A project with its issue types.
    /// - Parameter project: key or id.
    package func project(_ project: String) async throws(JiraError) -> JiraReply<JiraProject> {
        let path = "/rest/api/3/project/\(PercentEncoding.segment(project))"
        return try await send(.get("/rest/api/3/project/{project}", path)) { JiraProject($0) }
    }

    /// Which of some permissions the account has in a project.
    ///
    /// Both parameters are needed: without a project Jira answers optimistically, without names not at all.
    /// - Parameters:
    ///   - projectKey: the project's key.
    ///   - permissions: for example `["BROWSE_PROJECTS", "CREATE_ISSUES"]`; an unknown one is a 400.
    /// - Returns: Every permission asked for; one that Jira left out counts as missing.
    package func myPermissions(
        projectKey: String,
        permissions: [String]
    ) async throws(JiraError) -> JiraReply<[String: Bool]> {
        let path = "/rest/api/3/mypermissions"
        let query = [("projectKey", projectKey), ("permissions", permissions.joined(separator: ","))]
        return try await send(.get(path, path, query: query)) { json -> [String: Bool]? in
            guard let answered = json["permissions"]?.object else { return nil }
            return Dictionary(
                uniqueKeysWithValues: Set(permissions).map { name in
                    (name, answered[name]?["havePermission"]?.bool ?? false)
                }
            )
        }
    }

    /// All fields of the site: where the sprint field and the story points are found.
    package func fields() async throws(JiraError) -> JiraReply<[JiraField]> {
        try await send(.get("/rest/api/3/field", "/rest/api/3/field")) { $0.list(of: { JiraField($0) }) }
    }

    /// All priorities of the site. Those a project allows are in
    /// ``createMetaFields(project:issueType:startAt:maxResults:)``.
    package func priorities() async throws(JiraError) -> JiraReply<[JiraPriority]> {
        try await send(.get("/rest/api/3/priority", "/rest/api/3/priority")) { $0.list(of: { JiraPriority($0) }) }
    }
}
