package import Foundation

extension Bool: PostgresEncodable {
    package static var postgresType: PostgresType { .bool }
    package func encode(into bytes: inout [UInt8]) { bytes.append(self ? UInt8(1) : 0) }
}

extension Int: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(Int64(self)) }
}

extension Int64: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(self) }
}

extension Int32: PostgresEncodable {
    package static var postgresType: PostgresType { .int4 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(self) }
}

extension Int16: PostgresEncodable {
    package static var postgresType: PostgresType { .int2 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(self) }
}

/// A byte alone is a `smallint`; an array of bytes is a `bytea`.
extension UInt8: PostgresEncodable {
    package static var postgresType: PostgresType { .int2 }
    package static var postgresTypeOfArray: PostgresType { .bytea }
    package func encode(into bytes: inout [UInt8]) { bytes.append(Int16(self)) }
    package static func encodeArray(_ values: [UInt8], into bytes: inout [UInt8]) { bytes += values }
}

extension Double: PostgresEncodable {
    package static var postgresType: PostgresType { .float8 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bitPattern) }
}

extension Float: PostgresEncodable {
    package static var postgresType: PostgresType { .float4 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bitPattern) }
}

extension String: PostgresEncodable {
    package static var postgresType: PostgresType { .text }

    /// - Throws: `.encoding` for a text with U+0000, which PostgreSQL cannot store.
    package func encode(into bytes: inout [UInt8]) throws(PostgresError) {
        let start = bytes.count
        bytes.append(contentsOf: utf8)
        if bytes[start...].contains(0) {
            throw PostgresError(.encoding, "PostgreSQL cannot store a text with a NUL character")
        }
    }
}

extension UUID: PostgresEncodable {
    package static var postgresType: PostgresType { .uuid }
    package func encode(into bytes: inout [UInt8]) { withUnsafeBytes(of: uuid) { bytes.append(contentsOf: $0) } }
}

extension Data: PostgresEncodable {
    package static var postgresType: PostgresType { .bytea }
    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

/// An instant, as `timestamptz`, rounded to its microsecond.
///
/// `.distantFuture` and everything beyond it is `infinity`, `.distantPast` and everything before it `-infinity`.
extension Date: PostgresEncodable {
    package static var postgresType: PostgresType { .timestamptz }

    /// Seconds from PostgreSQL's zero, 2000-01-01, to Foundation's, 2001-01-01.
    static let epochDistance: TimeInterval = 366 * 86400

    package func encode(into bytes: inout [UInt8]) throws(PostgresError) {
        guard !timeIntervalSinceReferenceDate.isNaN else {
            throw PostgresError(.encoding, "An instant is not a number")
        }
        if self >= .distantFuture { return bytes.append(Int64.max) }
        if self <= .distantPast { return bytes.append(Int64.min) }
        // Whole seconds apart from the fraction, so that no microsecond is lost to the size of the sum.
        let whole = timeIntervalSinceReferenceDate.rounded(.down)
        let fraction = ((timeIntervalSinceReferenceDate - whole) * 1e6).rounded()
        bytes.append(Int64(whole + Self.epochDistance) * 1_000_000 + Int64(fraction))
    }
}

/// The wrapped value, or NULL of its type.
extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package static var postgresArrayType: PostgresType? { Wrapped.postgresArrayType }
    package var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    package func encode(into bytes: inout [UInt8]) throws(PostgresError) { try self?.encode(into: &bytes) }
}

/// One parameter, for `= ANY (\(ids))` and `unnest(\(ids))`.
extension Array: PostgresEncodable where Element: PostgresEncodable {
    package static var postgresType: PostgresType { Element.postgresTypeOfArray }
    package func encode(into bytes: inout [UInt8]) throws(PostgresError) {
        try Element.encodeArray(self, into: &bytes)
    }
}

/// A text whose type the server decides from where it stands: an enum, a `citext`, an interval.
package struct PostgresUntyped: PostgresEncodable, Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static var postgresType: PostgresType { .unspecified }
    package func encode(into bytes: inout [UInt8]) throws(PostgresError) { try text.encode(into: &bytes) }
}

/// A JSON document, bound as `jsonb` and read from `json` or `jsonb`.
package struct PostgresJSON: Sendable, Hashable {
    /// The document's UTF-8. PostgreSQL gives it in its own spelling: members sorted, no needless space.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { self.bytes = Array(text.utf8) }

    /// Encodes a value.
    ///
    /// - Throws: ``PostgresError`` with `.encoding`; its cause is the encoder's error.
    package init(encoding value: some Encodable, with encoder: JSONEncoder = JSONEncoder()) throws(PostgresError) {
        do {
            self.bytes = Array(try encoder.encode(value))
        } catch {
            throw PostgresError(.encoding, "A value cannot be written as JSON", cause: error)
        }
    }

    /// Decodes the document.
    ///
    /// - Throws: ``PostgresError`` with `.decoding`; its cause is the decoder's error.
    package func decode<Value: Decodable>(
        _ type: Value.Type = Value.self,
        with decoder: JSONDecoder = JSONDecoder()
    ) throws(PostgresError) -> Value {
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw PostgresError(.decoding, "A JSON document is no \(Value.self)", cause: error)
        }
    }

    /// The document as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension PostgresJSON: PostgresEncodable {
    package static var postgresType: PostgresType { .jsonb }

    /// jsonb's binary form is a version, 1, and the text.
    package func encode(into target: inout [UInt8]) {
        target.append(UInt8(1))
        target += bytes
    }
}
