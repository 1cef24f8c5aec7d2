import CLibPQ

/// Where the database is and how long we wait for it.
///
/// Made from a URL by libpq's own parser, so everything that libpq takes is allowed in it (`?sslmode=verify-full&…`, several hosts).
/// Printing it never shows the password.
package struct PostgresConfiguration: Sendable {
    /// A parameter of libpq, in the order given.
    struct Parameter: Sendable, Equatable {
        var keyword: String
        var value: String
    }

    private(set) var parameters: [Parameter]

    /// The pool's greatest size, 1...; default 10. Each connection has a thread of its own.
    package var maximumConnections: Int
    /// The time for one attempt to connect; default 5 s.
    package var connectTimeout: Duration
    /// The time for one statement, unless the caller says another; default 30 s.
    package var queryTimeout: Duration
    /// The time that a caller waits for a connection of the pool; default 10 s.
    package var acquireTimeout: Duration
    /// The age at which a connection is replaced, give or take a tenth; default 30 min.
    package var maximumLifetime: Duration = .seconds(1800)
    /// The time after which an unused connection is closed; default 5 min.
    package var idleTimeout: Duration = .seconds(300)

    /// Reads a `postgres://` or `postgresql://` URL.
    ///
    /// - Parameters:
    ///   - url: `postgres://user:password@host:port/database?parameter=value`.
    ///   - applicationName: What `pg_stat_activity` shows, unless the URL says another.
    ///   - searchPath: The schemas of every connection, as in `SET search_path`; nil leaves the server's.
    ///   - forsakenTimeout: How long the server keeps a transaction open, with its locks, whose client says nothing: a
    ///     process that is stopped, or cut off, would keep others from its rows for as long as that lasts. Default 5 s. An
    ///     `idle_in_transaction_session_timeout` in the URL's `options` goes before.
    /// - Throws: ``PostgresError`` with `.configuration`; its message quotes no part of the URL.
    package init(
        url: String,
        maximumConnections: Int = 10,
        connectTimeout: Duration = .seconds(5),
        queryTimeout: Duration = .seconds(30),
        acquireTimeout: Duration = .seconds(10),
        applicationName: String = "tramline",
        searchPath: String? = nil,
        forsakenTimeout: Duration = .seconds(5)
    ) throws(PostgresError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
            throw PostgresError(.configuration, "The database URL must begin with postgres:// or postgresql://")
        }
        guard maximumConnections > 0, connectTimeout > .zero, queryTimeout > .zero, acquireTimeout > .zero else {
            throw PostgresError(.configuration, "The pool's size and all time limits must be greater than zero")
        }
        self.parameters = try Self.parse(url)
        self.maximumConnections = maximumConnections
        self.connectTimeout = connectTimeout
        self.queryTimeout = queryTimeout
        self.acquireTimeout = acquireTimeout
        // libpq looks at it only when it connects, and what stands there may be a piece of a password.
        guard value(of: "port")?.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ",") }) ?? true else {
            throw PostgresError(.configuration, "The database URL's port is no number")
        }
        set("application_name", applicationName, replacing: false)
        set("client_encoding", "UTF8", replacing: true)
        // A peer that vanished without a word is noticed within a minute, not within the system's two hours.
        set("keepalives_idle", "30", replacing: false)
        set("keepalives_interval", "10", replacing: false)
        set("keepalives_count", "3", replacing: false)
        set("tcp_user_timeout", "30000", replacing: false)
        if let searchPath {
            let escaped = searchPath.flatMap { $0 == " " || $0 == "\\" ? ["\\", $0] : [$0] }
            addOption("-c search_path=\(String(escaped))")
        }
        let timeout = "idle_in_transaction_session_timeout"
        if value(of: "options")?.contains(timeout) != true {
            let (seconds, attoseconds) = forsakenTimeout.components
            addOption("-c \(timeout)=\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)")
        }
    }

    /// Adds a setting for the session to those that the URL asks for.
    private mutating func addOption(_ option: String) {
        set("options", value(of: "options").map { "\($0) \(option)" } ?? option, replacing: true)
    }

    /// The same server and user, another database.
    package func with(database: String) -> PostgresConfiguration {
        var copy = self
        copy.set("dbname", database, replacing: true)
        return copy
    }

    /// The database's name, where the URL gives it.
    package var database: String? { value(of: "dbname") }

    /// The value of one of libpq's parameters.
    func value(of keyword: String) -> String? {
        parameters.first { $0.keyword == keyword }?.value
    }

    private mutating func set(_ keyword: String, _ value: String, replacing: Bool) {
        if let index = parameters.firstIndex(where: { $0.keyword == keyword }) {
            if replacing { parameters[index].value = value }
        } else {
            parameters.append(Parameter(keyword: keyword, value: value))
        }
    }

    private static func parse(_ url: String) throws(PostgresError) -> [Parameter] {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &complaint) else {
            defer { PQfreemem(complaint) }
            // What stands in quotes may be a piece of a password that was not percent-encoded.
            let text = complaint.map { withoutQuotations(String(cString: $0)) } ?? "out of memory"
            throw PostgresError(.configuration, "The database URL cannot be read: \(text)")
        }
        defer { PQconninfoFree(options) }
        var parameters: [Parameter] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parameters.append(Parameter(keyword: String(cString: keyword), value: String(cString: value)))
            }
            option += 1
        }
        return parameters
    }

    private static func withoutQuotations(_ text: String) -> String {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        let kept = parts.map { $0.offset.isMultiple(of: 2) ? String($0.element) : "•••" }.joined(separator: "\"")
        return String(kept.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// User, host, port and database; never the password.
    package var description: String {
        let user = value(of: "user").map { "\($0)@" } ?? ""
        let port = value(of: "port").map { ":\($0)" } ?? ""
        return "postgres://\(user)\(value(of: "host") ?? "")\(port)/\(database ?? "")"
    }

    package var debugDescription: String { description }

    /// `dump` shows no more than the description.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
