import Foundation
import Jira
import Testing

@Suite("Searching", .timeLimit(.minutes(1)))
struct SearchTests {
    private func page(_ ids: [Int], _ rest: String) -> ScriptedServer.Act {
        let issues = ids.map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        return .answer(HTTP.answer(200, #"{"issues":[\#(issues)]\#(rest)}"#))
    }

    @Test("Pages follow one another until there is no token, empty ones included")
    func pages() async throws {
        let script = [
            page([1, 2], #","nextPageToken":"t1""#), page([], #","nextPageToken":"t2","isLast":false"#),
            page([3], #","isLast":true,"nextPageToken":"t3""#),
        ]
        try await withClient(of: script) { client, server in
            let search = JiraSearch(jql: "project = P", fields: ["summary"], properties: ["p"], reconcileIssues: [7])
            var ids: [String] = []
            for try await reply in client.search(search) { ids += reply.value.issues.map(\.id) }
            #expect(ids == ["1", "2", "3"])
            let bodies = try server.received.map { try JiraJSON(parsing: $0.body) }
            #expect(bodies.map { $0["nextPageToken"]?.string } == [nil, "t1", "t2"])
            #expect(
                bodies[0]
                    == [
                        "jql": "project = P", "fields": ["summary"], "properties": ["p"], "maxResults": 100,
                        "reconcileIssues": [7],
                    ]
            )
        }
    }

    @Test("A token that comes again ends the search with an error, also in a larger circle")
    func repeatedToken() async throws {
        let script = [
            page([1], #","nextPageToken":"a""#), page([2], #","nextPageToken":"b""#),
            page([3], #","nextPageToken":"a""#),
        ]
        try await withClient(of: script) { client, server in
            var cursor = client.search(JiraSearch(jql: "project = P")).makeAsyncIterator()
            _ = try await cursor.next()
            _ = try await cursor.next()
            var error: JiraError?
            do throws(JiraError) { _ = try await cursor.next() } catch let caught { error = caught }
            #expect(error?.code == .repeatedPage)
            let rest = try await cursor.next()
            #expect(rest == nil)
            #expect(server.received.count == 3)
        }
    }

    @Test("A page that failed is asked for again, with another client if need be")
    func again() async throws {
        let script = [page([1], #","nextPageToken":"a""#), .answer(HTTP.answer(503, "")), page([2], "")]
        try await withClient(of: script) { client, server in
            var cursor = client.search(JiraSearch(jql: "project = P")).makeAsyncIterator()
            _ = try await cursor.next()
            var code: JiraError.Code?
            do throws(JiraError) { _ = try await cursor.next() } catch let error { code = error.code }
            #expect(code == .serverFault)
            #expect(cursor.token == JiraPageToken(rawValue: "a"))
            let reply = try await cursor.next(with: client.onSend {})
            #expect(reply?.value.issues.map(\.id) == ["2"])
            let rest = try await cursor.next()
            #expect(rest == nil)
            #expect(server.received.count == 3)
        }
    }

    @Test("A search goes on where another left off")
    func resuming() async throws {
        try await withClient(of: [page([9], "")]) { client, server in
            var cursor = client.search(JiraSearch(jql: "x = y"), after: JiraPageToken(rawValue: "kept"))
                .makeAsyncIterator()
            let reply = try await cursor.next()
            #expect(reply?.value.issues.count == 1 && reply?.value.next == nil)
            #expect(server.received.first?.text.contains("kept") == true)
        }
    }
}
