extension JiraClient {
    /// Reads one page of a search.
    ///
    /// The index lags behind by seconds to minutes: that an issue is missing proves nothing.
    /// - Parameter token: where to go on, from the page before; `nil` for the first page.
    /// - Throws: ``JiraError`` with `.rejected` also when the token has expired.
    package func searchPage(
        _ search: JiraSearch,
        after token: JiraPageToken? = nil
    ) async throws(JiraError) -> JiraReply<JiraSearchPage> {
        let body = search.body(after: token)
        return try await send(.post("/rest/api/3/search/jql", json: body, onlyReads: true)) { JiraSearchPage($0) }
    }

    /// All pages of a search, one request for each, made when the next page is asked for and not before.
    ///
    /// - Parameter token: where to go on, should a part have been read before.
    package func search(_ search: JiraSearch, after token: JiraPageToken? = nil) -> JiraSearchPages {
        JiraSearchPages(client: self, search: search, token: token)
    }
}

/// The pages of a search, see ``JiraClient/search(_:after:)``.
package struct JiraSearchPages: AsyncSequence, Sendable {
    package typealias Element = JiraReply<JiraSearchPage>
    package typealias Failure = JiraError

    let client: JiraClient
    let search: JiraSearch
    let token: JiraPageToken?

    package func makeAsyncIterator() -> JiraSearchCursor {
        JiraSearchCursor(client: client, search: search, token: token)
    }
}

/// A place in a search. After a failure it stands where it stood: the page can be asked for again.
package struct JiraSearchCursor: AsyncIteratorProtocol {
    private let client: JiraClient
    private let search: JiraSearch
    private var seen: Set<JiraPageToken> = []
    private var isAtEnd = false
    /// Where the next page begins; `nil` at the start and at the end.
    package private(set) var token: JiraPageToken?

    init(client: JiraClient, search: JiraSearch, token: JiraPageToken?) {
        self.client = client
        self.search = search
        self.token = token
        if let token { seen.insert(token) }
    }

    /// Reads the next page: one request.
    /// - Returns: `nil` after the last page.
    /// - Throws: ``JiraError``; `.repeatedPage` when Jira names a page that was read before, which would go on for
    ///   ever.
    package mutating func next() async throws(JiraError) -> JiraReply<JiraSearchPage>? {
        try await next(with: client)
    }

    /// Reads the next page with another client, for example one with a hook or a fresher credential.
    package mutating func next(with client: JiraClient) async throws(JiraError) -> JiraReply<JiraSearchPage>? {
        guard !isAtEnd else { return nil }
        let reply = try await client.searchPage(search, after: token)
        if let next = reply.value.next, !seen.insert(next).inserted {
            isAtEnd = true
            throw JiraError(.repeatedPage, .refused, message: "Jira's search repeats a page it has given before.")
        }
        token = reply.value.next
        isAtEnd = token == nil
        return reply
    }
}
