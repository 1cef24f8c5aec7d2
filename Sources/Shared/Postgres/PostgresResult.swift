/// A statement's rows, copied out of libpq: they stay valid for as long as anybody holds them.
package struct PostgresResult: Sendable {
    /// A column of the rows.
    package struct Column: Sendable, Hashable {
        package let name: String
        package let type: PostgresType
    }

    /// The columns with an index by name; shared by all results of a prepared statement, whose columns never change.
    final class Shape: Sendable {
        let columns: [Column]
        let indices: [String: Int]

        init(_ columns: [Column]) {
            self.columns = columns
            // Where two columns share a name, the first is meant.
            self.indices = Dictionary(columns.enumerated().map { ($1.name, $0) }) { first, _ in first }
        }

        static let empty = Shape([])
    }

    struct Cell: Sendable {
        let offset: Int
        /// -1 is NULL.
        let length: Int32
    }

    let shape: Shape
    let cells: [Cell]
    let bytes: [UInt8]
    package let count: Int
    /// What the statement did, as the server names it: `INSERT 0 1`, `COMMIT`.
    package let command: String
    /// The number of rows that were inserted, updated, deleted or selected; 0 for other statements.
    package let rowsAffected: Int

    package var columns: [Column] { shape.columns }

    /// The only row.
    ///
    /// - Throws: `.decoding` unless there is exactly one.
    package func only() throws(PostgresError) -> PostgresRow {
        guard count == 1 else { throw PostgresError(.decoding, "\(count) rows came where one was expected") }
        return self[0]
    }

    /// The first column of the only row.
    package func scalar<Value: PostgresDecodable>(as type: Value.Type = Value.self) throws(PostgresError) -> Value {
        try only().get(0)
    }

    /// The first column of all rows.
    package func column<Value: PostgresDecodable>(as type: Value.Type = Value.self) throws(PostgresError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in self { values.append(try row.get(0)) }
        return values
    }
}

extension PostgresResult: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < count, "no row \(position) of \(count)")
        return PostgresRow(result: self, index: position)
    }
}

extension PostgresResult: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The command and the columns; no values.
    package var description: String { "\(command): \(count) rows of \(columns.map(\.name))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["result": description]) }
}

/// One row of a result.
package struct PostgresRow: Sendable {
    fileprivate let result: PostgresResult
    fileprivate let index: Int

    package var columns: [PostgresResult.Column] { result.columns }

    /// Reads a column; `as:` may be an Optional for columns that can be NULL.
    ///
    /// - Throws: ``PostgresError`` with `.decoding`, naming the column and both types but not the value.
    package func get<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let index = result.shape.indices[column] else {
            throw PostgresError(.decoding, "The result has no column \(column)")
        }
        return try get(index)
    }

    /// Reads a column by its place, from 0.
    package func get<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard result.columns.indices.contains(column) else {
            throw PostgresError(.decoding, "The result has no column \(column)")
        }
        let cell = result.cells[index * result.columns.count + column]
        do throws(PostgresError) {
            guard cell.length >= 0 else { return try Value.decodePostgresNull() }
            let bytes = result.bytes.span.bytes.extracting(cell.offset..<cell.offset + Int(cell.length))
            return try Value.decode(bytes, as: result.columns[column].type)
        } catch {
            let place = result.columns[column]
            throw PostgresError(
                .decoding,
                "Column \(place.name) (type \(place.type.rawValue)): \(error.message)",
                cause: error.cause
            )
        }
    }

    /// Whether the column is NULL.
    package func isNull(_ column: String) throws(PostgresError) -> Bool {
        guard let column = result.shape.indices[column] else {
            throw PostgresError(.decoding, "The result has no column \(column)")
        }
        return result.cells[index * result.columns.count + column].length < 0
    }
}
