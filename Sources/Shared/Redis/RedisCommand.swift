/// One argument of a command: any bytes.
package struct RedisArgument: Sendable, Hashable {
    enum Storage: Sendable, Hashable {
        case string(String)
        case bytes([UInt8])
    }

    let storage: Storage

    package init(_ string: String) {
        storage = .string(string)
    }

    package init(_ bytes: [UInt8]) {
        storage = .bytes(bytes)
    }

    /// Decimal, as Redis and Lua's `tonumber` read it.
    package init(_ integer: some BinaryInteger) {
        storage = .string(String(integer))
    }
}

extension RedisArgument: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) {
        self.init(value)
    }

    package init(integerLiteral value: Int) {
        self.init(value)
    }
}

/// A command with its arguments, binary safe.
///
/// Blocking commands (`BLPOP`, `WAIT` …) and those that change the connection (`SELECT`, `SUBSCRIBE`, `MULTI` …) have no
/// place on a shared connection; nothing here prevents them, so do not send them.
package struct RedisCommand: Sendable {
    package let name: String
    package let arguments: [RedisArgument]

    package init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments: arguments)
    }

    package init(_ name: String, arguments: [RedisArgument]) {
        self.name = name
        self.arguments = arguments
    }
}
