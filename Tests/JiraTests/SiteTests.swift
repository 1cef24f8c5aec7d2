import Foundation
import Jira
import Testing

@Suite("Sites and credentials")
struct SiteTests {
    @Test("An address is normalised")
    func normalising() throws {
        #expect(try JiraSite(baseURL: "https://Acme.Atlassian.NET/").baseURL == "https://acme.atlassian.net")
        #expect(
            try JiraSite(baseURL: "HTTPS://jira.example.com:8443/jira//").baseURL
                == "https://jira.example.com:8443/jira"
        )
        let site = try JiraSite(baseURL: "https://acme.atlassian.net")
        #expect(site.host == "acme.atlassian.net")
        #expect(site.browseURL(of: "PROJ-1") == "https://acme.atlassian.net/browse/PROJ-1")
    }

    @Test("Behind the gateway people get the site's own address")
    func gateway() throws {
        let id = "1324A887-45DB-4D4C-9CE9-8FA6F7B5BBD1"
        let site = try JiraSite.cloud(id: id, browseURL: "https://acme.atlassian.net")
        #expect(site.baseURL == "https://api.atlassian.com/ex/jira/1324a887-45db-4d4c-9ce9-8fa6f7b5bbd1")
        #expect(site.browseURL(of: "PROJ-1") == "https://acme.atlassian.net/browse/PROJ-1")
        #expect(throws: JiraError.self) { try JiraSite.cloud(id: "../x", browseURL: "https://acme.atlassian.net") }
    }

    @Test(
        "An address that is not one, or leads inside, is refused",
        arguments: [
            "", "acme", "acme.atlassian.net", "http://acme.atlassian.net", "ftp://acme.atlassian.net", "https://",
            "https:///x",
            "https://user@acme.example", "https://user:pw@acme.example", "https://acme.example/?a=b",
            "https://acme.example/#x",
            "https://acme.example/../x", "https://ac me.example", "https://acme.example/\r\nX: y", "https://localhost",
            "https://LOCALHOST.",
            "https://a.localhost", "https://jira.internal", "https://127.0.0.1", "https://10.1.2.3",
            "https://172.16.0.1",
            "https://172.31.255.255", "https://192.168.1.1", "https://169.254.169.254", "https://100.64.0.1",
            "https://0.0.0.0",
            "https://224.0.0.1", "https://255.255.255.255", "https://[::1]", "https://[::]", "https://[fe80::1]",
            "https://[fd00::1]",
            "https://[::ffff:10.0.0.1]", "https://[::ffff:7f00:1]", "https://[64:ff9b::a00:1]",
            "https://[2002:7f00:1::]",
            "https://[ff02::1]", "https://2130706433", "https://0x7f000001", "https://127.1", "https://0177.0.0.1",
        ]
    )
    func refusing(_ address: String) throws {
        let error = #expect(throws: JiraError.self) { try JiraSite(baseURL: address) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.outcome == .refused)
        #expect(error?.message.contains("pw") == false)
    }

    @Test(
        "Public addresses pass",
        arguments: ["https://8.8.8.8", "https://172.32.0.1", "https://[2606:4700::1111]", "https://100.128.0.1"]
    )
    func allowing(_ address: String) throws {
        #expect(try JiraSite(baseURL: address).baseURL == address)
    }

    @Test("What is insecure is allowed by name only")
    func insecure() throws {
        #expect(try JiraSite(baseURL: "http://127.0.0.1:8080", allowInsecure: true).baseURL == "http://127.0.0.1:8080")
    }

    @Test("No description shows a secret")
    func secrets() throws {
        let basic = JiraCredential.basic(email: "bot@acme.example", token: testToken)
        let bearer = JiraCredential.bearer(testToken)
        for credential in [basic, bearer] {
            var dumped = ""
            dump(credential, to: &dumped)
            for text in ["\(credential)", String(reflecting: credential), dumped, "\([credential])"] {
                #expect(!text.contains(testToken))
                #expect(!text.contains(Data("bot@acme.example:\(testToken)".utf8).base64EncodedString()))
            }
        }
        var dumped = ""
        let token = JiraPageToken(rawValue: "Ckl1cGRhdGVk")
        dump(token, to: &dumped)
        #expect(!"\(token) \(String(reflecting: token)) \(dumped)".contains("Ckl1cGRhdGVk"))
    }

    @Test(
        "A credential that no header can carry sends nothing",
        arguments: [
            JiraCredential.bearer("a\r\nX-Evil: 1"), .bearer(""), .basic(email: "a", token: ""), .bearer("tökén"),
        ]
    )
    func unusable(_ credential: JiraCredential) async throws {
        try await ScriptedServer.run([]) { server in
            try await withConnections { connections in
                let site = try JiraSite(baseURL: server.baseURL, allowInsecure: true)
                let client = JiraClient(site: site, credential: credential, connections: connections)
                let error = try await failure { () throws(JiraError) in try await client.myself() }
                #expect(error.code == .invalidRequest)
                #expect(error.outcome == .refused)
                #expect(server.received.isEmpty)
            }
        }
    }
}
