extension JiraClient {
    /// The issue types that can be created in a project, a page of them.
    /// - Parameter project: key or id.
    package func createMetaIssueTypes(
        project: String,
        startAt: Int = 0,
        maxResults: Int = 200
    ) async throws(JiraError) -> JiraReply<JiraPage<JiraIssueType>> {
        let path = "/rest/api/3/issue/createmeta/\(PercentEncoding.segment(project))/issuetypes"
        let name = "/rest/api/3/issue/createmeta/{project}/issuetypes"
        let call = JiraCall.get(name, path, query: Self.createMetaPage(startAt, maxResults))
        return try await send(call) { json in
            JiraPage(
                json,
                names: ["issueTypes", "createMetaIssueType", "values", "results"],
                requested: startAt,
                read: { JiraIssueType($0) }
            )
        }
    }

    /// The fields on the create screen of an issue type, a page of them: what is not here cannot be set on creating.
    /// - Parameters:
    ///   - project: key or id.
    ///   - issueType: id.
    package func createMetaFields(
        project: String,
        issueType: String,
        startAt: Int = 0,
        maxResults: Int = 200
    ) async throws(JiraError) -> JiraReply<JiraPage<JiraFieldMeta>> {
        let (project, issueType) = (PercentEncoding.segment(project), PercentEncoding.segment(issueType))
        let path = "/rest/api/3/issue/createmeta/\(project)/issuetypes/\(issueType)"
        let name = "/rest/api/3/issue/createmeta/{project}/issuetypes/{type}"
        let call = JiraCall.get(name, path, query: Self.createMetaPage(startAt, maxResults))
        return try await send(call) { json in
            JiraPage(json, names: ["fields", "values", "results"], requested: startAt, read: { JiraFieldMeta($0) })
        }
    }

    /// More than 200 is a 400 here.
    private static func createMetaPage(_ startAt: Int, _ maxResults: Int) -> [(name: String, value: String)] {
        [("startAt", String(startAt)), ("maxResults", String(min(max(maxResults, 1), 200)))]
    }
}
