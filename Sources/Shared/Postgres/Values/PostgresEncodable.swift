/// A value that can be bound to a statement.
///
/// All parameters travel in PostgreSQL's binary form with their type's number. A `String` is `text`: where it stands for an enum or
/// a `citext`, cast it (`\(state)::job_state`) or bind a ``PostgresUntyped``.
///
/// For an enumeration with raw values the conformance is empty: `extension JobState: PostgresEncodable {}`.
package protocol PostgresEncodable: Sendable {
    /// The type that the server is told.
    static var postgresType: PostgresType { get }
    /// The type of an array of these.
    static var postgresArrayType: PostgresType? { get }
    /// Whether this is NULL; then ``encode(into:)`` is not called.
    var isPostgresNull: Bool { get }
    /// Appends the binary form.
    ///
    /// - Throws: ``PostgresError`` with `.encoding` where PostgreSQL has no such value.
    func encode(into bytes: inout [UInt8]) throws(PostgresError)
    /// Appends the binary form of an array of these.
    static func encodeArray(_ values: [Self], into bytes: inout [UInt8]) throws(PostgresError)
    /// The type that ``encodeArray(_:into:)`` makes.
    static var postgresTypeOfArray: PostgresType { get }
}

extension PostgresEncodable {
    package static var postgresArrayType: PostgresType? { postgresType.array }
    package var isPostgresNull: Bool { false }
    package static var postgresTypeOfArray: PostgresType { postgresArrayType ?? .unspecified }

    /// One dimension, lower bound 1; an element that is nil becomes NULL.
    package static func encodeArray(_ values: [Self], into bytes: inout [UInt8]) throws(PostgresError) {
        guard postgresArrayType != nil else {
            throw PostgresError(.encoding, "There is no PostgreSQL array of \(Self.self)")
        }
        bytes.append(Int32(values.isEmpty ? 0 : 1))
        let flagAt = bytes.count
        bytes.append(Int32(0))
        bytes.append(postgresType.rawValue)
        guard !values.isEmpty else { return }
        guard let count = Int32(exactly: values.count) else {
            throw PostgresError(.encoding, "An array has too many elements")
        }
        bytes.append(count)
        bytes.append(Int32(1))
        for value in values {
            guard !value.isPostgresNull else {
                bytes[flagAt + 3] = 1
                bytes.append(Int32(-1))
                continue
            }
            let lengthAt = bytes.count
            bytes.append(Int32(0))
            try value.encode(into: &bytes)
            bytes.replace(at: lengthAt, with: UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4))
        }
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    package static var postgresType: PostgresType { RawValue.postgresType }

    package func encode(into bytes: inout [UInt8]) throws(PostgresError) {
        try rawValue.encode(into: &bytes)
    }
}

extension [UInt8] {
    /// Appends an integer in network order.
    mutating func append(_ integer: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: integer.bigEndian) { append(contentsOf: $0) }
    }

    mutating func replace(at offset: Int, with integer: UInt32) {
        self[offset] = UInt8(truncatingIfNeeded: integer >> 24)
        self[offset + 1] = UInt8(truncatingIfNeeded: integer >> 16)
        self[offset + 2] = UInt8(truncatingIfNeeded: integer >> 8)
        self[offset + 3] = UInt8(truncatingIfNeeded: integer)
    }
}
