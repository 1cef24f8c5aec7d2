/// A statement with its bound values.
///
///     let query: PostgresQuery = "SELECT id FROM jobs WHERE site_id = \(site) AND state = ANY (\(states))"
///
/// Every interpolated value is a parameter (`$1`, `$2` …), never text. Another query in the interpolation is nested, its parameters
/// numbered anew; names that SQL does not take as parameters go in by `\(identifier:)` (quoted) or `\(unescaped:)` (as they are: only
/// for text from our own source).
package struct PostgresQuery: Sendable {
    /// The text around the parameters: always one piece more than there are parameters.
    private(set) var pieces: [String]
    private(set) var parameters: [Parameter]
    /// All parameters' bytes, one behind the other; a text-format one is followed by a NUL.
    private(set) var storage: [UInt8]
    /// The first value that could not be encoded; thrown when the query is run.
    private(set) var fault: PostgresError?

    struct Parameter: Sendable {
        let type: PostgresType
        var offset: Int
        /// -1 is NULL.
        let length: Int
        /// Whether it travels in the binary form.
        let isBinary: Bool
    }

    /// A statement without parameters, as it stands.
    ///
    /// - Parameter sql: Text from our own source, never from outside.
    package init(unescaped sql: String) {
        self.pieces = [sql]
        self.parameters = []
        self.storage = []
    }

    /// The text with `$1`, `$2` … at the parameters' places.
    package var sql: String {
        guard !parameters.isEmpty else { return pieces[0] }
        var text = ""
        text.reserveCapacity(pieces.reduce(4 * parameters.count) { $0 + $1.utf8.count })
        for (index, piece) in pieces.enumerated() {
            text += piece
            if index < parameters.count {
                text += "$"
                text += String(index + 1)
            }
        }
        return text
    }

    fileprivate mutating func append(text: String) {
        pieces[pieces.count - 1] += text
    }

    fileprivate mutating func bind<Value: PostgresEncodable>(_ value: Value) {
        pieces.append("")
        let type = Value.postgresType
        let offset = storage.count
        guard !value.isPostgresNull else {
            parameters.append(Parameter(type: type, offset: offset, length: -1, isBinary: true))
            return
        }
        do throws(PostgresError) {
            try value.encode(into: &storage)
        } catch {
            fault = fault ?? error
        }
        let isBinary = type != .unspecified
        parameters.append(Parameter(type: type, offset: offset, length: storage.count - offset, isBinary: isBinary))
        // libpq reads a text parameter up to its NUL.
        if !isBinary { storage.append(UInt8(0)) }
    }

    /// Appends another query, numbering its parameters on.
    package mutating func append(_ other: PostgresQuery) {
        append(text: other.pieces[0])
        pieces += other.pieces.dropFirst()
        let base = storage.count
        for var parameter in other.parameters {
            parameter.offset += base
            parameters.append(parameter)
        }
        storage += other.storage
        fault = fault ?? other.fault
    }

    /// Joins queries, for lists of conditions or of rows.
    package static func joined(_ queries: [PostgresQuery], separator: String) -> PostgresQuery {
        var result = PostgresQuery(unescaped: "")
        for (index, query) in queries.enumerated() {
            if index > 0 { result.append(text: separator) }
            result.append(query)
        }
        return result
    }
}

extension PostgresQuery: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    package init(stringLiteral value: StaticString) {
        self.init(unescaped: value.description)
    }

    package init(stringInterpolation: Interpolation) {
        self = stringInterpolation.query
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var query = PostgresQuery(unescaped: "")

        package init(literalCapacity: Int, interpolationCount: Int) {
            query.pieces.reserveCapacity(interpolationCount + 1)
            query.parameters.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            query.append(text: literal.description)
        }

        /// Binds a value.
        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            query.bind(value)
        }

        /// Binds a value, or NULL of its type.
        package mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            query.bind(value)
        }

        /// Nests a query.
        package mutating func appendInterpolation(_ nested: PostgresQuery) {
            query.append(nested)
        }

        /// Puts a name in, quoted.
        package mutating func appendInterpolation(identifier: String) {
            query.append(text: "\"")
            query.append(
                text: identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            )
            query.append(text: "\"")
        }

        /// Puts a text in as it is: only ever text from our own source.
        package mutating func appendInterpolation(unescaped text: String) {
            query.append(text: text)
        }
    }
}

extension PostgresQuery: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text, without the values.
    package var description: String { sql }
    package var debugDescription: String { sql }
    package var customMirror: Mirror { Mirror(self, children: ["sql": sql]) }
}
