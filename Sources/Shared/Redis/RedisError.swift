/// What went wrong between us and Redis, in a form that can be logged and counted as it stands.
package struct RedisError: Error, Sendable {
    /// The kind of fault; a metric label as it stands.
    package enum Code: String, Sendable, CaseIterable {
        /// There was no connection before the command's deadline. It was never sent.
        case unavailable
        /// The deadline passed after the command was sent.
        case timedOut = "timed_out"
        /// The connection ended after the command was sent and before its reply came.
        case connectionLost = "connection_lost"
        /// Redis answered with an error; ``RedisError/serverCode`` is its first word.
        case server
        /// The reply is not what the caller expects, or not the protocol at all.
        case malformedReply = "malformed_reply"
        /// The settings cannot work: the URL, the password, a certificate.
        case configuration
        /// The waiting task was cancelled. Its reply, should one come, is dropped.
        case cancelled
        /// Too many commands are waiting already. It was never sent.
        case overloaded
        /// The client has been shut down. It was never sent.
        case closed
    }

    package let code: Code
    /// Fit to be shown: no arguments, no passwords.
    package let message: String
    package let cause: (any Error)?
    /// Whether Redis may have carried the command out although it failed for us.
    ///
    /// `false` is a promise that it did not; a script that is safe to repeat need not care.
    package let mayHaveRun: Bool
    /// The first word of Redis's error (`NOSCRIPT`, `READONLY`, `OOM` …), for ``Code/server``.
    package let serverCode: String?
    /// Where it was made: "Module/File.swift:line".
    package let place: String

    package init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        mayHaveRun: Bool = false,
        serverCode: String? = nil,
        file: String = #fileID,
        line: UInt = #line
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.mayHaveRun = mayHaveRun
        self.serverCode = serverCode
        self.place = "\(file):\(line)"
    }
}

extension RedisError {
    /// The first words of errors by which a server says that it cannot do this now, and may do it later, or another may.
    private static let passingCodes: Set = [
        "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN",
    ]

    /// Whether the same command may do after a while: nothing is wrong with it.
    package var isPassing: Bool { serverCode.map { Self.passingCodes.contains($0) } ?? false }

    /// Makes the error for an error reply.
    ///
    /// Redis quotes the arguments of a command that it does not know; that part is cut off, since it may hold anything.
    static func server(_ text: String, file: String = #fileID, line: UInt = #line) -> RedisError {
        let code = text.prefix { $0 != " " }
        let shown = text.firstRange(of: "with args beginning with").map { text[..<$0.lowerBound] } ?? text[...]
        return RedisError(
            .server,
            String(shown.prefix(300)),
            // A script says for itself before it begins whether it may run, so it is refused as a whole.
            mayHaveRun: !passingCodes.contains(String(code)),
            serverCode: String(code.prefix(40)),
            file: file,
            line: line
        )
    }
}

extension RedisError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }

    package var debugDescription: String {
        "\(description) [\(place)\(mayHaveRun ? ", may have run" : "")]"
            + (cause.map { " because \(String(reflecting: $0))" } ?? "")
    }
}
