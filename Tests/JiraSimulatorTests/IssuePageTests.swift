import JiraSimulator
import Testing

@Suite("The page of an issue", .timeLimit(.minutes(1)))
struct IssuePageTests {
    @Test("A browser sees the issue, its text never as markup, and the journal does not")
    func shows() async throws {
        try await withJira { jira, client in
            let key = try await client.create("A <b>bold</b> title", fields: ["description": document("1 < 2 & 3")])
            let seen = jira.journal().count
            let page = try await client.with(authorization: nil).get("/browse/\(key)")
            #expect(page.status == 200)
            #expect(page.header("Content-Type") == "text/html;charset=UTF-8")
            #expect(page.text.contains("<h1>A &lt;b&gt;bold&lt;/b&gt; title</h1>"))
            #expect(page.text.contains("<p>1 &lt; 2 &amp; 3</p>"))
            #expect(jira.journal().count == seen)
        }
    }

    @Test("An issue that is not there has no page", arguments: ["/browse/PROJ-9", "/browse/", "/browse/a/b"])
    func missing(path: String) async throws {
        try await withJira { _, client in
            let page = try await client.get(path)
            #expect(page.status == 404)
        }
    }
}
