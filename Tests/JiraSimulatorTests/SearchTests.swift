import Foundation
import JiraSimulator
import Testing

@Suite("Searches", .timeLimit(.minutes(1)))
struct SearchTests {
    /// The keys of all pages of a search.
    private static func keys(_ jql: String, _ client: Client, size: Int = 2) async throws -> [String] {
        var keys: [String] = []
        var token: JSON?
        repeat {
            var members: [String: JSON] = ["fields": ["summary"], "maxResults": .integer(size)]
            members["nextPageToken"] = token
            let reply = try await client.search(jql, members)
            guard reply.status == 200 else { throw Client.Unexpected(reply: reply) }
            keys += reply.json["issues"]?.array?.compactMap { $0["key"]?.string } ?? []
            token = reply.json["nextPageToken"]
            #expect((token == nil) == (reply.json["isLast"] == true))
        } while token != nil
        return keys
    }

    @Test("Pages follow each other by token, without a total, and ids alone are the default")
    func pages() async throws {
        try await withJira { _, client in
            for number in 1...5 { try await client.create("\(number)") }
            let found = try await Self.keys("project = PROJ ORDER BY created ASC, id ASC", client)
            #expect(found == ["PROJ-1", "PROJ-2", "PROJ-3", "PROJ-4", "PROJ-5"])
            let plain = try await client.search("project = PROJ ORDER BY key")
            #expect(plain.json["issues"]?[0] == ["id": "10001"])
            #expect(plain.json["total"] == nil)
            #expect(plain.json["startAt"] == nil)
        }
    }

    @Test("A token is bound to its query, and runs out")
    func tokens() async throws {
        try await withJira { jira, client in
            for number in 1...3 { try await client.create("\(number)") }
            let first = try await client.search("project = PROJ", ["maxResults": 1])
            let token = try #require(first.json["nextPageToken"])
            #expect(token.string?.contains { "+/=".contains($0) } == false)
            let other = try await client.search("project = PROJ ORDER BY key", ["nextPageToken": token])
            #expect(other.status == 400)
            #expect(
                other.json["errorMessages"]?[0] == "The provided nextPageToken is invalid or has expired."
            )
            // The token is looked at before the size.
            let both = try await client.search("project = PROJ", ["nextPageToken": "x", "maxResults": 0])
            #expect(both.json["errorMessages"] == other.json["errorMessages"])
            let again = try await client.search("project = PROJ", ["nextPageToken": token])
            #expect(again.status == 200)
            jira.advance(by: .seconds(7 * 86_400))
            let late = try await client.search("project = PROJ", ["nextPageToken": token])
            #expect(late.json["errorMessages"] == other.json["errorMessages"])
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: JSON
        let message: String
    }

    static let refused: [Refused] = [
        Refused(
            testDescription: "unbounded",
            body: ["jql": "ORDER BY created"],
            message: "Unbounded JQL queries are not allowed here. Add a search restriction to the query."
        ),
        Refused(
            testDescription: "no query",
            body: ["fields": ["id"]],
            message: "Unbounded JQL queries are not allowed here. Add a search restriction to the query."
        ),
        Refused(
            testDescription: "page of 5,001",
            body: ["jql": "project = PROJ", "maxResults": 5001],
            message: "The maxResults parameter must be between 1 and 5,000."
        ),
        Refused(
            testDescription: "page of none",
            body: ["jql": "project = PROJ", "maxResults": 0],
            message: "The maxResults parameter must be between 1 and 5,000."
        ),
        Refused(
            testDescription: "undeclared member",
            body: ["jql": "project = PROJ", "startAt": 0],
            message: "Invalid request payload. Refer to the REST API documentation and try again."
        ),
        Refused(
            testDescription: "unknown project",
            body: ["jql": "project = NONE"],
            message: "The value 'NONE' does not exist for the field 'project'."
        ),
        Refused(
            testDescription: "unknown field",
            body: ["jql": "colour = red"],
            message: "Field 'colour' does not exist or you do not have permission to view it."
        ),
        Refused(
            testDescription: "property that no app declares",
            body: ["jql": "issue.property[tramline].marker = x"],
            message: "Field 'issue.property[tramline].marker' does not exist or you do not have permission to view it."
        ),
        Refused(
            testDescription: "unknown key",
            body: ["jql": "key = PROJ-99"],
            message: "An issue with key 'PROJ-99' does not exist for field 'key'."
        ),
        Refused(
            testDescription: "eight orders",
            body: ["jql": "project = PROJ ORDER BY key, id, created, updated, summary, status, priority, duedate"],
            message: "The ORDER BY clause cannot contain more than 7 fields."
        ),
        Refused(
            testDescription: "open quote",
            body: ["jql": "labels = \"a"],
            message: "Error in the JQL Query: The quoted string has not been completed."
        ),
        Refused(
            testDescription: "missing operand",
            body: ["jql": "project ="],
            message: "Error in the JQL Query: Expecting a value but got the end of the query."
        ),
    ]

