import JiraSimulator
import Testing

@Suite("Sites, people, boards, limits", .timeLimit(.minutes(1)))
struct SiteTests {
    @Test("A wrong Basic credential is anonymous: empty lists, 404 for issues, 401 for oneself and for writes")
    func badBasic() async throws {
        try await withJira { _, client in
            try await client.create("One")
            let stranger = client.with(authorization: Client.basic("bot@acme.example", "wrong"))
            let found = try await stranger.search("project = PROJ")
            #expect(found.status == 200)
            #expect(found.json["issues"] == [])
            #expect(found.header("X-Seraph-LoginReason") == "AUTHENTICATED_FAILED")
            #expect(try await stranger.get("/rest/api/3/project/search").json["values"] == [])
            #expect(try await stranger.get("/rest/api/3/issue/PROJ-1").status == 404)
            #expect(try await stranger.get("/rest/api/3/myself").status == 401)
            #expect(try await stranger.post("/rest/api/3/issue", Client.issue("Two")).status == 401)
            let nobody = try await client.with(authorization: nil).search("project = PROJ")
            #expect(nobody.header("X-Seraph-LoginReason") == nil)
        }
    }

    @Test("Bearers come in through the gateway only, and links carry its address")
    func bearers() async throws {
        try await withJira { jira, client in
            let bearer = "Bearer simulated-bearer"
            let direct = try await client.with(authorization: bearer).get("/rest/api/3/myself")
            #expect(direct.status == 403)
            #expect(direct.json == ["error": "Failed to parse Connect Session Auth Token"])
            let resources = try await client.with(authorization: bearer).get("/oauth/token/accessible-resources").json
            let cloudID = try #require(resources[0]?["id"]?.string)
            #expect(resources[0]?["url"]?.string == jira.baseURL)
            #expect(jira.gatewayURL() == "\(jira.baseURL)/ex/jira/\(cloudID)")
            let gateway = Client(base: jira.gatewayURL(), authorization: bearer)
            let made = try await gateway.post("/rest/api/3/issue", Client.issue("One"))
            #expect(made.json["self"]?.string == "\(jira.gatewayURL())/rest/api/3/issue/10001")
            let unknown = try await gateway.with(authorization: "Bearer x").get("/rest/api/3/myself")
            #expect(unknown.status == 401)
            let basic = try await Client(base: jira.gatewayURL()).get("/rest/api/3/myself")
            #expect(basic.status == 200)
            jira.revoke(token: "simulated-bearer")
            #expect(try await gateway.get("/rest/api/3/myself").status == 401)
            let none = try await client.with(authorization: bearer).get("/oauth/token/accessible-resources")
            #expect(none.status == 401)
        }
    }

    @Test("Sites on one port know nothing of each other, by path, by host and by gateway")
    func severalSites() async throws {
        let sites = [
            SiteConfiguration(),
            SiteConfiguration(name: "globex", projects: [ProjectConfiguration(key: "GLX")]),
        ]
        try await withJira(sites) { jira, client in
            let second = Client(base: jira.baseURL(of: "globex"))
            try await client.create("Here", marker: "m")
            #expect(try await second.create("There", project: "GLX", marker: "m") == "GLX-1")
            #expect(try await client.get("/rest/api/3/project/GLX").status == 404)
            let byHost = try await client.send(
                "GET",
                "/rest/api/3/issue/GLX-1?fields=summary",
                headers: [("Host", "globex.atlassian.net")]
            )
            #expect(byHost.json["self"] == "http://globex.atlassian.net/rest/api/3/issue/10001")
            #expect(jira.issues(site: "globex").map(\.summary) == ["There"])
            #expect(jira.journal(site: "globex").count == 2)
            #expect(jira.duplicates(site: "acme").isEmpty)
            #expect(try await client.send("GET", "/site/none/rest/api/3/myself").status == 404)
        }
    }

