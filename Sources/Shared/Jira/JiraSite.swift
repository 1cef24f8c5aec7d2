import Foundation

/// Where a Jira site answers: the address for requests, and the one for people.
package struct JiraSite: Sendable, Hashable, CustomStringConvertible {
    /// The address that paths like `/rest/api/3/issue` are appended to: no trailing slash, no credentials, no query.
    package let baseURL: String
    /// The address a person opens in a browser: for OAuth 2.0 (3LO) it differs from ``baseURL``, and so do the `self`
    /// links.
    package let browseURL: String
    /// The host that requests go to, in lower case.
    package let host: String

    /// Checks and normalises an address.
    ///
    /// Addresses that are written as a private, loopback, link-local or otherwise unroutable one are refused here;
    /// names that resolve to such an address are refused when ``JiraConnections`` connects, before a byte of the
    /// request is written.
    ///
    /// - Parameters:
    ///   - baseURL: for example `https://acme.atlassian.net`.
    ///   - browseURL: where people look at issues; `nil` means the same address.
    ///   - allowInsecure: allows `http` and private addresses: for tests, never for production.
    /// - Throws: ``JiraError`` with `.invalidRequest` and a sentence that names what is wrong.
    package init(baseURL: String, browseURL: String? = nil, allowInsecure: Bool = false) throws(JiraError) {
        let (address, host) = try Self.normalised(baseURL, named: "base URL", allowInsecure: allowInsecure)
        self.baseURL = address
        self.host = host
        if let browseURL {
            self.browseURL = try Self.normalised(browseURL, named: "browse URL", allowInsecure: allowInsecure).address
        } else {
            self.browseURL = address
        }
    }

    /// The site behind Atlassian's gateway, for tokens of OAuth 2.0 (3LO) and for scoped API tokens.
    /// - Parameters:
    ///   - cloudID: the site's id, a UUID.
    ///   - browseURL: the site's own address, as the list of accessible resources tells it.
    ///   - gateway: the gateway's address.
    package static func cloud(
        id cloudID: String,
        browseURL: String,
        gateway: String = "https://api.atlassian.com",
        allowInsecure: Bool = false
    ) throws(JiraError) -> JiraSite {
        guard let id = UUID(uuidString: cloudID) else {
            throw JiraError(.invalidRequest, .refused, message: "The cloud id is not a UUID.")
        }
        return try JiraSite(
            baseURL: "\(gateway)/ex/jira/\(id.uuidString.lowercased())",
            browseURL: browseURL,
            allowInsecure: allowInsecure
        )
    }

    /// The page of an issue in the browser.
    package func browseURL(of key: String) -> String { "\(browseURL)/browse/\(PercentEncoding.segment(key))" }

    package var description: String { baseURL }

    private static func normalised(
        _ text: String,
        named name: String,
        allowInsecure: Bool
    ) throws(JiraError) -> (address: String, host: String) {
        func fault(_ what: String) -> JiraError {
            JiraError(.invalidRequest, .refused, message: "The Jira \(name) \(what).")
        }
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host?.lowercased(), !host.isEmpty
        else { throw fault("is not a URL") }
        guard scheme == "https" || (scheme == "http" && allowInsecure) else { throw fault("must begin with https://") }
        guard parts.user == nil, parts.password == nil else { throw fault("must not contain a user or a password") }
        guard parts.query == nil, parts.fragment == nil else { throw fault("must not have a query or a fragment") }
        guard allowInsecure || !PrivateAddress.isPrivate(host: host) else {
            throw fault("must not be a private address")
        }

        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw fault("must not have dots for path segments")
        }
        let port = parts.port.map { ":\($0)" } ?? ""
        return ("\(scheme)://\(host)\(port)\(path)", host)
    }
}
