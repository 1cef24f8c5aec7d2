import Console
import Testing
import TramlineModel

@testable import API

@Suite struct SiteAddressTests {
    @Test(
        "Addresses are kept in one form",
        arguments: [
            ("https://acme.atlassian.net", "https://acme.atlassian.net", "acme.atlassian.net"),
            ("HTTPS://Acme.Atlassian.Net/", "https://acme.atlassian.net", "acme.atlassian.net"),
            (
                "https://jira.acme.example:8443/jira/", "https://jira.acme.example:8443/jira",
                "jira.acme.example:8443/jira"
            ),
        ]
    )
    func normal(text: String, url: String, gate: String) throws {
        let address = try SiteAddress(text, allowInsecure: false)
        #expect(address.url == url)
        #expect(address.gate.rawValue == gate)
    }

    @Test(
        "What is not a public https address is refused, unless it is allowed",
        arguments: [
            "http://acme.atlassian.net", "https://localhost", "https://jira.localhost.", "https://127.0.0.1:8080",
            "https://10.1.2.3", "https://172.31.0.1", "https://192.168.1.1", "https://169.254.169.254", "https://127.1",
            "https://0x7f000001", "https://2130706433", "https://[::1]", "https://[fd00::1]", "https://[fe80::1]",
            "https://[::ffff:10.0.0.1]", "https://jira.internal", "https://100.64.0.1", "https://0.0.0.0",
        ]
    )
    func insecure(text: String) throws {
        let fault = try #require(throws: CommandFault.self) { try SiteAddress(text, allowInsecure: false) }
        #expect(fault.description.contains("TRAMLINE_ALLOW_INSECURE_JIRA"))
        _ = try SiteAddress(text, allowInsecure: true)
    }

    @Test(
        "Public addresses are not taken for private ones",
        arguments: ["https://172.32.0.1", "https://8.8.8.8", "https://[2606:4700::1]"]
    )
    func notPrivate(text: String) throws {
        _ = try SiteAddress(text, allowInsecure: false)
    }

    @Test(
        "What is no address is refused in any case",
        arguments: [
            "", "acme", "acme.atlassian.net", "ftp://acme.example", "https://", "https://me:pw@acme.example",
            "https://acme.example?x=1", "https://acme.example/#a", "https://acme.example/a/../b",
            "https://ac me.example",
        ]
    )
    func malformed(text: String) {
        #expect(throws: CommandFault.self) { try SiteAddress(text, allowInsecure: true) }
    }
}
