/// A value that can be read from a column.
///
/// For an enumeration with raw values the conformance is empty: `extension JobState: PostgresDecodable {}`.
package protocol PostgresDecodable: Sendable {
    /// Reads the binary form.
    ///
    /// - Parameters:
    ///   - bytes: The value, as PostgreSQL sends its type.
    ///   - type: The column's type.
    /// - Throws: ``PostgresError`` with `.decoding`, quoting no value; the row adds the column's name.
    static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Self
    /// What NULL is; a fault for all but optionals.
    static func decodePostgresNull() throws(PostgresError) -> Self
    /// Reads the elements of an array of these.
    static func decodeArray(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> [Self]
}

extension PostgresDecodable {
    package static func decodePostgresNull() throws(PostgresError) -> Self {
        throw PostgresError(.decoding, "NULL where a \(Self.self) was expected")
    }

    /// Only one dimension is read: nothing of ours needs more.
    package static func decodeArray(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> [Self] {
        var reader = PostgresReader()
        let dimensions = try reader.integer(Int32.self, in: bytes)
        _ = try reader.integer(Int32.self, in: bytes)  // whether there are NULLs: each element says so itself
        let element = PostgresType(rawValue: try reader.integer(UInt32.self, in: bytes))
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw PostgresError(.decoding, "an array of \(dimensions) dimensions") }
        let count = try reader.integer(Int32.self, in: bytes)
        _ = try reader.integer(Int32.self, in: bytes)  // the lower bound
        // Each element takes at least four bytes, so the count cannot ask for more memory than was sent.
        guard count >= 0, Int(count) <= bytes.byteCount / 4 else {
            throw PostgresError(.decoding, "an array's length is wrong")
        }
        var values: [Self] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            let length = try reader.integer(Int32.self, in: bytes)
            guard length >= 0 else {
                values.append(try decodePostgresNull())
                continue
            }
            let range = try reader.range(of: Int(length), in: bytes)
            values.append(try decode(bytes.extracting(range), as: element))
        }
        return values
    }

    /// The error for a column of a type that cannot be read as this one.
    static func mismatch(_ type: PostgresType, fileID: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(.decoding, "it cannot be read as \(Self.self)", fileID: fileID, line: line)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(PostgresError) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(bytes, as: type)) else {
            throw PostgresError(.decoding, "a value that \(Self.self) does not know")
        }
        return value
    }
}

/// A place in a value's bytes: reads one thing after another, never beyond the end.
struct PostgresReader {
    private var offset = 0

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type,
        in bytes: RawSpan
    ) throws(PostgresError) -> Value {
        let range = try range(of: MemoryLayout<Value>.size, in: bytes)
        return Value(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: Value.self))
    }

    /// Where the next bytes stand.
    mutating func range(of count: Int, in bytes: RawSpan) throws(PostgresError) -> Range<Int> {
        guard count >= 0, bytes.byteCount - offset >= count else { throw PostgresError(.decoding, "it ends too early") }
        defer { offset += count }
        return offset..<offset + count
    }
}

extension RawSpan {
    /// The only integer.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) throws(PostgresError) -> Value {
        guard byteCount == MemoryLayout<Value>.size else { throw PostgresError(.decoding, "its length is wrong") }
        return Value(bigEndian: unsafeLoadUnaligned(as: Value.self))
    }

    /// A copy, without the first bytes.
    func array(from start: Int = 0) -> [UInt8] {
        withUnsafeBytes { Array($0.dropFirst(start)) }
    }
}
