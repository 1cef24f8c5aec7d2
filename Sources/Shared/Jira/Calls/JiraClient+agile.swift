extension JiraClient {
    /// The boards of a project, a page of them.
    /// - Parameter project: key or id.
    package func boards(
        project: String,
        startAt: Int = 0,
        maxResults: Int = 50
    ) async throws(JiraError) -> JiraReply<JiraPage<JiraBoard>> {
        let path = "/rest/agile/1.0/board"
        let query = [("projectKeyOrId", project), ("startAt", String(startAt)), ("maxResults", String(maxResults))]
        return try await send(.get(path, path, query: query)) { json in
            JiraPage(json, names: ["values"], requested: startAt, read: { JiraBoard($0) })
        }
    }

    /// How work is estimated on a board. Needs a scope that many tokens lack: expect `.forbidden`.
    package func boardConfiguration(board: Int) async throws(JiraError) -> JiraReply<JiraBoardConfiguration> {
        let call = JiraCall.get(
            "/rest/agile/1.0/board/{id}/configuration",
            "/rest/agile/1.0/board/\(board)/configuration"
        )
        return try await send(call) { JiraBoardConfiguration($0) }
    }

    /// The sprints of a board, a page of them: closed, then active, then future ones.
    ///
    /// - Parameter states: which ones; empty means all.
    /// - Throws: ``JiraError``; `.rejected` also for a board without sprints, kanban boards among them.
    package func sprints(
        board: Int,
        states: [JiraSprint.State] = [],
        startAt: Int = 0,
        maxResults: Int = 50
    ) async throws(JiraError) -> JiraReply<JiraPage<JiraSprint>> {
        var query: [(name: String, value: String)] = [("startAt", String(startAt)), ("maxResults", String(maxResults))]
        if !states.isEmpty { query.append(("state", states.map(\.word).joined(separator: ","))) }
        let call = JiraCall.get(
            "/rest/agile/1.0/board/{id}/sprint",
            "/rest/agile/1.0/board/\(board)/sprint",
            query: query
        )
        return try await send(call) { json in
            JiraPage(json, names: ["values"], requested: startAt, read: { JiraSprint($0) })
        }
    }
}