    @Test("What Jira refuses is refused", arguments: refused)
    func refuses(_ refused: Refused) async throws {
        try await withJira { _, client in
            let reply = try await client.post("/rest/api/3/search/jql", refused.body)
            #expect(reply.status == 400)
            #expect(reply.json["errorMessages"] == [.string(refused.message)])
            if refused.testDescription == "undeclared member" { #expect(reply.json["errors"] == nil) }
        }
    }

    @Test("POST ignores the query string, GET reads it, other types and verbs are refused, the old search is gone")
    func verbs() async throws {
        try await withJira { _, client in
            try await client.create("One")
            let path = "/rest/api/3/search/jql"
            let ignored = try await client.post("\(path)?jql=project%20%3D%20PROJ", ["maxResults": 1])
            #expect(ignored.status == 400)
            let read = try await client.get("\(path)?jql=project+%3D+PROJ&fields=summary,key")
            #expect(read.json["issues"]?[0]?["fields"]?["summary"] == "One")
            let text = [("Content-Type", "text/plain")]
            let untyped = try await client.send("POST", path, headers: text, body: Array("{}".utf8))
            #expect(untyped.status == 415)
            let wrong = try await client.send("PUT", path, body: [])
            #expect(wrong.status == 405)
            #expect(wrong.header("Allow") == "GET, POST")
            #expect(wrong.header("Content-Type") == "application/problem+json")
            let old = try await client.get("/rest/api/3/search?jql=project%3DPROJ")
            #expect(old.status == 410)
        }
    }

    struct Query: Sendable, CustomTestStringConvertible {
        let jql: String
        let keys: [String]
        var testDescription: String { jql }

        init(_ jql: String, _ keys: String...) {
            self.jql = jql
            self.keys = keys.map { "PROJ-\($0)" }
        }
    }

    static let queries = [
        Query("project = PROJ", "1", "2", "3", "4"), Query("project in (proj, TWO) AND type = Epic", "1"),
        Query("issuetype != Epic AND project = PROJ", "2", "3", "4"), Query("parent = PROJ-1", "2"),
        Query("labels = x-1", "2"), Query("labels = \"X-1\" OR labels = b", "2", "3"),
        Query("labels is EMPTY AND project = 10000", "1", "4"), Query("labels is not empty", "2", "3"),
        Query("labels != b", "2"), Query("NOT labels = b AND project = PROJ", "1", "2", "4"),
        Query("sprint = 37", "3"), Query("sprint = \"Sprint 12\"", "3"), Query("sprint in openSprints()", "3"),
        Query("cf[10020] = 37", "3"), Query("key in (PROJ-1, PROJ-3)", "1", "3"), Query("id = 10004", "4"),
        Query("key > PROJ-2", "3", "4"), Query("(type = Epic OR sprint = 37) AND project = PROJ", "1", "3"),
        Query("project = PROJ AND creator = currentUser()", "1", "2", "3", "4"),
        Query("project = PROJ AND assignee = currentUser()"),
        Query("assignee is empty AND project = PROJ", "1", "2", "3", "4"),
        Query("status = \"To Do\" AND project = PROJ", "1", "2", "3", "4"), Query("status = Done"),
        Query("summary ~ \"second story\"", "2"), Query("project = PROJ AND created >= -15m", "1", "2", "3", "4"),
        Query("project = PROJ AND created < -15m"), Query("project = PROJ AND created <= now()", "1", "2", "3", "4"),
        Query("project = PROJ and priority = medium or priority in (Highest)", "1", "2", "3", "4"),
    ]

    @Test("Queries mean what they say")
    func queries() async throws {
        let site = SiteConfiguration(projects: [ProjectConfiguration(), ProjectConfiguration(key: "TWO")])
        try await withJira([site]) { _, client in
            try await client.create("First epic", type: "Epic")
            try await client.create(
                "Second story",
                type: "Story",
                fields: ["parent": ["key": "PROJ-1"], "labels": ["X-1"]]
            )
            try await client.create("Third", fields: ["customfield_10020": 37, "labels": ["b"]])
            try await client.create("Fourth")
            for query in Self.queries {
                let found = try await Self.keys("\(query.jql) ORDER BY key ASC", client, size: 50)
                #expect(found == query.keys, "\(query.jql)")
            }
        }
    }

    @Test("Dates are read in the caller's zone and to the minute, whole numbers are milliseconds")
    func dates() async throws {
        var users = SimulatedUser.defaults
        users[0].timeZone = "Asia/Kolkata"
        try await withJira([SiteConfiguration(users: users)]) { jira, client in
            jira.stopClocks()
            try await client.create("One")
            let created = try #require(jira.issues().first?.created)
            let clock = DateFormatter()
            clock.locale = Locale(identifier: "en_US_POSIX")
            clock.timeZone = TimeZone(identifier: "Asia/Kolkata")
            clock.dateFormat = "yyyy-MM-dd HH:mm"
            func local(_ instant: Int) -> String {
                clock.string(from: Date(timeIntervalSince1970: Double(instant) / 1000))
            }
            let minute = created / 60_000 * 60_000
            for (bound, count) in [(local(minute), 1), (local(minute + 60_000), 0)] {
                let reply = try await client.search("created >= \"\(bound)\"")
                #expect(reply.json["issues"]?.array?.count == count, "\(bound)")
            }
            for (bound, count) in [(created, 1), (created + 1, 0)] {
                let reply = try await client.search("created >= \(bound)")
                #expect(reply.json["issues"]?.array?.count == count, "\(bound)")
            }
            let shown = try await client.get("/rest/api/3/issue/PROJ-1?fields=created").json["fields"]?["created"]?
                .string
            #expect(shown?.hasSuffix("+0530") == true)
            let wrong = try await client.search("created >= yesterday")
            #expect(wrong.status == 400)
        }
    }

    @Test("Searches lag behind, reading by key does not, and reconciled issues are seen at once")
    func lag() async throws {
        let fault = Fault.creating(.indexLag(milliseconds: 0), title: "Quick")
        try await withJira([SiteConfiguration(indexLag: 60_000...60_000)], faults: [fault]) { jira, client in
            jira.stopClocks()
            try await client.create("Slow")
            try await client.create("Quick")
            let early = try await client.search("project = PROJ", ["fields": ["key"]])
            #expect(early.json["issues"]?.array?.compactMap { $0["key"]?.string } == ["PROJ-2"])
            let read = try await client.get("/rest/api/3/issue/PROJ-1")
            #expect(read.status == 200)
            let reconciled = try await client.search("project = PROJ", ["reconcileIssues": [10001]])
            #expect(reconciled.json["issues"]?.array?.count == 2)
            let count = try await client.post("/rest/api/3/search/approximate-count", ["jql": "project = PROJ"])
            #expect(count.json == ["count": 1])
            jira.advance(by: .seconds(60))
            let late = try await client.search("project = PROJ")
            #expect(late.json["issues"]?.array?.count == 2)
            // A change lags too: until it is seen, the old state is found.
            jira.edit("PROJ-1", status: "Done")
            let stale = try await client.search("status = Done")
            #expect(stale.json["issues"] == [])
        }
    }

    @Test("An issue that changes during a scan by `updated` moves to the end")
    func movingTarget() async throws {
        try await withJira { jira, client in
            jira.stopClocks()
            for number in 1...3 { try await client.create("\(number)") }
            jira.advance(by: .seconds(1))
            let jql = "project = PROJ ORDER BY updated ASC, id ASC"
            let first = try await client.search(jql, ["maxResults": 1, "fields": ["key"]])
            #expect(first.json["issues"]?[0]?["key"] == "PROJ-1")
            jira.edit("PROJ-1", summary: "Changed")
            let token = try #require(first.json["nextPageToken"])
            let rest = try await client.search(jql, ["nextPageToken": token, "fields": ["key"]])
            #expect(rest.json["issues"]?.array?.compactMap { $0["key"]?.string } == ["PROJ-2", "PROJ-3", "PROJ-1"])
        }
    }

    @Test("Bulk fetch gives up to 100 in the order of ids, and leaves out what is absent or hidden")
    func bulkFetch() async throws {
        let site = SiteConfiguration(projects: [ProjectConfiguration(), ProjectConfiguration(key: "TWO")])
        try await withJira([site]) { jira, client in
            for number in 1...4 { try await client.create("\(number)", marker: "m\(number)") }
            jira.hide("PROJ-2")
            jira.delete("PROJ-3")
            jira.move("PROJ-4", to: "TWO")
            let path = "/rest/api/3/issue/bulkfetch"
            let reply = try await client.post(
                path,
                [
                    "issueIdsOrKeys": ["PROJ-4", "proj-1", "PROJ-2", "PROJ-3", "10001", "PROJ-99"],
                    "fields": ["created", "creator"], "properties": ["tramline"],
                ]
            )
            #expect(reply.json["issueErrors"] == [])
            let issues = reply.json["issues"]?.array ?? []
            #expect(issues.compactMap { $0["key"]?.string } == ["PROJ-1", "TWO-1"])
            #expect(issues.compactMap { $0["properties"]?["tramline"]?["marker"]?.string } == ["m1", "m4"])
            #expect(issues.first?["fields"]?.object.map { Set($0.keys) } == ["created", "creator"])
            let many = JSON.array((1...101).map { .string("PROJ-\($0)") })
            let tooMany = try await client.post(path, ["issueIdsOrKeys": many])
            #expect(tooMany.status == 400)
            let none = try await client.post(path, ["issueIdsOrKeys": []])
            #expect(none.status == 400)
        }
    }
}
