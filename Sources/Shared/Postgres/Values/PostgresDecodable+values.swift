package import Foundation

extension Bool: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Bool {
        guard type == .bool else { throw mismatch(type) }
        return try bytes.integer(UInt8.self) != 0
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Reads any integer type that fits, and a `numeric` without a fraction.
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Self {
        let value: Self? =
            switch type {
            case .int8: Self(exactly: try bytes.integer(Int64.self))
            case .int4: Self(exactly: try bytes.integer(Int32.self))
            case .int2: Self(exactly: try bytes.integer(Int16.self))
            case .oid: Self(exactly: try bytes.integer(UInt32.self))
            case .numeric: try PostgresNumeric(bytes).integer.flatMap { Self(exactly: $0) }
            default: throw mismatch(type)
            }
        guard let value else { throw PostgresError(.decoding, "a number that does not fit \(Self.self)") }
        return value
    }
}

extension Int: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int16: PostgresDecodable {}

extension UInt8: PostgresDecodable {
    /// An array of bytes is a `bytea`.
    package static func decodeArray(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> [UInt8] {
        guard type == .bytea else { throw mismatch(type) }
        return bytes.array()
    }
}

extension Double: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Double {
        switch type {
        case .float8: return Double(bitPattern: try bytes.integer(UInt64.self))
        case .float4: return Double(Float(bitPattern: try bytes.integer(UInt32.self)))
        case .numeric:
            guard let value = Double(try PostgresNumeric(bytes).text) else { throw mismatch(type) }
            return value
        case .int2, .int4, .int8: return Double(try Int64.decode(bytes, as: type))
        default: throw mismatch(type)
        }
    }
}

extension Float: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Float {
        guard type == .float4 else { throw mismatch(type) }
        return Float(bitPattern: try bytes.integer(UInt32.self))
    }
}

extension String: PostgresDecodable {
    /// Reads texts, enums, JSON, and the usual spelling of UUIDs and numbers.
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> String {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .xml, .unspecified, .void: return try utf8(bytes)
        case .jsonb: return try PostgresJSON.decode(bytes, as: type).text
        case .uuid: return try UUID.decode(bytes, as: type).uuidString.lowercased()
        case .numeric: return try PostgresNumeric(bytes).text
        case .int2, .int4, .int8: return String(try Int64.decode(bytes, as: type))
        default:
            // Enums, citext and domains of the database's own; "unknown" and "char" are texts too.
            guard type.rawValue >= PostgresType.firstUserType || type.rawValue == 705 || type.rawValue == 18 else {
                throw mismatch(type)
            }
            return try utf8(bytes)
        }
    }

    private static func utf8(_ bytes: RawSpan) throws(PostgresError) -> String {
        let text = bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw PostgresError(.decoding, "it is no valid UTF-8") }
        return text
    }
}

extension UUID: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> UUID {
        guard type == .uuid, bytes.byteCount == 16 else { throw mismatch(type) }
        return UUID(uuid: bytes.unsafeLoadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresDecodable {
    /// Reads `timestamptz`, and `timestamp` and `date` as UTC; the infinities are `.distantFuture` and `.distantPast`.
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Date {
        if type == .date {
            let days = try bytes.integer(Int32.self)
            if days == .max { return .distantFuture }
            if days == .min { return .distantPast }
            return Date(timeIntervalSinceReferenceDate: TimeInterval(days) * 86400 - epochDistance)
        }
        guard type == .timestamptz || type == .timestamp else { throw mismatch(type) }
        let microseconds = try bytes.integer(Int64.self)
        if microseconds == .max { return .distantFuture }
        if microseconds == .min { return .distantPast }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(timeIntervalSinceReferenceDate: TimeInterval(seconds) - epochDistance + TimeInterval(rest) / 1e6)
    }
}

extension Data: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Data {
        guard type == .bytea else { throw mismatch(type) }
        return bytes.withUnsafeBytes { Data($0) }
    }
}

extension PostgresJSON: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> PostgresJSON {
        if type == .json { return PostgresJSON(bytes: bytes.array()) }
        guard type == .jsonb else { throw mismatch(type) }
        guard bytes.byteCount > 0, bytes.unsafeLoad(as: UInt8.self) == 1 else {
            throw PostgresError(.decoding, "a jsonb of unknown version")
        }
        return PostgresJSON(bytes: bytes.array(from: 1))
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Wrapped? {
        try Wrapped.decode(bytes, as: type)
    }

    package static func decodePostgresNull() -> Wrapped? { nil }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> [Element] {
        try Element.decodeArray(bytes, as: type)
    }
}