    @Test("People are found by name and by addresses that may be seen; pages of the assignable come back short")
    func people() async throws {
        try await withJira { _, client in
            func names(_ path: String) async throws -> [String] {
                try await client.get(path).json.array?.compactMap { $0["displayName"]?.string } ?? []
            }
            #expect(try await names("/rest/api/3/users/search").count == 6)
            #expect(try await names("/rest/api/3/user/search?query=ada@acme") == ["Ada Arden"])
            #expect(try await names("/rest/api/3/user/search?query=brook") == ["Ben Brook"])
            #expect(try await names("/rest/api/3/user/search?query=cleo@acme.example").isEmpty)
            #expect(try await names("/rest/api/3/user/search?query=Cleo") == ["Cleo Crane"])
            #expect(try await names("/rest/api/3/user/search?query=dan").isEmpty)
            let assignable = "/rest/api/3/user/assignable/search?project=PROJ&query="
            #expect(try await names(assignable) == ["Tramline Bot", "Ada Arden", "Ben Brook", "Cleo Crane"])
            #expect(try await names("\(assignable)&startAt=3&maxResults=2") == ["Cleo Crane"])
            let cleo = try await client.get("/rest/api/3/user/search?query=cleo").json
            #expect(cleo[0]?["emailAddress"] == nil)
            let myself = try await client.get("/rest/api/3/myself").json
            #expect(myself["emailAddress"] == "bot@acme.example")
            #expect(try await client.get("/rest/api/3/user/search").status == 400)
        }
    }

