import Foundation
import Jira
import Testing

/// What each call writes, and what it makes of the specification's answers.
@Suite("Requests", .timeLimit(.minutes(1)))
struct RequestTests {
    /// One call against one answer: the value and the request.
    private func exchange<Value: Sendable>(
        _ status: Int = 200,
        _ body: String,
        headers: [(String, String)] = [],
        _ call: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> (value: JiraReply<Value>, request: ScriptedServer.Received) {
        try await withClient(of: [.answer(HTTP.answer(status, body, headers: headers))]) { client, server in
            let value = try await call(client)
            return (value, try #require(server.received.first))
        }
    }

    @Test("Every request says who asks and what for")
    func headers() async throws {
        let (reply, request) = try await exchange(
            201,
            #"{"id":"10000","key":"ED-24","self":"https://x/10000","unknown":{"a":1}}"#,
            headers: [
                ("Date", "Sat, 21 Nov 2026 03:00:00 GMT"), ("X-AREQUESTID", "7"), ("X-RateLimit-NearLimit", "true"),
            ]
        ) { client throws(JiraError) in try await client.createIssue(draft) }
        #expect(request.requestLine == "POST /rest/api/3/issue HTTP/1.1")
        #expect(request.header("Accept") == "application/json")
        #expect(request.header("Accept-Language") == "en")
        #expect(request.header("X-Force-Accept-Language") == "true")
        #expect(request.header("User-Agent") == "Tramline/1.0")
        #expect(request.header("Content-Type") == "application/json")
        #expect(request.header("Transfer-Encoding") == nil)
        let credential = Data("bot@acme.example:\(testToken)".utf8).base64EncodedString()
        #expect(request.header("Authorization") == "Basic \(credential)")
        #expect(request.body == draft.encoded())
        #expect(reply.value == CreatedIssue(id: "10000", key: "ED-24", selfURL: "https://x/10000"))
        #expect(reply.serverTime == Date(timeIntervalSince1970: 1_795_230_000))
        #expect(reply.requestID == "7")
        #expect(reply.rateLimit?.isNearLimit == true)
    }

    @Test("A bearer behind the gateway")
    func gateway() async throws {
        try await ScriptedServer.run([.answer(HTTP.answer(200, #"{"accountId":"a"}"#))]) { server in
            try await withConnections { connections in
                let id = "1324a887-45db-4d4c-9ce9-8fa6f7b5bbd1"
                let site = try JiraSite.cloud(
                    id: id,
                    browseURL: "https://acme.example",
                    gateway: server.baseURL,
                    allowInsecure: true
                )
                let client = JiraClient(site: site, credential: .bearer("token-1"), connections: connections)
                #expect(try await client.myself().value.accountID == "a")
                #expect(server.received.first?.requestLine == "GET /ex/jira/\(id)/rest/api/3/myself HTTP/1.1")
                #expect(server.received.first?.header("Authorization") == "Bearer token-1")
            }
        }
    }

    @Test("Reading an issue; names of anybody's making stay in their place")
    func issue() async throws {
        let body =
            #"{"id":"10001","key":"EX-1","fields":{"summary":"S","created":"2026-02-11T09:41:22.104+0100"},"properties":{"fleet.export":{"id":"m"}}}"#
        let (reply, request) = try await exchange(200, body) { client throws(JiraError) in
            try await client.issue("EX-1", fields: ["summary", "created"], properties: ["fleet.export"])
        }
        #expect(
            request.requestLine
                == "GET /rest/api/3/issue/EX-1?fields=summary%2Ccreated&properties=fleet.export HTTP/1.1"
        )
        #expect(reply.value.summary == "S")
        #expect(reply.value.created == Date(timeIntervalSince1970: 1_770_799_282.104))
        #expect(reply.value.properties["fleet.export"]?["id"] == "m")
        let (_, odd) = try await exchange(200, body) { client throws(JiraError) in
            try await client.issue("../x?a=b#c é%2f")
        }
        #expect(odd.requestLine == "GET /rest/api/3/issue/..%2Fx%3Fa%3Db%23c%20%C3%A9%252f HTTP/1.1")
    }

    @Test("A bulk fetch names what it wants and what to ask again")
    func bulkFetch() async throws {
        let body = #"{"issues":[{"id":"1","key":"P-1"}],"issueErrors":[{"id":"2","errorMessage":"later"}]}"#
        let (reply, request) = try await exchange(200, body) { client throws(JiraError) in
            try await client.bulkFetch(["P-1", "2", "P-3"], fields: ["created"], properties: ["fleet.export"])
        }
        #expect(request.requestLine == "POST /rest/api/3/issue/bulkfetch HTTP/1.1")
        #expect(
            try JiraJSON(parsing: request.body)
                == ["fields": ["created"], "issueIdsOrKeys": ["P-1", "2", "P-3"], "properties": ["fleet.export"]]
        )
        #expect(reply.value.issues == [JiraIssue(id: "1", key: "P-1")])
        #expect(reply.value.retriableIDs == ["2"])
    }

    @Test("A bulk fetch of none or too many is a mistake of the caller's", arguments: [0, 101])
    func bulkFetchLimits(_ count: Int) async throws {
        try await withClient(of: []) { client, server in
            let error = try await failure { () throws(JiraError) in
                try await client.bulkFetch((0..<count).map { "P-\($0)" })
            }
            #expect(error.code == .invalidRequest)
            #expect(server.received.isEmpty)
        }
    }

    @Test("A link names the blocker as inward issue, and an empty 201 is a success")
    func link() async throws {
        let (_, request) = try await exchange(201, "") { client throws(JiraError) in
            try await client.createLink(blocker: "P-1", blocked: "P-2")
        }
        #expect(request.requestLine == "POST /rest/api/3/issueLink HTTP/1.1")
        #expect(
            try JiraJSON(parsing: request.body)
                == ["type": ["name": "Blocks"], "inwardIssue": ["key": "P-1"], "outwardIssue": ["key": "P-2"]]
        )
    }

    @Test("A link is read from both of its ends")
    func reading() async throws {
        let type = #""type":{"id":"10000","name":"Blocks","inward":"is blocked by","outward":"blocks"}"#
        let blocker =
            #"{"id":"1","key":"P-1","fields":{"issuelinks":[{"id":"7",\#(type),"outwardIssue":{"id":"2","key":"P-2"}}]}}"#
        let blocked =
            #"{"id":"2","key":"P-2","fields":{"issuelinks":[{"id":"7",\#(type),"inwardIssue":{"id":"1","key":"P-1"}}]}}"#
        try await withClient(of: [.answer(HTTP.answer(200, blocker)), .answer(HTTP.answer(200, blocked))]) {
            client,
            _ in
            let first = try #require(try await client.links(ofIssue: "P-1").value.first)
            #expect(first.role == .source && first.otherKey == "P-2" && first.type.outward == "blocks")
            let second = try #require(try await client.links(ofIssue: "P-2").value.first)
            #expect(second.role == .target && second.otherKey == "P-1" && second.type.inward == "is blocked by")
        }
    }

    @Test("Permissions are asked for by name, and what is not granted is missing")
    func permissions() async throws {
        let body = #"{"permissions":{"CREATE_ISSUES":{"havePermission":true},"LINK_ISSUES":{"havePermission":false}}}"#
        let (reply, request) = try await exchange(200, body) { client throws(JiraError) in
            try await client.myPermissions(
                projectKey: "P",
                permissions: ["CREATE_ISSUES", "LINK_ISSUES", "BROWSE_PROJECTS"]
            )
        }
        #expect(
            request.requestLine.contains("?projectKey=P&permissions=CREATE_ISSUES%2CLINK_ISSUES%2CBROWSE_PROJECTS ")
        )
        #expect(reply.value == ["CREATE_ISSUES": true, "LINK_ISSUES": false, "BROWSE_PROJECTS": false])
    }

    @Test("Lists of createmeta under each of their names", arguments: ["fields", "values", "results"])
    func createMeta(_ name: String) async throws {
        let body = """
            {"startAt":0,"maxResults":200,"total":3,"\(name)":[
              {"fieldId":"priority","key":"priority","name":"Priority","required":false,"operations":["set"],
               "schema":{"type":"priority","system":"priority"},"allowedValues":[{"id":"2","name":"High"}]},
              {"fieldId":"summary","name":"Summary","required":true,"schema":{"type":"string","system":"summary"}}]}
            """
        let (reply, request) = try await exchange(200, body) { client throws(JiraError) in
            try await client.createMetaFields(project: "P", issueType: "10001", maxResults: 1000)
        }
        #expect(request.requestLine.contains("/createmeta/P/issuetypes/10001?startAt=0&maxResults=200 "))
        #expect(reply.value.next == 2)
        #expect(reply.value.values.map(\.id) == ["priority", "summary"])
        #expect(reply.value.values[0].allowedValue(named: "high")?["id"] == "2")
        #expect(reply.value.values[0].allowedValue(named: "Highest") == nil)
        #expect(reply.value.values[1].isRequired)
        #expect(reply.value.values[1].allowedValues == nil)
    }

    @Test("People, priorities, link types, sprints, boards, the site")
    func others() async throws {
        let (users, search) = try await exchange(
            200,
            #"[{"accountId":"5b","displayName":"A","active":false,"emailAddress":null}]"#
        ) {
            client throws(JiraError) in try await client.userSearch(query: "a b@c")
        }
        #expect(search.requestLine.contains("/user/search?query=a%20b%40c&startAt=0&maxResults=50 "))
        #expect(users.value == [JiraUser(accountID: "5b", displayName: "A", isActive: false)])
        let (one, assignable) = try await exchange(
            200,
            #"[{"accountId":"x"},{"accountId":"5b:1","accountType":"app"}]"#
        ) {
            client throws(JiraError) in try await client.assignableUser(project: "P", accountID: "5b:1")
        }
        #expect(assignable.requestLine.contains("/user/assignable/search?project=P&accountId=5b%3A1 "))
        #expect(one.value?.accountType == .app)
        let (_, everybody) = try await exchange(200, "[]") {
            client throws(JiraError) in try await client.assignableSearch(project: "P")
        }
        #expect(everybody.requestLine.contains("/user/assignable/search?project=P&startAt=0&maxResults=50 "))
        let (sprints, page) = try await exchange(200, #"{"startAt":50,"maxResults":50,"isLast":true,"values":[]}"#) {
            client throws(JiraError) in try await client.sprints(board: 8, states: [.active, .future], startAt: 50)
        }
        #expect(
            page.requestLine.contains("/rest/agile/1.0/board/8/sprint?startAt=50&maxResults=50&state=active%2Cfuture ")
        )
        #expect(sprints.value.next == nil)
        let (server, _) = try await exchange(
            200,
            #"{"deploymentType":"Cloud","serverTime":"2026-02-11T09:41:22.104+0100"}"#
        ) {
            client throws(JiraError) in try await client.serverInfo()
        }
        #expect(server.value.deploymentType == "Cloud")
        #expect(server.value.serverTime != nil)
        let (settings, _) = try await exchange(200, #"{"enabled":true,"uploadLimit":1000}"#) {
            client throws(JiraError) in try await client.attachmentSettings()
        }
        #expect(settings.value.uploadLimit == 1000)
    }
}
