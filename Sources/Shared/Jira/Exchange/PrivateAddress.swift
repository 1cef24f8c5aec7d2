import Foundation
import NIOCore

/// Which addresses are not the public Internet: a Jira address that leads there could be used to reach the operator's
/// network.
enum PrivateAddress {
    /// Whether a host, as written in a URL, is or surely means such an address. Other names are judged when they are
    /// resolved.
    static func isPrivate(host: String) -> Bool {
        var name = host.lowercased()
        while name.hasSuffix(".") { name.removeLast() }
        if name == "localhost" || name.hasSuffix(".localhost") || name.hasSuffix(".local")
            || name.hasSuffix(".internal")
        {
            return true
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        // The error says that it is no address, and is the answer to the question.
        if let address = try? SocketAddress(ipAddress: name, port: 0) { return isPrivate(address) }
        // No address in the usual notation. A name is judged by what it resolves to, yet one that ends in a number is
        // an address in one of the old notations (WHATWG URL, "ends in a number"), for which there is no honest use.
        let last = name.split(separator: ".").last ?? ""
        return last.allSatisfy { $0.isASCII && $0.isNumber } || last.hasPrefix("0x")
    }

    static func isPrivate(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4(let v4):
            var raw = v4.address.sin_addr
            return withUnsafeBytes(of: &raw) { isPrivate(v4: Array($0)) }
        case .v6(let v6):
            var raw = v6.address.sin6_addr
            return withUnsafeBytes(of: &raw) { isPrivate(v6: Array($0)) }
        case .unixDomainSocket:
            return true
        }
    }

    /// IANA's registry of special-purpose IPv4 addresses, without those that are globally reachable, and multicast.
    private static func isPrivate(v4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (224..., _): true
        case (100, 64...127), (169, 254), (172, 16...31), (192, 168), (198, 18...19): true
        case (192, 0): bytes[2] == 0 || bytes[2] == 2
        case (198, 51): bytes[2] == 100
        case (203, 0): bytes[2] == 113
        default: false
        }
    }

    private static func isPrivate(v6 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (0xFC...0xFD, _), (0xFF, _): return true
        case (0xFE, 0x80...): return true
        // 6to4 and NAT64 carry an IPv4 address, which counts.
        case (0x20, 0x02): return isPrivate(v4: Array(bytes[2..<6]))
        case (0x00, 0x64) where bytes[2..<12].elementsEqual([0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]):
            return isPrivate(v4: Array(bytes[12...]))
        case (0x20, 0x01) where bytes[2] == 0x0D && bytes[3] == 0xB8: return true
        default: break
        }
        guard bytes[..<10].allSatisfy({ $0 == 0 }) else { return false }
        // ::/96 holds :: and ::1 and is otherwise unused; ::ffff:0:0/96 is IPv4 in another notation.
        return bytes[10] == 0xFF && bytes[11] == 0xFF ? isPrivate(v4: Array(bytes[12...])) : true
    }
}