    @Test("Permissions need an explicit list, and are told for a project or optimistically for the site")
    func permissions() async throws {
        let projects = [ProjectConfiguration(), ProjectConfiguration(key: "TWO", deniedPermissions: ["CREATE_ISSUES"])]
        try await withJira([SiteConfiguration(projects: projects)]) { _, client in
            func may(_ query: String) async throws -> JSON? {
                try await client.get("/rest/api/3/mypermissions?\(query)").json["permissions"]?["CREATE_ISSUES"]?[
                    "havePermission"
                ]
            }
            #expect(try await may("permissions=CREATE_ISSUES&projectKey=PROJ") == true)
            #expect(try await may("permissions=CREATE_ISSUES,EDIT_ISSUES&projectKey=TWO") == false)
            #expect(try await may("permissions=CREATE_ISSUES") == true)
            #expect(try await client.get("/rest/api/3/mypermissions").status == 400)
            #expect(try await client.get("/rest/api/3/mypermissions?permissions=FLY").status == 400)
            #expect(
                try await client.get("/rest/api/3/mypermissions?permissions=CREATE_ISSUES&projectKey=NO").status == 404
            )
            let refused = try await client.post("/rest/api/3/issue", Client.issue("One", project: "TWO"))
            #expect(refused.status == 403)
        }
    }

    @Test("Boards have sprints and an estimate, unless they are Kanban boards")
    func boards() async throws {
        let projects = [ProjectConfiguration(), ProjectConfiguration(key: "KAN", hasSprints: false)]
        try await withJira([SiteConfiguration(projects: projects)]) { _, client in
            let boards = try await client.get("/rest/agile/1.0/board?projectKeyOrId=PROJ").json
            let board = try #require(boards["values"]?[0]?["id"]?.integer)
            let sprints = try await client.get("/rest/agile/1.0/board/\(board)/sprint?state=active,future").json
            #expect(sprints["values"]?.array?.compactMap { $0["id"]?.integer } == [37, 38])
            #expect(sprints["isLast"] == true)
            let configuration = try await client.get("/rest/agile/1.0/board/\(board)/configuration").json
            #expect(configuration["estimation"]?["field"]?["fieldId"] == "customfield_10016")
            let kanban = try await client.get("/rest/agile/1.0/board?projectKeyOrId=KAN").json["values"]?[0]?["id"]?
                .integer
            let other = try #require(kanban)
            #expect(try await client.get("/rest/agile/1.0/board/\(other)/sprint").status == 400)
            #expect(try await client.get("/rest/agile/1.0/board/\(other)/configuration").json["estimation"] == nil)
            try await client.create("One")
            let moved = try await client.post("/rest/agile/1.0/sprint/38/issue", ["issues": ["PROJ-1"]])
            #expect(moved.status == 204)
            let closed = try await client.post("/rest/agile/1.0/sprint/36/issue", ["issues": ["PROJ-1"]])
            #expect(closed.status == 400)
        }
    }

    @Test("The site tells its fields, priorities, types and projects")
    func catalogue() async throws {
        try await withJira { jira, client in
            let fields = try await client.get("/rest/api/3/field").json.array ?? []
            let points = fields.first { $0["id"] == "customfield_10016" }
            #expect(points?["name"] == "Story Points")
            #expect(points?["schema"]?["custom"] == "com.atlassian.jira.plugin.system.customfieldtypes:float")
            let sprint = fields.first { $0["id"] == "customfield_10020" }
            #expect(sprint?["schema"]?["custom"] == "com.pyxis.greenhopper.jira:gh-sprint")
            let priorities = try await client.get("/rest/api/3/priority").json.array?.compactMap { $0["name"]?.string }
            #expect(priorities == ["Highest", "High", "Medium", "Low", "Lowest"])
            let project = try await client.get("/rest/api/3/project/proj").json
            #expect(project["issueTypes"]?.array?.count == 5)
            let server = try await client.get("/rest/api/3/serverInfo").json
            #expect(server["baseUrl"]?.string == jira.baseURL)
            #expect(server["deploymentType"] == "Cloud")
        }
    }

    @Test("Too many requests at once meet the burst limit, and come in again a second later")
    func burst() async throws {
        var limits = RateLimits()
        limits.readsPerSecond = 5
        try await withJira([SiteConfiguration(limits: limits)]) { jira, client in
            jira.stopClocks()
            for _ in 0..<5 {
                let allowed = try await client.get("/rest/api/3/priority")
                #expect(allowed.status == 200)
            }
            let refused = try await client.get("/rest/api/3/priority")
            #expect(refused.status == 429)
            #expect(refused.header("RateLimit-Reason") == "jira-burst-based")
            jira.advance(by: .seconds(1))
            let reply = try await client.get("/rest/api/3/priority")
            #expect(reply.status == 200)
            #expect(reply.header("X-RateLimit-Limit") == "5")
            // Another endpoint has its own bucket.
            #expect(try await client.get("/rest/api/3/status").status == 200)
        }
    }

    @Test("Writes to one issue are limited for that issue only")
    func issueWrites() async throws {
        var limits = RateLimits()
        limits.issueWritesShort = 3
        try await withJira([SiteConfiguration(limits: limits)]) { jira, client in
            jira.stopClocks()
            for summary in ["One", "Two"] { try await client.create(summary) }
            func write(_ key: String) async throws -> Client.Reply {
                try await client.put("/rest/api/3/issue/\(key)/properties/p", 1)
            }
            for _ in 0..<3 { _ = try await write("PROJ-1") }
            let refused = try await write("PROJ-1")
            #expect(refused.status == 429)
            #expect(refused.header("RateLimit-Reason") == "jira-per-issue-on-write")
            #expect(refused.header("Retry-After") == "2")
            #expect(try await write("PROJ-2").status == 201)
            jira.advance(by: .seconds(2))
            #expect(try await write("PROJ-1").status == 200)
        }
    }

    @Test("A bearer's points run out until the hour is over; a Basic credential has no quota")
    func quota() async throws {
        var limits = RateLimits()
        limits.pointsPerHour = 10
        try await withJira([SiteConfiguration(limits: limits)]) { jira, client in
            jira.stopClocks()
            for number in 0..<10 { try await client.create("\(number)") }
            let gateway = Client(base: jira.gatewayURL(), authorization: "Bearer simulated-bearer")
            let page = try await gateway.search("project = PROJ")
            #expect(page.json["issues"]?.array?.count == 10)
            let refused = try await gateway.get("/rest/api/3/myself")
            #expect(refused.status == 429)
            #expect(refused.header("RateLimit-Reason") == "jira-quota-tenant-based")
            #expect(try await client.get("/rest/api/3/myself").status == 200)
            jira.advance(by: .seconds(3600))
            #expect(try await gateway.get("/rest/api/3/myself").status == 200)
        }
    }
}
