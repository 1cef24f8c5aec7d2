import CLibPQ
import Glibc
import Logging

/// The one owner of a `PGconn`. Not `Sendable`: a connection's actor keeps it, so only that actor's thread reaches it.
///
/// Every wait has a deadline and an interrupt. A wait that ended early leaves answers on the way, so the handle then refuses all further
/// use: ``isUsable`` is false for good.
final class PostgresHandle {
    private var connection: OpaquePointer?
    private(set) var isUsable = false
    private let logger: Logger
    var statements = StatementCache(capacity: 256)
    /// The fatal error after which the server closes the connection: it comes before the end itself is seen.
    var lastWords: [PostgresErrorField: String] = [:]

    init(logger: Logger) { self.logger = logger }

    deinit { finish() }

    /// Closes the connection; the server rolls back what was open. Safe to repeat.
    func finish() {
        isUsable = false
        if let connection { PQfinish(connection) }
        connection = nil
    }

    /// Whether a transaction is open, or failed and not yet rolled back.
    var isInTransaction: Bool {
        connection.map { PQtransactionStatus($0) != PQTRANS_IDLE } ?? false
    }

    /// The server process that serves us, as in `pg_stat_activity`.
    var processID: Int32 { connection.map { PQbackendPID($0) } ?? 0 }

    /// The socket, -1 when there is none.
    var socket: Int32 { connection.map { PQsocket($0) } ?? -1 }

    // MARK: Connecting

    /// Connects anew.
    ///
    /// Looking up the host's name blocks this thread, as libpq does it; everything else keeps to the deadline.
    func connect(_ configuration: PostgresConfiguration, _ wait: Wait) throws(PostgresError) {
        finish()
        lastWords = [:]
        statements = StatementCache(capacity: 256)
        let keywords = configuration.parameters.map(\.keyword)
        let values = configuration.parameters.map(\.value)
        connection = withCArrays(keywords, values) { PQconnectStartParams($0, $1, 0) }
        guard let connection else { throw PostgresError(.connectionFailed, "There is no memory for a connection") }
        // The only way in which libpq shows the SQLSTATE of a refused connection is within its text.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        var polling = PGRES_POLLING_WRITING
        while polling != PGRES_POLLING_OK {
            guard PQstatus(connection) != CONNECTION_BAD, polling != PGRES_POLLING_FAILED else {
                throw connectFailure(connection)
            }
            switch wait.forSocket(PQsocket(connection), polling == PGRES_POLLING_READING ? POLLIN : POLLOUT) {
            case .ready: polling = PQconnectPoll(connection)
            case .timedOut:
                finish()
                throw PostgresError(.connectionFailed, "The database did not answer in time to connect")
            case .interrupted:
                finish()
                throw PostgresError(.cancelled, "Connecting was given up")
            }
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQsetnonblocking(connection, 1) == 0 else { throw connectFailure(connection) }
        // Without a receiver libpq writes the server's notices to standard error.
        PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context = context, let result else { return }
                let handle = Unmanaged<PostgresHandle>.fromOpaque(context).takeUnretainedValue()
                handle.logger.debug(
                    "PostgreSQL gave a notice",
                    metadata: ["notice": .string(ServerFields.read(result)[.primary] ?? "")]
                )
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
        isUsable = true
    }

    private func connectFailure(_ connection: OpaquePointer) -> PostgresError {
        let text = String(cString: PQerrorMessage(connection))
        finish()
        // "FATAL:  28P01: password authentication failed for user …", then "LOCATION:  …" on a line of its own.
        let lines = text.split(separator: "\n").filter {
            !$0.hasPrefix("LOCATION:") && !$0.hasPrefix("\tIs the server")
        }
        let state = text.firstMatch(of: #/(?:FATAL|ERROR|PANIC):\s+([0-9A-Z]{5}): /#).map { String($0.output.1) }
        return PostgresError(
            .connectionFailed,
            "The database cannot be reached: \(lines.joined(separator: "; "))",
            sqlState: state
        )
    }

    // MARK: The parts of an exchange

    /// The connection, for use by an exchange.
    ///
    /// - Throws: `.connectionLost` when it was given up earlier.
    func usable() throws(PostgresError) -> OpaquePointer {
        guard isUsable, let connection else {
            throw PostgresError(.connectionLost, "The connection was closed or given up before")
        }
        return connection
    }

    /// Waits for the next result; nil is libpq's mark between statements.
    func nextResult(_ connection: OpaquePointer, _ wait: Wait) throws(PostgresError) -> ResultHandle? {
        while PQisBusy(connection) != 0 {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw lost(connection) }
            // While we still write we must also read, or both sides may wait for the other.
            switch wait.forSocket(PQsocket(connection), unsent > 0 ? POLLIN | POLLOUT : POLLIN) {
            case .ready:
                // At the connection's end, the server's last words may stand in what was read before.
                guard PQconsumeInput(connection) != 0 || PQisBusy(connection) == 0 else { throw lost(connection) }
            case .timedOut:
                giveUp(connection)
                throw PostgresError(.timedOut, "The database did not answer in time")
            case .interrupted:
                giveUp(connection)
                throw PostgresError(.cancelled, "The statement was cancelled")
            }
        }
        return PQgetResult(connection).map { ResultHandle($0) }
    }

    /// Marks the connection as lost.
    ///
    /// - Parameter fields: What the server said at last, if it did.
    func lost(_ connection: OpaquePointer, _ fields: [PostgresErrorField: String] = [:]) -> PostgresError {
        isUsable = false
        let known =
            [fields, lastWords, [.primary: String(cString: PQerrorMessage(connection))]].first { !$0.isEmpty } ?? [:]
        return PostgresError(.connectionLost, "The connection to the database broke", fields: known)
    }

    /// Answers that nobody waits for are still on the way: the connection must not be used again.
    private func giveUp(_ connection: OpaquePointer) {
        isUsable = false
        guard let cancel = PQgetCancel(connection) else { return }
        ServerCancel.shared.send(ServerCancel.Request(cancel))
    }

    /// Marks the connection as unusable after libpq refused to do something.
    func refused(_ connection: OpaquePointer) -> PostgresError {
        isUsable = false
        return PostgresError(
            .connectionLost,
            "libpq refused to go on: \(String(cString: PQerrorMessage(connection)))"
        )
    }
}

/// Calls with two arrays of C strings, both ended by a null pointer.
private func withCArrays<R>(
    _ first: [String],
    _ second: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
    let copies = (first + second).map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let keywords = copies[..<first.count].map { UnsafePointer($0) } + [nil]
    let values = copies[first.count...].map { UnsafePointer($0) } + [nil]
    return keywords.withUnsafeBufferPointer { keywords in
        values.withUnsafeBufferPointer { values in
            body(keywords.baseAddress!, values.baseAddress!)
        }
    }
}
