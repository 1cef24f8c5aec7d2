import Redis

/// What went wrong on the road. The record is untouched by it.
package struct DeliveryError: Error, Sendable {
    /// The kind of fault; a metric label as it stands.
    package enum Code: String, Sendable, CaseIterable {
        /// The worker's lease has ended, or stands too short to begin something: stop the jobs, write nothing.
        case leaseLost = "lease_lost"
        /// Redis has lost its data and no generation has been created yet.
        case forgotten
        /// Redis did not answer in time, or can do nothing now: its memory is full, it is a replica, it is loading. The call
        /// may or may not have taken effect. Every call is safe to repeat.
        case unavailable
        /// Redis refused a script or a command.
        case scriptFailed = "script_failed"
        /// Redis answered with something that the call cannot mean.
        case malformedReply = "malformed_reply"
        /// The turn at a gate did not come before the caller's deadline.
        case gateDeadline = "gate_deadline"
        /// The waiting task was cancelled.
        case cancelled
        /// The job that waited at a gate is not wanted any more.
        case calledOff = "called_off"
        /// The gate keeper has stopped.
        case closed
    }

    package let code: Code
    /// Fit to be shown: no payloads, no secrets.
    package let message: String
    package let cause: (any Error)?
    /// Where it was made: "Module/File.swift:line".
    package let place: String

    package init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        file: String = #fileID,
        line: UInt = #line
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.place = "\(file):\(line)"
    }

    /// Whether the call may have taken effect although it failed.
    package var mayHaveRun: Bool { (cause as? RedisError)?.mayHaveRun ?? false }

    /// Sorts an error of Redis.
    init(_ error: RedisError, during call: String, file: String = #fileID, line: UInt = #line) {
        let code: Code =
            switch error.code {
            case .unavailable, .timedOut, .connectionLost, .overloaded, .closed: .unavailable
            case .server where error.isPassing: .unavailable
            case .server, .configuration: .scriptFailed
            case .malformedReply: .malformedReply
            case .cancelled: .cancelled
            }
        self.init(code, "\(call): \(error.message)", cause: error, file: file, line: line)
    }
}

extension DeliveryError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }

    package var debugDescription: String {
        "\(description) [\(place)]" + (cause.map { " because \(String(reflecting: $0))" } ?? "")
    }
}
