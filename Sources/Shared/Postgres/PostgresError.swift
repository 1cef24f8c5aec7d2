/// What went wrong between us and PostgreSQL.
///
/// ``message`` and `description` are fit to be shown: they hold no bound value, no password and none of the server's texts that quote
/// a row. All that the server said stays in ``fields``.
package struct PostgresError: Error, Sendable {
    /// What kind of fault it is; a metric label as it stands.
    package enum Code: String, Sendable, CaseIterable {
        /// No connection could be made: the server is away, or refuses us.
        case connectionFailed
        /// A connection broke. What was being asked for may or may not have been done.
        case connectionLost
        /// The connection broke while a commit was on its way: the transaction may stand or not. Read before repeating.
        case commitUncertain
        /// The server did not answer in the time given; it was asked to give up.
        case timedOut
        /// All connections stayed busy for as long as a caller may wait.
        case poolExhausted
        /// The pool was closed.
        case poolClosed
        /// The calling task was cancelled; the server was asked to give up.
        case cancelled
        /// The server answered with an error: see ``PostgresError/sqlState``.
        case server
        /// The transaction was rolled back by the server where a commit was asked for.
        case rolledBack
        /// A column is absent, NULL or of another type than the one asked for.
        case decoding
        /// A value cannot be sent: no such instant, too many parameters, text with a NUL.
        case encoding
        /// The URL cannot be used.
        case configuration
        /// The schema is not what the migrations say.
        case migration
    }

    package let code: Code
    package let message: String
    /// All that the server said, empty unless the server spoke.
    package let fields: [PostgresErrorField: String]
    package let cause: (any Error)?
    /// Where it was made, `Postgres/File.swift:line`.
    package let place: String
    private let knownState: String?

    package init(
        _ code: Code,
        _ message: String,
        fields: [PostgresErrorField: String] = [:],
        sqlState: String? = nil,
        cause: (any Error)? = nil,
        fileID: String = #fileID,
        line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.fields = fields
        self.knownState = sqlState
        self.cause = cause
        self.place = "\(fileID):\(line)"
    }

    /// The five characters of PostgreSQL's appendix A, where the server gave them.
    package var sqlState: String? { knownState ?? fields[.sqlState] }

    /// The constraint that refused a row.
    package var constraint: String? { fields[.constraint] }

    /// Whether a unique (or exclusion) constraint refused the row.
    ///
    /// - Parameter constraint: The constraint's name; nil for any.
    package func isUniqueViolation(constraint name: String? = nil) -> Bool {
        (sqlState == "23505" || sqlState == "23P01") && (name == nil || name == constraint)
    }

    /// Whether a row refers to one that is absent, or is still referred to.
    ///
    /// - Parameter constraint: The constraint's name; nil for any.
    package func isForeignKeyViolation(constraint name: String? = nil) -> Bool {
        sqlState == "23503" && (name == nil || name == constraint)
    }

    /// Whether a `CHECK` refused the row.
    ///
    /// - Parameter constraint: The constraint's name; nil for any.
    package func isCheckViolation(constraint name: String? = nil) -> Bool {
        sqlState == "23514" && (name == nil || name == constraint)
    }

    /// Whether the transaction lost against another and may be repeated as a whole at once (40001, 40P01).
    package var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Whether the same work may succeed later, with nothing changed on our side.
    ///
    /// It does not say that nothing was done: after ``Code/connectionLost``, ``Code/timedOut`` and ``Code/commitUncertain``, look first.
    package var isTransient: Bool {
        if isStalePlan { return true }
        return switch code {
        case .connectionLost, .commitUncertain, .timedOut, .poolExhausted: true
        case .connectionFailed, .server: sqlState.map(Self.isTransient(state:)) ?? (code == .connectionFailed)
        case .poolClosed, .cancelled, .rolledBack, .decoding, .encoding, .configuration, .migration: false
        }
    }

    /// Classes that tell of the server's condition rather than of our statement.
    private static func isTransient(state: String) -> Bool {
        switch state.prefix(2) {
        case "08", "40", "53", "58": true  // connection, rollback, resources, the system beneath
        case "57": state != "57014"  // shutdown, starting up; but not a statement that somebody cancelled
        default: state == "55P03"  // the lock was not available
        }
    }
}

/// What PostgreSQL tells about an error: `PG_DIAG_*` of libpq's `PQresultErrorField`.
package enum PostgresErrorField: String, Sendable, CaseIterable {
    case severity, localizedSeverity, sqlState, primary, detail, hint, position, internalPosition, internalQuery,
        context
    case schema, table, column, dataType, constraint, sourceFile, sourceLine, sourceFunction
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// For people: the code and the message.
    package var description: String {
        sqlState.map { "\(message) (\(code.rawValue), \($0))" } ?? "\(message) (\(code.rawValue))"
    }

    /// For operators: also the place, the cause and the server's fields.
    ///
    /// Detail and context stay out of it, as does the text of a data exception (class 22): they quote rows and values.
    package var debugDescription: String {
        var text = "\(description) at \(place)"
        for field in PostgresErrorField.allCases {
            guard let value = fields[field], field != .detail, field != .context, field != .internalQuery else {
                continue
            }
            if field == .primary, sqlState?.hasPrefix("22") == true { continue }
            text += "; \(field.rawValue): \(value)"
        }
        if let cause { text += "; cause: \(String(reflecting: cause))" }
        return text
    }
}
