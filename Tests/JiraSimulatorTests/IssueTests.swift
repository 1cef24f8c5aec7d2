import JiraSimulator
import Testing

@Suite("Issues, links, files, properties", .timeLimit(.minutes(1)))
struct IssueTests {
    @Test("The inward issue blocks the outward one: both ends say so, a repeated link makes no second")
    func links() async throws {
        try await withJira { jira, client in
            for summary in ["Blocker", "Blocked"] { try await client.create(summary) }
            let body: JSON = [
                "type": ["name": "Blocks"], "inwardIssue": ["key": "PROJ-1"], "outwardIssue": ["key": "PROJ-2"],
            ]
            for _ in 0..<2 {
                let reply = try await client.post("/rest/api/3/issueLink", body)
                #expect(reply.status == 201)
                #expect(reply.bytes.isEmpty)
            }
            #expect(jira.links().count == 1)
            func links(of key: String) async throws -> [JSON] {
                try await client.get("/rest/api/3/issue/\(key)?fields=issuelinks").json["fields"]?["issuelinks"]?.array
                    ?? []
            }
            let blocker = try await links(of: "PROJ-1")
            let blocked = try await links(of: "PROJ-2")
            #expect(blocker.count == 1 && blocked.count == 1)
            // "PROJ-1 blocks PROJ-2".
            #expect(blocker.first?["type"]?["outward"] == "blocks")
            #expect(blocker.first?["outwardIssue"]?["key"] == "PROJ-2")
            #expect(blocker.first?["inwardIssue"] == nil)
            // "PROJ-2 is blocked by PROJ-1".
            #expect(blocked.first?["type"]?["inward"] == "is blocked by")
            #expect(blocked.first?["inwardIssue"]?["key"] == "PROJ-1")
            #expect(blocked.first?["outwardIssue"] == nil)
            let id = try #require(blocker.first?["id"]?.string)
            let link = try await client.get("/rest/api/3/issueLink/\(id)").json
            #expect(link["inwardIssue"]?["key"] == "PROJ-1")
            #expect(link["outwardIssue"]?["key"] == "PROJ-2")
        }
    }

    @Test("Links to what cannot be seen, of unknown types, or where linking is off, are 404")
    func refusedLinks() async throws {
        @Sendable func link(_ client: Client, _ target: String, type: String = "Blocks") async throws -> Int {
            let body: JSON = [
                "type": ["name": .string(type)], "inwardIssue": ["key": "PROJ-1"],
                "outwardIssue": ["key": .string(target)],
            ]
            return try await client.post("/rest/api/3/issueLink", body).status
        }
        try await withJira { jira, client in
            for summary in ["One", "Two"] { try await client.create(summary) }
            let unknownType = try await link(client, "PROJ-2", type: "Hinders")
            #expect(unknownType == 404)
            jira.hide("PROJ-2")
            let hidden = try await link(client, "PROJ-2")
            #expect(hidden == 404)
        }
        try await withJira([SiteConfiguration(linking: false)]) { _, client in
            for summary in ["One", "Two"] { try await client.create(summary) }
            let off = try await link(client, "PROJ-2")
            #expect(off == 404)
            #expect(try await client.get("/rest/api/3/issueLinkType").status == 404)
        }
    }

    private static func multipart(_ files: [(name: String, filename: String, content: String)]) -> [UInt8] {
        var text = ""
        for file in files {
            text += "--line\r\nContent-Disposition: form-data; name=\"\(file.name)\"; filename=\"\(file.filename)\"\r\n"
            text += "Content-Type: text/plain\r\n\r\n\(file.content)\r\n"
        }
        return Array((text + "--line--\r\n").utf8)
    }

