import FoundationEssentials

/// Where Redis is, who we are to it, and how long we wait.
package struct RedisConfiguration: Sendable {
    package let host: String
    /// Default 6379.
    package let port: Int
    package let usesTLS: Bool
    package let user: String?
    let password: String?
    /// Default 0.
    package let database: Int
    /// A PEM file to trust instead of the system's roots, from `?ca_file=`.
    package let certificateAuthorityFile: String?
    /// From the first packet to the end of the greeting (TLS, `AUTH`, `SELECT`). Default 5 s, 10 ms...5 min.
    package let connectTimeout: Duration
    /// From the call to the reply, waiting for a connection included. Default 5 s, 10 ms...5 min.
    ///
    /// A connection that was silent for so long while a reply was due is given up.
    package let commandTimeout: Duration
    /// What `CLIENT LIST` shows. Default "tramline"; no spaces.
    package let clientName: String
    /// The most commands that wait or are in flight at once. Default 10 000.
    package let pendingLimit: Int
    /// The largest reply, in bytes. Default 64 MiB.
    package let replyLimit: Int
    /// Pauses between attempts to connect.
    package let backoff: RedisBackoff

    /// Reads a `redis://` or `rediss://` URL: `redis://[user][:password]@host[:port][/database]`, parts percent-encoded.
    ///
    /// - Throws: ``RedisError`` with `.configuration` for anything else; the message never holds the URL.
    package init(
        url: String,
        connectTimeout: Duration = .seconds(5),
        commandTimeout: Duration = .seconds(5),
        clientName: String = "tramline",
        pendingLimit: Int = 10_000,
        replyLimit: Int = 64 * 1024 * 1024,
        backoff: RedisBackoff = RedisBackoff()
    ) throws(RedisError) {
        guard let parts = URLComponents(string: url) else { throw RedisError(.configuration, "not a URL") }
        switch parts.scheme?.lowercased() {
        case "redis": usesTLS = false
        case "rediss": usesTLS = true
        default: throw RedisError(.configuration, "the URL must begin with redis:// or rediss://")
        }
        guard let host = parts.host, !host.isEmpty else { throw RedisError(.configuration, "the URL names no host") }
        // An IPv6 address stands in brackets in a URL, and without them everywhere else.
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? 6379
        guard (1...65_535).contains(port) else { throw RedisError(.configuration, "the port must be 1...65535") }
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password.flatMap { $0.isEmpty ? nil : $0 }
        guard user == nil || password != nil else {
            throw RedisError(.configuration, "the URL has a user without a password")
        }
        let path = parts.path.drop { $0 == "/" }
        guard let database = path.isEmpty ? 0 : Int(path), (0...65_535).contains(database) else {
            throw RedisError(.configuration, "the URL's path must be a database number")
        }
        self.database = database
        var authority: String?
        for item in parts.queryItems ?? [] {
            guard item.name == "ca_file", usesTLS, let value = item.value, !value.isEmpty else {
                throw RedisError(.configuration, "the URL may have no parameter but ca_file=PATH, with rediss://")
            }
            authority = value
        }
        certificateAuthorityFile = authority
        let times = Duration.milliseconds(10)...Duration.seconds(300)
        guard times.contains(connectTimeout), times.contains(commandTimeout) else {
            throw RedisError(.configuration, "time-outs must be 10 ms...5 min")
        }
        guard pendingLimit > 0, replyLimit >= 1024 else {
            throw RedisError(.configuration, "limits must be positive")
        }
        guard !clientName.isEmpty, clientName.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw RedisError(.configuration, "the client name must be printable ASCII without spaces")
        }
        self.connectTimeout = connectTimeout
        self.commandTimeout = commandTimeout
        self.clientName = clientName
        self.pendingLimit = pendingLimit
        self.replyLimit = replyLimit
        self.backoff = backoff
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with the password hidden.
    package var description: String {
        let account = password == nil ? "" : "\(user ?? ""):•••@"
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "\(usesTLS ? "rediss" : "redis")://\(account)\(shownHost):\(port)/\(database)"
    }

    package var debugDescription: String { description }

    /// `dump` and the test library's reports walk mirrors, so the password must not be in this one.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
