/// A reply of Redis (RESP2), copied out of the C library's memory.
package enum RedisReply: Sendable, Hashable {
    /// A status such as `OK`.
    case simple(String)
    /// An error, inside a pipeline or an array; ``RedisClient/send(_:timeout:)`` throws it instead.
    case error(String)
    case integer(Int64)
    case bytes([UInt8])
    case array([RedisReply])
    case null
}

/// Typed readers. Each throws ``RedisError`` with `.malformedReply` where the reply is of another kind, and with `.server`
/// where it is an error.
extension RedisReply {
    package var isNull: Bool { self == .null }

    /// The text of a status or a string; bytes that are not UTF-8 are replaced.
    package func string(file: String = #fileID, line: UInt = #line) throws(RedisError) -> String {
        switch self {
        case .simple(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let value): String(value)
        case .error, .array, .null: throw mismatch("a string", file, line)
        }
    }

    package func bytes(file: String = #fileID, line: UInt = #line) throws(RedisError) -> [UInt8] {
        switch self {
        case .simple(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .error, .array, .null, .integer: throw mismatch("bytes", file, line)
        }
    }

    /// A whole number, also where Redis sends it as a string (`ZSCORE`, `HGET` …).
    package func integer(file: String = #fileID, line: UInt = #line) throws(RedisError) -> Int64 {
        switch self {
        case .integer(let value):
            return value
        case .bytes(let bytes):
            guard let value = Int64(String(decoding: bytes, as: UTF8.self)) else {
                throw mismatch("a whole number", file, line)
            }
            return value
        case .simple, .error, .array, .null:
            throw mismatch("a whole number", file, line)
        }
    }

    package func array(file: String = #fileID, line: UInt = #line) throws(RedisError) -> [RedisReply] {
        guard case .array(let elements) = self else { throw mismatch("an array", file, line) }
        return elements
    }

    /// An array of at least so many elements.
    package func array(
        atLeast count: Int,
        file: String = #fileID,
        line: UInt = #line
    ) throws(RedisError) -> [RedisReply] {
        let elements = try array(file: file, line: line)
        guard elements.count >= count else { throw mismatch("an array of at least \(count)", file, line) }
        return elements
    }

    package func strings(file: String = #fileID, line: UInt = #line) throws(RedisError) -> [String] {
        var strings: [String] = []
        for element in try array(file: file, line: line) {
            strings.append(try element.string(file: file, line: line))
        }
        return strings
    }

    /// `nil` for null, else what `read` makes of it: `reply.optional { try $0.string() }`.
    package func optional<Value>(_ read: (RedisReply) throws(RedisError) -> Value) throws(RedisError) -> Value? {
        isNull ? nil : try read(self)
    }

    /// Says what came, never its content.
    private func mismatch(_ expected: String, _ file: String, _ line: UInt) -> RedisError {
        if case .error(let text) = self { return .server(text, file: file, line: line) }
        let found =
            switch self {
            case .simple: "a status"
            case .error: "an error"
            case .integer: "an integer"
            case .bytes(let bytes): "a string of \(bytes.count) bytes"
            case .array(let elements): "an array of \(elements.count)"
            case .null: "null"
            }
        return RedisError(
            .malformedReply,
            "expected \(expected), got \(found)",
            mayHaveRun: true,
            file: file,
            line: line
        )
    }
}