    @Test("Files are stored under their names, twice when sent twice, and come back byte by byte")
    func attachments() async throws {
        try await withJira([SiteConfiguration(uploadLimit: 100)]) { jira, client in
            try await client.create("One")
            let path = "/rest/api/3/issue/PROJ-1/attachments"
            let type = ("Content-Type", "multipart/form-data; boundary=line")
            let token = ("X-Atlassian-Token", "no-check")
            let body = Self.multipart([("file", "a; \"b\".txt".replacing("\"", with: "%22"), "one\r\n--lin\r\ntwo")])
            let refused = try await client.send("POST", path, headers: [type], body: body)
            #expect(refused.status == 404)
            #expect(refused.text == "XSRF check failed")
            #expect(refused.header("Content-Type")?.hasPrefix("text/plain") == true)
            for _ in 0..<2 {
                let reply = try await client.send("POST", path, headers: [type, token], body: body)
                #expect(reply.status == 200)
                #expect(reply.json[0]?["filename"] == "a; \"b\".txt")
                #expect(reply.json[0]?["size"] == 15)
                #expect(reply.json[0]?["mimeType"] == "text/plain")
            }
            let fields = try await client.get("/rest/api/3/issue/PROJ-1?fields=attachment").json["fields"]
            #expect(fields?["attachment"]?.array?.count == 2)
            let address = try #require(fields?["attachment"]?[0]?["content"]?.string)
            #expect(address.hasPrefix(jira.baseURL))
            let content = try await client.get(String(address.dropFirst(jira.baseURL.count)))
            #expect(content.text == "one\r\n--lin\r\ntwo")
            let wrongName = try await client.send(
                "POST",
                path,
                headers: [type, token],
                body: Self.multipart([("data", "a.txt", "a")])
            )
            #expect(wrongName.status == 400)
            let large = Self.multipart([("file", "a.txt", String(repeating: "a", count: 101))])
            let tooLarge = try await client.send("POST", path, headers: [type, token], body: large)
            #expect(tooLarge.status == 413)
            let many = Self.multipart((0..<61).map { ("file", "\($0).txt", "a") })
            let tooMany = try await client.send("POST", path, headers: [type, token], body: many)
            #expect(tooMany.status == 413)
            let missing = try await client.send(
                "POST",
                "/rest/api/3/issue/PROJ-9/attachments",
                headers: [type, token],
                body: body
            )
            #expect(missing.status == 404)
            #expect(try await client.get("/rest/api/3/attachment/meta").json == ["enabled": true, "uploadLimit": 100])
        }
    }

    @Test("Properties are made once and replaced after, remote links with a global id too")
    func upserts() async throws {
        try await withJira { _, client in
            try await client.create("One")
            let property = "/rest/api/3/issue/PROJ-1/properties/fleet.export"
            let made = try await client.put(property, ["n": 1])
            #expect(made.status == 201)
            let replaced = try await client.put(property, ["n": 2])
            #expect(replaced.status == 200)
            let read = try await client.get(property)
            #expect(read.json == ["key": "fleet.export", "value": ["n": 2]])
            let long = try await client.put(property, .string(String(repeating: "a", count: 32_767)))
            #expect(long.status == 400)
            let link = "/rest/api/3/issue/PROJ-1/remotelink"
            let body: JSON = ["globalId": "g", "object": ["url": "https://example.com", "title": "One"]]
            let first = try await client.post(link, body)
            #expect(first.status == 201)
            let second = try await client.post(
                link,
                ["globalId": "g", "object": ["url": "https://example.com", "title": "Two"]]
            )
            #expect(second.status == 200)
            #expect(second.json["id"] == first.json["id"])
            let links = try await client.get(link)
            #expect(links.json.array?.compactMap { $0["object"]?["title"]?.string } == ["Two"])
            let nameless = try await client.post(link, ["object": ["url": "https://example.com"]])
            #expect(nameless.status == 400)
        }
    }

    @Test("A moved issue answers to all its keys under the new one; a deleted or hidden one to none")
    func movedAndGone() async throws {
        let site = SiteConfiguration(projects: [ProjectConfiguration(), ProjectConfiguration(key: "TWO")])
        try await withJira([site]) { jira, client in
            for summary in ["One", "Two", "Three"] { try await client.create(summary) }
            #expect(jira.move("PROJ-1", to: "TWO"))
            for name in ["PROJ-1", "TWO-1", "10001"] {
                let reply = try await client.get("/rest/api/3/issue/\(name)?fields=summary")
                #expect(reply.json["key"] == "TWO-1")
                #expect(reply.json["id"] == "10001")
            }
            let left = try await client.search("project = PROJ ORDER BY key ASC", ["fields": ["key"]])
            #expect(left.json["issues"]?.array?.compactMap { $0["key"]?.string } == ["PROJ-2", "PROJ-3"])
            let deleted = try await client.delete("/rest/api/3/issue/PROJ-2")
            #expect(deleted.status == 204)
            jira.hide("PROJ-3")
            for name in ["PROJ-2", "PROJ-3", "PROJ-99"] {
                let reply = try await client.get("/rest/api/3/issue/\(name)")
                #expect(reply.status == 404)
                #expect(
                    reply.json["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]
                )
            }
            // Numbers are never used again.
            #expect(try await client.create("Four") == "PROJ-4")
        }
    }

    @Test("An edit changes what it names by the rules of a create")
    func edits() async throws {
        try await withJira { _, client in
            try await client.create("One", fields: ["labels": ["a"]])
            let edited = try await client.put("/rest/api/3/issue/PROJ-1", ["fields": ["summary": "Two"]])
            #expect(edited.status == 204)
            let fields = try await client.get("/rest/api/3/issue/PROJ-1?fields=summary,labels").json["fields"]
            #expect(fields == ["summary": "Two", "labels": ["a"]])
            let wrong = try await client.put("/rest/api/3/issue/PROJ-1", ["fields": ["summary": "", "x": 1]])
            #expect(wrong.json["errors"]?.object.map { Set($0.keys) } == ["summary", "x"])
        }
    }
}
