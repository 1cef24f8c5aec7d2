import Console
import Foundation
import TramlineModel

/// A Jira site's address as an operator gives it.
///
/// What is wrong is said here, when somebody is there to hear it; workers check again on each connection, since a name may
/// come to mean a private address later.
struct SiteAddress: Sendable {
    /// Without a closing slash, scheme and host in lower case.
    let url: String
    /// The gate that all requests to the site pass.
    let gate: SiteID

    /// - Parameter allowInsecure: allows http and private addresses.
    init(_ text: String, allowInsecure: Bool) throws {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host?.lowercased(), !host.isEmpty, scheme == "https" || scheme == "http"
        else {
            throw CommandFault("--base-url is not a web address; it looks like https://acme.atlassian.net")
        }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            throw CommandFault("--base-url must have no user, password, query or fragment")
        }
        guard allowInsecure || scheme == "https" else {
            throw CommandFault(
                "--base-url must begin with https:// (TRAMLINE_ALLOW_INSECURE_JIRA=true allows http, for tests)"
            )
        }
        guard allowInsecure || !Self.isPrivate(host) else {
            throw CommandFault(
                "--base-url must not lead to a private address (TRAMLINE_ALLOW_INSECURE_JIRA=true allows it, for tests)"
            )
        }
        let path = parts.percentEncodedPath.split(separator: "/")
        guard !path.contains("."), !path.contains("..") else {
            throw CommandFault("--base-url must not have dots for parts of its path")
        }
        let url = "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "") + path.map { "/\($0)" }.joined()
        guard let gate = SiteID(address: url) else { throw CommandFault("--base-url names no host") }
        self.url = url
        self.gate = gate
    }

    /// Whether a host, as it is written, is or surely means an address that is not of the public Internet.
    static func isPrivate(_ host: String) -> Bool {
        var name = host
        while name.hasSuffix(".") { name.removeLast() }
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name == "localhost" || [".localhost", ".local", ".internal"].contains(where: name.hasSuffix) { return true }
        var v4 = in_addr()
        // The resolver takes old forms such as 127.1 and 0x7f000001; so does this.
        if inet_aton(name, &v4) != 0 { return withUnsafeBytes(of: &v4) { isPrivate(v4: Array($0)) } }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, name, &v6) == 1 { return withUnsafeBytes(of: &v6) { isPrivate(v6: Array($0)) } }
        return false
    }

    private static func isPrivate(v4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (224..., _): true
        case (100, 64...127), (169, 254), (172, 16...31), (192, 168), (198, 18...19): true
        default: false
        }
    }

    private static func isPrivate(v6 bytes: [UInt8]) -> Bool {
        // Unique local, link-local, multicast.
        if bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFF || (bytes[0] == 0xFE && bytes[1] >= 0x80) { return true }
        guard bytes[..<10].allSatisfy({ $0 == 0 }) else { return false }
        // ::ffff:0:0/96 is IPv4 in another notation; the rest holds :: and ::1.
        return bytes[10] == 0xFF && bytes[11] == 0xFF ? isPrivate(v4: Array(bytes[12...])) : true
    }
}
